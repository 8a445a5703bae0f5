package traffic

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Event is one event as it is produced.
type Event struct {
	// Seq is its number in the stream. It stands in the event as _seq.
	Seq int
	// Person is whose it is, and the record's key: the user id, or the anonymous id where the event
	// has no user id.
	Person string
	// Kind is identify, track, page or screen.
	Kind string
	// Off says that its user chose not to have it sent to Customer.io.
	Off   bool
	Value []byte
}

// Traffic is an endless stream of events, the same at each run with the same settings. It may be
// used by many goroutines.
type Traffic struct {
	users     int
	start     time.Time
	templates []template
}

// New returns the traffic of so many users, each of whom is also an anonymous visitor. The first
// event happens at start, each later one a millisecond after the one before. Sources name the SDKs
// whose events are taken by the beginnings of their files' names, such as "web-"; none: all.
func New(users int, start time.Time, sources ...string) (*Traffic, error) {
	list, err := templates(sources)
	if err != nil {
		return nil, fmt.Errorf("traffic: %w", err)
	}
	return &Traffic{users: users, start: start.UTC().Truncate(time.Millisecond), templates: list}, nil
}

// Off is what the event of a number says of itself in its field Off.
func (t *Traffic) Off(seq int) bool { return t.template(seq).off }

func (t *Traffic) template(seq int) *template {
	user := seq % t.users
	return &t.templates[(seq/t.users+user*31)%len(t.templates)]
}

// Event returns the event of a number. Users take turns; each goes through the corpus in its order,
// from a place of its own.
func (t *Traffic) Event(seq int) Event {
	user, tpl := seq%t.users, t.template(seq)
	e := Event{Seq: seq, Kind: tpl.kind, Off: tpl.off, Person: fmt.Sprintf("user-%d", user)}
	anonymous := fmt.Sprintf("anonymous-%d", user)
	if tpl.anonymous {
		e.Person = anonymous
	}
	size := 64 * len(tpl.holes)
	for _, s := range tpl.text {
		size += len(s)
	}
	v := make([]byte, 0, size)
	for i, h := range tpl.holes {
		v = append(v, tpl.text[i]...)
		switch h {
		case holeUser:
			v = fmt.Appendf(v, "user-%d", user)
		case holeAnonymous:
			v = append(v, anonymous...)
		case holeEmail:
			v = append(v, e.Person...)
			v = append(v, "@example.com"...)
		case holeToken:
			v = append(v, "token-of-"...)
			v = append(v, e.Person...)
		case holeMessage:
			v = fmt.Appendf(v, "message-%d-%d", t.start.UnixMilli(), seq)
		case holeTime:
			v = t.start.Add(time.Duration(seq)*time.Millisecond).AppendFormat(v, "2006-01-02T15:04:05.000Z")
		case holeSeq:
			v = strconv.AppendInt(v, int64(seq), 10)
		}
	}
	v = append(v, tpl.text[len(tpl.holes)]...)
	e.Value = v
	return e
}

// Record returns the event as RudderStack writes it to a topic with so many partitions. The client
// that produces it must take partitions as they stand ([kgo.ManualPartitioner]).
func (e Event) Record(topic string, partitions int) *kgo.Record {
	return &kgo.Record{
		Topic: topic, Partition: Partition(e.Person, partitions),
		Key: []byte(e.Person), Value: e.Value,
	}
}

// Partition is RudderStack's choice for a key.
func Partition(key string, partitions int) int32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	return int32(h.Sum32()&0x7fffffff) % int32(partitions)
}

// Produce appends the events numbered from first up to, not including, end, in order and at most
// rate a second (0: as fast as the broker takes them). It returns when the broker has them all.
func (t *Traffic) Produce(ctx context.Context, client *kgo.Client, topic string, partitions, first, end, rate int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	begun := time.Now()
	for seq := first; seq < end; seq++ {
		if rate > 0 && (seq-first)%max(rate/100, 1) == 0 {
			due := begun.Add(time.Duration(seq-first) * time.Second / time.Duration(rate))
			select {
			case <-ctx.Done():
			case <-time.After(time.Until(due)):
			}
		}
		if ctx.Err() != nil {
			break
		}
		client.Produce(ctx, t.Event(seq).Record(topic, partitions), func(_ *kgo.Record, err error) {
			if err != nil {
				cancel(fmt.Errorf("produce event %d to %s: %w", seq, topic, err))
			}
		})
	}
	if err := client.Flush(ctx); err != nil {
		return context.Cause(ctx)
	}
	return context.Cause(ctx)
}
