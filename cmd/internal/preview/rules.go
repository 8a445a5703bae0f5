package preview

import (
	"errors"
	"fmt"

	"github.com/pintle-io/pintle/processor/transform"
	"github.com/pintle-io/pintle/schema"
	"github.com/pintle-io/pintle/sink"
	"github.com/pintle-io/pintle/sink/customerio"
)

// Rules say what becomes of records, by one mapping and its limits. They are for one goroutine.
type Rules struct {
	mapper  *transform.Mapper
	limits  schema.Limits
	decoded []schema.Event
}

// NewRules returns the rules of a mapping, or an error that names the option that makes no sense.
func NewRules(o transform.Options, limits schema.Limits) (*Rules, error) {
	m, err := transform.New(o)
	if err != nil {
		return nil, err //nolint:wrapcheck // says what to do
	}
	return &Rules{mapper: m, limits: limits}, nil
}

// Apply appends to dst what becomes of the events of a record: of each one, or of the record itself
// when it holds none.
func (p *Rules) Apply(dst []Event, r *Record) []Event {
	if r.Value == nil {
		return append(dst, Event{Place: r.Place, Outcome: Filtered, Reason: sink.ReasonTombstone})
	}
	decoded, err := schema.Decode(p.decoded[:0], r.Value, p.limits)
	if err != nil {
		return append(dst, undecodable(r, err))
	}
	p.decoded = decoded
	for i := range decoded {
		dst = append(dst, p.event(&decoded[i], r))
	}
	return dst
}

// undecodable is the letter of a record. The size that its detail tells is that of the whole value,
// of which a reader keeps no more than it takes to be too large.
func undecodable(r *Record, err error) Event {
	if fault, ok := errors.AsType[*schema.DecodeError](err); ok && r.Size > int64(len(r.Value)) {
		fault.Found = fmt.Sprintf("a value of %d bytes", r.Size)
	}
	return Event{Place: r.Place, Outcome: DeadLettered, Reason: sink.ReasonDecode, Detail: err.Error()}
}

func (p *Rules) event(ev *schema.Event, r *Record) Event {
	ops, out, how := p.mapper.Explain(ev, schema.Source{Key: r.Key, Time: r.Time})
	e := Event{
		Place: r.Place, Raw: ev.Raw, MessageID: text(ev.MessageID), Type: ev.Type.String(), kind: ev.Type, Outcome: Delivered,
		Reason: out.Reason, Detail: out.Detail, Field: out.Field, Key: how.Key, Changes: out.Changes, Fields: how.Fields,
	}
	if ev.Type == schema.TypeOther {
		e.Type = text(ev.TypeValue)
	}
	switch {
	case out.Filtered:
		e.Outcome = Filtered
	case !out.Mapped():
		e.Outcome = DeadLettered
	default:
		e.route(ops)
	}
	return e
}

// route finds out where operations go. One that can go nowhere makes a letter of its event, for the
// reason that the sink gives for what is refused; the others go nevertheless.
func (e *Event) route(ops []sink.Op) {
	e.Ops = make([]Op, len(ops))
	for i := range ops {
		e.Ops[i].Op = ops[i]
		method, path, refused := customerio.Endpoint(ops[i].Body)
		switch {
		case refused == nil:
			e.Ops[i].Endpoint = method + " " + path
		case e.Outcome == Delivered:
			e.Outcome, e.Reason = DeadLettered, sink.ReasonTooLarge
			e.Detail, e.Field = refused.Refusal.String(), refused.Refusal.Field
		}
	}
}

// text is a value as letters show it: a text without its quotes, all else as it is written.
func text(v schema.Value) string {
	if t, ok := v.Text(); ok {
		return string(t)
	}
	return string(v)
}
