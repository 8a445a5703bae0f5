package integration

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pintle-io/pintle/integration/program"
	"github.com/pintle-io/pintle/processor/deadletter"
)

// outcome is what a scenario left behind: what was produced with the ends it must come to, and what
// the topics, the destination and the members' books say afterwards. The proofs are functions of it,
// so that they can be tried on outcomes with a fault in them.
type outcome struct {
	topic, group string
	sent         []*sent
	arrivals     []arrival        // at the destination, in order
	newest       map[string]int   // the _seq attribute of each person there
	drops        map[string]int64 // what the destination dropped silently, by reason
	warnings     map[string]int64 // what it took with damage, by reason
	letters      []deadletter.Letter
	open         []program.Books   // the books of members that still run, when all is settled
	closed       []program.Account // the books of all members at their ends, but for those that were killed
	// repeats says that what was in the air may have been sent again, see [scenario].
	repeats bool
}

// arrival is one item as the destination saw it.
type arrival struct {
	seq int
	// taken says that it was accepted; otherwise it was refused in the answer.
	taken bool
}

// problems judges the outcome.
func (o *outcome) problems() []string {
	return slices.Concat(o.ends(), o.order(), o.state(), o.deadLetters(), o.damage(), o.account())
}

// ends: every event that must be delivered was, no other was, and nothing twice but after a kill.
func (o *outcome) ends() (list []string) {
	times := map[int]int{}
	for _, a := range o.arrivals {
		if a.taken {
			times[a.seq]++
		}
	}
	var lost, stray, twice []int
	for _, e := range o.sent {
		if !e.numbered {
			continue
		}
		n := times[e.event.Seq]
		delete(times, e.event.Seq)
		switch {
		case e.end == delivered && n == 0:
			lost = append(lost, e.event.Seq)
		case e.end != delivered && n > 0:
			stray = append(stray, e.event.Seq)
		case n > 1 && !o.repeats:
			twice = append(twice, e.event.Seq)
		}
	}
	list = complain(list, "lost", lost)
	list = complain(list, "delivered though they should not be", stray)
	list = complain(list, "delivered more than once", twice)
	return complain(list, "delivered though nobody produced them", slices.Sorted(maps.Keys(times)))
}

// order: the first deliveries of each person have rising numbers.
func (o *outcome) order() []string {
	people := map[int]string{}
	for _, e := range o.sent {
		if e.numbered {
			people[e.event.Seq] = e.event.Person
		}
	}
	newest, seen := map[string]int{}, map[int]bool{}
	var behind []string
	for _, a := range o.arrivals {
		if !a.taken || seen[a.seq] {
			continue
		}
		seen[a.seq] = true
		who := people[a.seq]
		if last, ok := newest[who]; ok && a.seq < last {
			behind = append(behind, fmt.Sprintf("%s: %d after %d", who, a.seq, last))
			continue
		}
		newest[who] = a.seq
	}
	return complain(nil, "first delivered out of order", behind)
}

// state: what the destination holds of each person is of the newest identify.
func (o *outcome) state() (list []string) {
	want := map[string]int{}
	for _, e := range o.sent {
		if e.numbered && e.end == delivered && e.event.Kind == "identify" {
			want[e.event.Person] = max(want[e.event.Person], e.event.Seq)
		}
	}
	for _, who := range slices.Sorted(maps.Keys(want)) {
		if got, ok := o.newest[who]; !ok || got != want[who] {
			list = append(list, fmt.Sprintf("%s: the newest identify is %d, the destination holds %d", who, want[who], got))
		}
	}
	if len(want) == 0 {
		list = append(list, "no identify was produced: the proof of the last state would prove nothing")
	}
	return complain(nil, "people in an old state", list)
}

// deadLetters: there is one letter for each record that had to become one, with its bytes, and no other.
func (o *outcome) deadLetters() (list []string) {
	got := map[string]deadletter.Letter{}
	for _, l := range o.letters {
		at := place(l.Partition, l.Offset)
		if _, twice := got[at]; twice && !o.repeats {
			list = append(list, at+" has two letters")
		}
		got[at] = l
	}
	for _, e := range o.sent {
		if e.end != lettered {
			continue
		}
		at := place(e.record.Partition, e.record.Offset)
		l, ok := got[at]
		delete(got, at)
		if !ok {
			list = append(list, at+" has no letter")
			continue
		}
		if why := o.differs(e, &l); why != "" {
			list = append(list, fmt.Sprintf("the letter of %s: %s", at, why))
		}
	}
	for at, l := range got {
		list = append(list, fmt.Sprintf("%s has a letter (%s: %s) and should have none", at, l.Reason, l.Detail))
	}
	return complain(nil, "letters are wrong", list)
}

// differs compares a letter with the record that it is of.
func (o *outcome) differs(e *sent, l *deadletter.Letter) string {
	r := e.record
	switch {
	case l.Topic != o.topic || l.Group != o.group:
		return fmt.Sprintf("it says topic %q, group %q", l.Topic, l.Group)
	case l.Reason != e.reason:
		return fmt.Sprintf("reason %q, want %q (%s)", l.Reason, e.reason, l.Detail)
	case l.Stage == "" || l.Detail == "":
		return fmt.Sprintf("it does not explain itself: stage %q, detail %q", l.Stage, l.Detail)
	case !same(l.Key, r.Key):
		return fmt.Sprintf("key %q, want %q", l.Key, r.Key)
	case !same(l.Value, r.Value):
		return fmt.Sprintf("its value of %d bytes is not the %d bytes of the record", len(l.Value), len(r.Value))
	case !l.Timestamp.Equal(r.Timestamp.Truncate(time.Millisecond)):
		return fmt.Sprintf("time %s, want %s", l.Timestamp, r.Timestamp)
	case len(l.Headers) != len(r.Headers):
		return fmt.Sprintf("%d headers, want %d", len(l.Headers), len(r.Headers))
	}
	for i, h := range l.Headers {
		if h.Key != r.Headers[i].Key || !same(h.Value, r.Headers[i].Value) {
			return fmt.Sprintf("header %d is %q=%q, want %q=%q", i, h.Key, h.Value, r.Headers[i].Key, r.Headers[i].Value)
		}
	}
	return ""
}

// same compares bytes, telling empty from none.
func same(a, b []byte) bool { return bytes.Equal(a, b) && (a == nil) == (b == nil) }

// damage: the destination dropped nothing and had nothing to complain about.
func (o *outcome) damage() (list []string) {
	for reason, n := range o.drops {
		if o.repeats && (reason == "duplicate_event" || reason == "stale_attribute") {
			continue // what was sent again changed nothing
		}
		list = append(list, fmt.Sprintf("the destination dropped %d items: %s", n, reason))
	}
	for reason, n := range o.warnings {
		switch reason {
		case "same_second_conflict": // the events of a user are 200 ms apart, Customer.io's clock counts seconds
		case "created_at_changed": // by the guide, an identify without createdAt was created at its own time
		default:
			list = append(list, fmt.Sprintf("the destination warns %d times: %s", n, reason))
		}
	}
	return list
}

// account: each member's books balance, and together they count what was produced.
func (o *outcome) account() (list []string) {
	var total program.Account
	accounts := slices.Clone(o.closed)
	for _, b := range o.open {
		accounts = append(append(accounts, b.Account), b.Partitions...)
	}
	for _, a := range accounts {
		if off := a.Imbalance(); off != 0 || a.InFlight != 0 {
			list = append(list, fmt.Sprintf("books are off by %d at the end: %+v", off, a))
		}
	}
	for _, a := range o.closed {
		total.Add(a)
	}
	if o.repeats {
		return list
	}
	// What one member gave back, another consumed again.
	want := program.Account{Consumed: int64(len(o.sent)) + total.HandedBack, HandedBack: total.HandedBack}
	for _, e := range o.sent {
		switch e.end {
		case delivered:
			want.Delivered++
		case filtered:
			want.Filtered++
		case lettered:
			want.DeadLettered++
		}
	}
	if total != want {
		list = append(list, fmt.Sprintf("the books of all members say %+v, want %+v", total, want))
	}
	return list
}

func place(partition int32, offset int64) string {
	return fmt.Sprintf("record %d/%d", partition, offset)
}

// complain adds a line about a list of finds, of which it names the first few.
func complain[T any](to []string, what string, finds []T) []string {
	if len(finds) == 0 {
		return to
	}
	text := make([]string, 0, 6)
	for _, f := range finds[:min(5, len(finds))] {
		text = append(text, fmt.Sprint(f))
	}
	if len(finds) > 5 {
		text = append(text, "…")
	}
	return append(to, fmt.Sprintf("%d %s: %s", len(finds), what, strings.Join(text, "; ")))
}
