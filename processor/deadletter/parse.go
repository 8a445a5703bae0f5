package deadletter

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Parse reads a letter back from its record: the original as it was, without what was added, and the
// cause. It fails when the record is no letter of pintle's. A header that an operator or another tool
// has made unreadable is an error too: a letter that is sent again must not point somewhere else.
// The letter shares the record's bytes.
func Parse(r *kgo.Record) (Letter, error) {
	l := Letter{Key: r.Key, Value: r.Value, Timestamp: r.Timestamp}
	added := make(map[string]string, headers)
	for _, h := range r.Headers {
		if isOurs(h.Key) {
			added[h.Key] = string(h.Value) // the last one counts, as for any reader of headers
			continue
		}
		l.Headers = append(l.Headers, Header(h))
	}
	if added[HeaderID] == "" {
		return Letter{}, fmt.Errorf("record %d of %s-%d has no header %s: it is not a letter of pintle", r.Offset, r.Topic, r.Partition, HeaderID)
	}
	p := fields{added: added}
	l.Topic = added[HeaderTopic]
	l.Partition = int32(p.number(HeaderPartition, 32))
	l.Offset = p.number(HeaderOffset, 64)
	l.LeaderEpoch = int32(p.number(HeaderLeaderEpoch, 32))
	l.Group = added[HeaderGroup]
	l.DeliveryCount = int(p.number(HeaderDeliveryCount, strconv.IntSize))
	l.Op = p.op(&l)
	l.Reason, l.Stage = added[HeaderReason], added[HeaderStage]
	l.Detail, l.Field = added[HeaderDetail], added[HeaderField]
	l.Fingerprint, l.MessageID = added[HeaderFingerprint], added[HeaderMessageID]
	l.HTTPStatus = int(p.number(HeaderHTTPStatus, strconv.IntSize))
	l.Attempts = int(p.number(HeaderAttempts, strconv.IntSize))
	l.FirstFailed, l.LastFailed = p.instant(HeaderFirstFailed), p.instant(HeaderLastFailed)
	l.Mapping, l.Version = added[HeaderMapping], added[HeaderVersion]
	l.RedriveCount = int(p.number(HeaderRedriveCount, strconv.IntSize))
	l.TraceParent = added[HeaderTraceParent]
	l.ValueOmitted = added[HeaderValueOmitted]
	if p.err != nil {
		return Letter{}, fmt.Errorf("record %d of %s-%d is a damaged letter: %w", r.Offset, r.Topic, r.Partition, p.err)
	}
	return l, nil
}

// fields reads the added headers and keeps the first error.
type fields struct {
	added map[string]string
	err   error
}

// number reads a decimal number, 0 when there is none.
func (f *fields) number(name string, bits int) int64 {
	text := f.added[name]
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, bits)
	if err != nil {
		f.fail(name, "a number")
	}
	return n
}

// instant reads a time, zero when there is none.
func (f *fields) instant(name string) time.Time {
	text := f.added[name]
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		f.fail(name, "a time")
	}
	return t.UTC()
}

// op reads the operation's index out of the id, which must be that of the place the others name.
func (f *fields) op(l *Letter) int {
	id := f.added[HeaderID]
	op, err := strconv.Atoi(id[strings.LastIndexByte(id, '-')+1:])
	named := Letter{Topic: l.Topic, Partition: l.Partition, Offset: l.Offset, Op: op}
	if err != nil || named.ID() != id {
		f.fail(HeaderID, "the id of the topic, partition and offset beside it")
	}
	return op
}

// fail keeps the first error.
func (f *fields) fail(name, want string) {
	if f.err == nil {
		f.err = fmt.Errorf("header %s is not %s", name, want)
	}
}
