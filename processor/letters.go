package processor

import (
	"fmt"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/pintle-io/pintle/processor/deadletter"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
)

// letter returns a letter with everything that is known of the record itself.
func (p *Processor) letter(r *record) *deadletter.Letter {
	now := time.Now()
	return &deadletter.Letter{
		Topic: r.owner.topic, Partition: r.owner.partition, Offset: r.offset, Group: p.cfg.Group,
		Key: r.key, Value: r.value, Headers: r.headers, Timestamp: r.at,
		FirstFailed: now, LastFailed: now, Attempts: 1, DeliveryCount: 1,
		Mapping: p.cfg.Mapping, Version: p.cfg.Version,
	}
}

// unmappable is the letter of an event that breaks a rule of the mapping.
func (p *Processor) unmappable(ev *event, mapped *eventScratch, op int32) *deadletter.Letter {
	id, why := text(mapped.id), mapped.outcome
	l := p.letter(ev.record)
	l.Op = int(op)
	l.Stage, l.Reason, l.Field, l.Detail = deadletter.StageMap, string(why.Reason), why.Field, why.Detail
	if why.Reason == sink.ReasonTooLarge {
		l.Stage = deadletter.StageSize
	}
	l.MessageID = id
	l.Fingerprint = fingerprint(l.Reason, l.Field, "")
	return l
}

// rejected is the letter of an op that the destination refused.
func (p *Processor) rejected(ev *event, res *sink.Result) *deadletter.Letter {
	l := p.letter(ev.record)
	l.Stage, l.Reason, l.Op = deadletter.StageSend, string(res.Reason), int(res.Op.Index)
	l.Field, l.Detail, l.MessageID = res.Refusal.Field, res.Refusal.String(), p.messageID(ev)
	l.HTTPStatus, l.Attempts = res.Status, res.Attempts
	if !res.FirstFailed.IsZero() {
		l.FirstFailed, l.LastFailed = res.FirstFailed, res.LastFailed
	}
	l.Fingerprint = fingerprint(l.Reason, l.Field, res.Refusal.Code)
	return l
}

// messageID reads the id of an event that was mapped once. Few events become letters, so the record
// is read again for them rather than the id kept for all.
func (p *Processor) messageID(ev *event) string {
	events, err := schema.Decode(nil, ev.record.value, p.cfg.Limits)
	if err != nil || ev.place >= len(events) {
		return ""
	}
	return text(events[ev.place].MessageID)
}

// text is a message id as a letter shows it: without quotes when it is a string.
func text(id schema.Value) string {
	if t, ok := id.Text(); ok {
		return string(t)
	}
	return string(id)
}

// fingerprint groups letters of one cause.
func fingerprint(reason, field, code string) string {
	return fmt.Sprintf("%016x", xxhash.Sum64String(reason+"\x00"+field+"\x00"+code))
}
