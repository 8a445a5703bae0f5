package history

import (
	"fmt"
	"slices"
	"time"
)

// Violation is one invariant that a history breaks.
type Violation struct {
	// Invariant is its number, see the package.
	Invariant string
	// At is when it was seen to be broken.
	At   time.Duration
	Text string
}

// String is the violation in one line.
func (v Violation) String() string { return fmt.Sprintf("%s at %s: %s", v.Invariant, v.At, v.Text) }

// most bounds the violations of one invariant that are told: the first ones explain the others.
const most = 5

// rule judges one invariant, or some that read the same entries. It sees each entry before the
// world has taken it in, and the end when everything is.
type rule interface {
	see(w *world, e *Entry)
	end(w *world)
}

// Check judges a history. The violations come in the order in which they were seen, no more than a few
// of each invariant.
func Check(h History) []Violation {
	w := newWorld(h)
	rules := []rule{
		&lost{low: map[int32]int{}}, &commits{last: map[int32]int64{}}, &firsts{}, &repeats{}, &states{}, &tenures{}, &pending{},
		&letters{kept: map[int]bool{}}, newIdentities(), newBooks(), newLives(),
		gaps{},
		patience{},
	}
	for i := range h {
		w.at = h[i].At
		for _, r := range rules {
			r.see(w, &h[i])
		}
		w.take(&h[i])
	}
	for _, r := range rules {
		r.end(w)
	}
	return w.found
}

// world is what is known at a point of the history.
type world struct {
	at      time.Duration
	found   []Violation
	inputs  map[int32][]*record // by partition, in order of offset
	places  map[Place]*record
	events  map[int]*event
	users   map[string][]*event // in order
	request map[int]*request
	owners  map[int32]string
	tenure  map[int32]int // how often each partition has changed hands
}

// record is an input with what has become of it.
type record struct {
	*Input
	events []*event
	// gone says that nobody can read it any more, told that a process has said so.
	gone, told bool
}

// event is an event with what has become of it.
type event struct {
	*Event
	record *record
	op     int // its place among the operations of the record, -1 when it yields none
	// applied counts how often the destination stored it; arrived tells whether it was ever sent, heard
	// whether a sender may take it for delivered, written whether its letter is safe.
	applied                 int
	arrived, heard, written bool
}

// request is a request with what has become of it.
type request struct {
	*Arrival
	applied *Applied
	tenure  map[int32]int // of each partition that it has something of, when it arrived
}

func newWorld(h History) *world {
	w := &world{
		inputs: map[int32][]*record{}, places: map[Place]*record{}, events: map[int]*event{}, users: map[string][]*event{},
		request: map[int]*request{}, owners: map[int32]string{}, tenure: map[int32]int{},
	}
	for i := range h {
		if h[i].Input != nil {
			w.add(h[i].Input)
		}
	}
	return w
}

func (w *world) add(in *Input) {
	r := &record{Input: in}
	op := 0
	for i := range in.Events {
		e := &event{Event: &in.Events[i], record: r, op: op}
		if e.End == Filtered {
			e.op = -1
		} else {
			op++
		}
		r.events = append(r.events, e)
		w.events[e.Seq] = e
		if e.User != "" {
			w.users[e.User] = append(w.users[e.User], e)
		}
	}
	w.inputs[in.Partition] = append(w.inputs[in.Partition], r)
	w.places[in.Place] = r
}

// take books what an entry changes.
func (w *world) take(e *Entry) {
	switch {
	case e.Arrival != nil:
		r := &request{Arrival: e.Arrival, tenure: map[int32]int{}}
		w.request[e.Arrival.Request] = r
		for _, it := range e.Arrival.Items {
			if ev := w.events[it.Seq]; ev != nil {
				ev.arrived = true
				r.tenure[ev.record.Partition] = w.tenure[ev.record.Partition]
			}
		}
	case e.Applied != nil:
		w.apply(e.Applied)
	case e.Answer != nil:
		w.answer(e.Answer)
	case e.Written != nil:
		if ev := w.letterOf(e.Written.Place, e.Written.Op); ev != nil {
			ev.written = true
		}
	case e.Ownership != nil:
		w.own(e.Ownership)
	case e.Gone != nil:
		for _, r := range w.stretch(e.Gone.Partition, e.Gone.From, e.Gone.To) {
			r.gone = true
		}
	case e.Gap != nil:
		for _, r := range w.stretch(e.Gap.Partition, e.Gap.From, e.Gap.To) {
			r.told = true
		}
	}
}

func (w *world) apply(a *Applied) {
	if r := w.request[a.Request]; r != nil {
		r.applied = a
	}
	for _, seq := range a.Stored {
		if ev := w.events[seq]; ev != nil {
			ev.applied++
		}
	}
}

// answer books what a sender may believe: what was stored, of a request whose answer says so.
func (w *world) answer(a *Answer) {
	if !a.Success {
		return
	}
	for _, ev := range w.storedBy(a.Request) {
		ev.heard = true
	}
}

// storedBy are the events that a request brought and the destination stored.
func (w *world) storedBy(request int) (list []*event) {
	r := w.request[request]
	if r == nil || r.applied == nil {
		return nil
	}
	for _, seq := range r.applied.Stored {
		if ev := w.events[seq]; ev != nil {
			list = append(list, ev)
		}
	}
	return list
}

func (w *world) own(o *Ownership) {
	switch {
	case o.Gained:
		w.owners[o.Partition] = o.By
		w.tenure[o.Partition]++
	case w.owners[o.Partition] == o.By:
		delete(w.owners, o.Partition)
	}
}

// letterOf is the event that a letter speaks of, nil when there is none.
func (w *world) letterOf(at Place, op int) *event {
	r := w.places[at]
	if r == nil {
		return nil
	}
	i := slices.IndexFunc(r.events, func(e *event) bool { return e.op == op })
	if i < 0 {
		return nil
	}
	return r.events[i]
}

// finished tells whether an event has come to its end, as far as its processor can know.
func (e *event) finished() bool {
	switch e.End {
	case Filtered:
		return true
	case Lettered:
		return e.written
	default:
		return e.heard
	}
}

// open is the first event of a record that is not finished and can still be, nil when there is none.
func (r *record) open() *event {
	if r.gone {
		return nil
	}
	for _, e := range r.events {
		if !e.finished() {
			return e
		}
	}
	return nil
}

func (w *world) fail(invariant, format string, args ...any) {
	n := 0
	for i := range w.found {
		if w.found[i].Invariant == invariant {
			n++
		}
	}
	if n < most {
		w.found = append(w.found, Violation{Invariant: invariant, At: w.at, Text: fmt.Sprintf(format, args...)})
	}
}

func (p Place) String() string { return fmt.Sprintf("%d/%d", p.Partition, p.Offset) }

func (e *event) String() string {
	return fmt.Sprintf("event %d (%s of %s, record %s)", e.Seq, e.Kind, e.User, e.record.Place)
}
