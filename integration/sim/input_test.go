//go:build synctests

package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/integration/history"
	"github.com/pintle-io/pintle/integration/traffic"
)

// attributes is how many attributes of a user identifies set by turns.
const attributes = 3

// refusedName is longer than the destination takes.
const refusedName = "Name that is longer than this workspace takes events to be"

// refusedFrom is the first of the numbers from 0 to 100 whose events the destination refuses.
const refusedFrom = 4

// source makes the records of a run.
type source struct {
	random *rand.Rand
	users  int
	fat    bool
	seq    int
}

// made is a record with what it is meant to be.
type made struct {
	record *kgo.Record
	events []history.Event
}

// empty makes a record of a user without a value.
func (s *source) empty() (user string, m made) {
	user = fmt.Sprintf("%s-user-%d", canary, s.random.IntN(s.users))
	return user, made{record: &kgo.Record{Topic: topic, Partition: traffic.Partition(user, partitions), Key: []byte(user)}}
}

// next makes a record.
func (s *source) next() made {
	user, m := s.empty()
	switch n := s.random.IntN(100); {
	case n < 3:
		m.garbage(s)
	case n < 5:
		m.tombstone(s)
	case n < 13:
		var list []string
		for range 2 + s.random.IntN(3) {
			list = append(list, m.event(s, user, s.random.IntN(100)))
		}
		m.record.Value = []byte("[" + strings.Join(list, ",") + "]")
	default:
		m.record.Value = []byte(m.event(s, user, s.random.IntN(100)))
	}
	if s.random.IntN(4) == 0 {
		m.record.Headers = []kgo.RecordHeader{{Key: "h", Value: nil}, {Key: "h", Value: []byte{}}, {Key: "i", Value: []byte{0xff, 0}}}
	}
	return m
}

// refused makes a record of one event that the destination refuses.
func (s *source) refused() made {
	user, m := s.empty()
	m.record.Value = []byte(m.event(s, user, refusedFrom))
	return m
}

func (m *made) add(s *source, e history.Event) int {
	s.seq++
	e.Seq = s.seq
	m.events = append(m.events, e)
	return e.Seq
}

// garbage cannot be decoded.
func (m *made) garbage(s *source) {
	m.add(s, history.Event{Kind: "garbage", End: history.Lettered, Reason: "decode"})
	m.record.Value = []byte(`{"type":"track","userId":"` + canary)
	if s.random.IntN(2) == 0 {
		m.record.Key = nil
	}
}

func (m *made) tombstone(s *source) {
	m.add(s, history.Event{Kind: "tombstone", End: history.Filtered, Reason: "tombstone"})
	m.record.Value = nil
}

// event makes one event of a user and returns it as JSON; n, from 0 to 100, chooses its end.
func (m *made) event(s *source, user string, n int) string {
	e := history.Event{User: user, End: history.Delivered}
	rest := ""
	switch {
	case n < refusedFrom:
		e.End, e.Reason, rest = history.Filtered, "integration_off", `,"integrations":{"All":false}`
	case n < 7:
		e.End, e.Reason, e.Refused = history.Lettered, "rejected", true
	case n < 9:
		e.End, e.Reason = history.Lettered, "invalid"
	}
	e.Kind = [...]string{"track", "track", "page", "identify", "identify"}[s.random.IntN(5)]
	switch e.Reason {
	case "invalid":
		e.Kind = "group"
	case "rejected":
		e.Kind = "track"
	}
	if e.Kind == "identify" && e.End == history.Delivered {
		e.Sets = []string{"_seq", fmt.Sprintf("a%d", s.random.IntN(attributes))}
	}
	seq := m.add(s, e)
	var inner strings.Builder
	fmt.Fprintf(&inner, `"_seq":%d`, seq)
	for _, name := range e.Sets {
		if name != "_seq" {
			fmt.Fprintf(&inner, `,%q:%d`, name, seq)
		}
	}
	name := "Bought"
	if e.Refused {
		name = refusedName
	}
	if e.Kind == "track" && !s.fat && s.random.IntN(150) == 0 { // more than an item of a batch may have
		for i := range 40 {
			fmt.Fprintf(&inner, `,"pad%d":%q`, i, strings.Repeat("x", 900))
		}
	}
	if s.fat && e.Kind != "identify" {
		for i := range 4 {
			fmt.Fprintf(&inner, `,"pad%d":%q`, i, strings.Repeat("x", 900))
		}
	} else if s.random.IntN(40) == 0 {
		fmt.Fprintf(&inner, `,"pad":%q`, strings.Repeat("x", s.random.IntN(900)))
	}
	head := fmt.Sprintf(`{"type":%q,"userId":%q,"messageId":"m-%d","timestamp":%q`, e.Kind, user, seq, time.Now().UTC().Format("2006-01-02T15:04:05.000Z"))
	switch e.Kind {
	case "identify":
		return head + `,"traits":{` + inner.String() + `}` + rest + `}`
	case "page":
		return head + `,"name":"Home","properties":{` + inner.String() + `}` + rest + `}`
	case "group": // it names no group
		return head + `,"traits":{` + inner.String() + `}` + rest + `}`
	default:
		return head + `,"event":"` + name + `","properties":{` + inner.String() + `}` + rest + `}`
	}
}

// input is the record as the history has it, once the broker has it.
func (m *made) input() *history.Input {
	r := m.record
	in := &history.Input{
		Place:  history.Place{Partition: r.Partition, Offset: r.Offset},
		Record: history.Record{Key: r.Key, Value: r.Value, Millis: r.Timestamp.UnixMilli()}, Events: m.events,
	}
	for _, h := range r.Headers {
		in.Record.Headers = append(in.Record.Headers, history.Header(h))
	}
	return in
}

// produce appends records.
func (w *world) produce(n int) {
	list := make([]made, n)
	for i := range list {
		list[i] = w.source.next()
	}
	w.append(list)
}

// produceRefused appends an event that the destination refuses.
func (w *world) produceRefused() {
	w.append([]made{w.source.refused()})
}

// append appends records to their partitions.
func (w *world) append(list []made) {
	records := make([]*kgo.Record, len(list))
	for i := range list {
		records[i] = list[i].record
	}
	if err := w.client.ProduceSync(context.Background(), records...).FirstErr(); err != nil {
		w.t.Fatalf("produce: %v", err)
	}
	for i := range list {
		in := list[i].input()
		w.ends[in.Partition] = in.Offset + 1
		w.record.Add(history.Entry{Input: in})
	}
}
