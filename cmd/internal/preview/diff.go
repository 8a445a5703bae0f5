package preview

import (
	"bytes"
	"slices"
)

// Difference is an event that becomes something else by other rules. Where one of the two knows
// fewer events in a record than the other, the missing one is nil.
type Difference struct {
	Before, After *Event
}

// Compare returns the events of a record that differ.
func Compare(before, after []Event) (differ []Difference) {
	for i := range max(len(before), len(after)) {
		d := Difference{at(before, i), at(after, i)}
		if d.Before == nil || d.After == nil || !same(d.Before, d.After) {
			differ = append(differ, d)
		}
	}
	return differ
}

func at(events []Event, i int) *Event {
	if i < len(events) {
		return &events[i]
	}
	return nil
}

// any is the one that is there.
func (d *Difference) any() *Event {
	if d.Before != nil {
		return d.Before
	}
	return d.After
}

func same(a, b *Event) bool {
	return a.Outcome == b.Outcome && a.Reason == b.Reason && a.Detail == b.Detail && a.Field == b.Field && a.Key == b.Key &&
		slices.Equal(a.Changes, b.Changes) &&
		slices.EqualFunc(a.Ops, b.Ops, func(x, y Op) bool { return x.Endpoint == y.Endpoint && bytes.Equal(x.Body, y.Body) })
}

// step is one line of what differs: a place, and what stands there by each set of rules.
type step struct {
	path          string
	before, after string // empty: nothing
}

// steps tell what differs between two events: how they end, and each part of their operations.
func (d *Difference) steps() (list []step) {
	var none Event
	before, after := d.Before, d.After
	if before == nil {
		before = &none
	}
	if after == nil {
		after = &none
	}
	add := func(path, b, a string) {
		if b != a {
			list = append(list, step{path, b, a})
		}
	}
	add("outcome", before.verdict(), after.verdict())
	add("detail", before.Detail, after.Detail)
	add("field", before.Field, after.Field)
	add("key", before.Key, after.Key)
	for i := range max(len(before.Ops), len(after.Ops)) {
		list = append(list, opSteps(before, after, i)...)
	}
	return append(list, changeSteps(before, after)...)
}

// verdict is how the event ends, and why.
func (e *Event) verdict() string {
	if e.Reason == "" {
		return string(e.Outcome)
	}
	return string(e.Outcome) + " " + string(e.Reason)
}

// opSteps tell what differs between the operations at one place. The parts of an operation that the
// other set of rules has not are told one by one too.
func opSteps(before, after *Event, i int) (list []step) {
	var parts [2][]leaf
	var endpoints [2]string
	for side, e := range [2]*Event{before, after} {
		if i < len(e.Ops) {
			parts[side] = leaves(nil, "", e.Ops[i].Body)
			endpoints[side] = e.Ops[i].Endpoint
		}
	}
	if endpoints[0] != endpoints[1] {
		list = append(list, step{"request", endpoints[0], endpoints[1]})
	}
	was := map[string][]leaf{} // a name may stand twice
	for _, l := range parts[0] {
		was[l.path] = append(was[l.path], l)
	}
	for _, now := range parts[1] {
		before := ""
		if same := was[now.path]; len(same) > 0 {
			before, was[now.path] = string(same[0].value), same[1:]
		}
		if before != string(now.value) {
			list = append(list, step{now.path, before, string(now.value)})
		}
	}
	for _, l := range parts[0] {
		for _, gone := range was[l.path] {
			list = append(list, step{path: gone.path, before: string(gone.value)})
		}
		delete(was, l.path)
	}
	return list
}

func changeSteps(before, after *Event) (list []step) {
	for _, c := range before.Changes {
		if !slices.Contains(after.Changes, c) {
			list = append(list, step{path: c.Field, before: string(c.Why)})
		}
	}
	for _, c := range after.Changes {
		if !slices.Contains(before.Changes, c) {
			list = append(list, step{path: c.Field, after: string(c.Why)})
		}
	}
	return list
}
