package integration

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/pintle-io/pintle/integration/program"
	"github.com/pintle-io/pintle/integration/traffic"
	"github.com/pintle-io/pintle/processor/deadletter"
)

// clean is an outcome without a fault: two events of one person delivered, one filtered, one letter.
func clean() *outcome {
	record := func(offset int64) *kgo.Record {
		return &kgo.Record{Topic: "t", Offset: offset, Key: []byte("k"), Value: []byte("v"), Timestamp: time.UnixMilli(5)}
	}
	event := func(seq int, kind string) traffic.Event { return traffic.Event{Seq: seq, Person: "p", Kind: kind} }
	return &outcome{
		topic: "t", group: "g",
		sent: []*sent{
			{record: record(0), event: event(0, "identify"), numbered: true, end: delivered},
			{record: record(1), event: event(1, "identify"), numbered: true, end: delivered},
			{record: record(2), event: event(2, "track"), numbered: true, end: filtered},
			{record: record(3), end: lettered, reason: "decode"},
		},
		arrivals: []arrival{{0, true}, {1, true}},
		newest:   map[string]int{"p": 1},
		letters: []deadletter.Letter{{
			Topic: "t", Group: "g", Offset: 3, Reason: "decode", Stage: "decode", Detail: "d",
			Key: []byte("k"), Value: []byte("v"), Timestamp: time.UnixMilli(5),
		}},
		open:   []program.Books{{Partitions: []program.Account{{}}}},
		closed: []program.Account{{Consumed: 4, Delivered: 2, Filtered: 1, DeadLettered: 1}},
	}
}

// TestProofsBite: a clean outcome has no problems, and each fault in it is found.
func TestProofsBite(t *testing.T) {
	if got := clean().problems(); len(got) > 0 {
		t.Fatalf("a clean outcome has problems: %s", got)
	}
	faults := []struct {
		name, want string
		plant      func(*outcome)
	}{
		{"lost", "lost", func(o *outcome) { o.arrivals = o.arrivals[:1] }},
		{"refused and not lettered", "lost", func(o *outcome) { o.arrivals[1].taken = false }},
		{"a filtered one delivered", "should not be", func(o *outcome) { o.arrivals = append(o.arrivals, arrival{2, true}) }},
		{"twice", "more than once", func(o *outcome) { o.arrivals = append(o.arrivals, arrival{1, true}) }},
		{"invented", "nobody produced", func(o *outcome) { o.arrivals = append(o.arrivals, arrival{99, true}) }},
		{"order", "out of order", func(o *outcome) { o.arrivals = []arrival{{1, true}, {0, true}} }},
		{"old state", "old state", func(o *outcome) { o.newest["p"] = 0 }},
		{"no state", "old state", func(o *outcome) { delete(o.newest, "p") }},
		{"no letter", "has no letter", func(o *outcome) { o.letters = nil }},
		{"two letters", "two letters", func(o *outcome) { o.letters = append(o.letters, o.letters[0]) }},
		{"a letter too many", "should have none", func(o *outcome) { o.letters = append(o.letters, deadletter.Letter{Offset: 1}) }},
		{"another reason", `want "decode"`, func(o *outcome) { o.letters[0].Reason = "invalid" }},
		{"a letter without a word", "explain itself", func(o *outcome) { o.letters[0].Detail = "" }},
		{"other bytes", "is not the", func(o *outcome) { o.letters[0].Value = []byte("w") }},
		{"empty for none", "key", func(o *outcome) { o.sent[3].record.Key, o.letters[0].Key = nil, []byte{} }},
		{"another time", "time", func(o *outcome) { o.letters[0].Timestamp = time.UnixMilli(6) }},
		{"a header gone", "headers", func(o *outcome) { o.sent[3].record.Headers = []kgo.RecordHeader{{Key: "h"}} }},
		{"a drop", "dropped", func(o *outcome) { o.drops = map[string]int64{"stale_attribute": 1} }},
		{"a warning", "warns", func(o *outcome) { o.warnings = map[string]int64{"ms_timestamp": 1} }},
		{"books off", "off by", func(o *outcome) { o.closed[0].Delivered++ }},
		{"books of a partition off", "off by", func(o *outcome) { o.open[0].Partitions[0].Consumed++ }},
		{"still in flight", "off by", func(o *outcome) { o.closed[0].Delivered, o.closed[0].InFlight = 1, 1 }},
		{"books that balance and lie", "say", func(o *outcome) { o.closed[0].Delivered, o.closed[0].Filtered = 1, 2 }},
	}
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			o := clean()
			fault.plant(o)
			if got := strings.Join(o.problems(), "\n"); !strings.Contains(got, fault.want) {
				t.Errorf("planted %q, the proofs say %q", fault.name, got)
			}
		})
	}
}
