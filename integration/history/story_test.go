package history

import "time"

// story writes a history by hand, a millisecond an entry. Its users have one letter, each record one
// event, numbered from 1 as they are produced.
type story struct {
	list     History
	requests int
	events   []Event // by number, less 1
	places   []Place
	waited   time.Duration
}

func (s *story) add(e Entry) {
	e.At = time.Duration(len(s.list))*time.Millisecond + s.waited
	s.list = append(s.list, e)
}

// produce appends a record of one event to partition 0.
func (s *story) produce(events ...Event) *story {
	for _, e := range events {
		s.batch(e)
	}
	return s
}

// batch appends a record of several events to partition 0.
func (s *story) batch(events ...Event) *story {
	in := &Input{Place: Place{0, s.next()}, Record: Record{Key: []byte("k"), Value: []byte("v"), Millis: 1}}
	for _, e := range events {
		e.Seq = len(s.events) + 1
		s.events = append(s.events, e)
		s.places = append(s.places, in.Place)
		in.Events = append(in.Events, e)
	}
	s.add(Entry{Input: in})
	return s
}

func (s *story) next() int64 {
	if len(s.places) == 0 {
		return 0
	}
	return s.places[len(s.places)-1].Offset + 1
}

// arrive is a request with these events; it returns its number.
func (s *story) arrive(by string, events ...int) int {
	s.requests++
	a := &Arrival{Request: s.requests, By: by}
	for _, seq := range events {
		a.Items = append(a.Items, Item{Seq: seq, ID: "id-" + string(rune('a'+seq)), Digest: uint64(seq)})
	}
	s.add(Entry{Arrival: a})
	return s.requests
}

func (s *story) store(request int, events ...int) {
	s.add(Entry{Applied: &Applied{Request: request, Stored: events}})
}

func (s *story) answer(request, status int) {
	s.add(Entry{Answer: &Answer{Request: request, Status: status, Success: status/100 == 2}})
}

// deliver is a request whose events are stored and whose answer is heard.
func (s *story) deliver(by string, events ...int) *story {
	r := s.arrive(by, events...)
	s.store(r, events...)
	s.answer(r, 200)
	return s
}

// refuse is a request of the first event that the destination refuses.
func (s *story) refuse(by string) *story {
	r := s.arrive(by, 1)
	s.add(Entry{Applied: &Applied{Request: r, Refused: []int{1}}})
	s.answer(r, 207)
	return s
}

// letter writes the letter of an event and has the broker acknowledge it.
func (s *story) letter(by string, seq int) *story {
	s.add(Entry{Written: &Written{By: by, Place: s.places[seq-1]}})
	s.add(Entry{Letter: s.kept(seq)})
	return s
}

func (s *story) kept(seq int) *Letter {
	return &Letter{
		Place: s.places[seq-1], Reason: s.events[seq-1].Reason,
		Record: Record{Key: []byte("k"), Value: []byte("v"), Millis: 1},
	}
}

func (s *story) commit(by string, offset int64, beyond ...int64) *story {
	s.add(Entry{Commit: &Commit{By: by, Place: Place{0, offset}, Beyond: beyond, Applied: true}})
	return s
}

func (s *story) gain(by string) *story {
	s.add(Entry{Ownership: &Ownership{By: by, Gained: true}})
	return s
}

func (s *story) give() *story {
	s.add(Entry{Ownership: &Ownership{By: "p"}})
	return s
}

// gone takes the offsets of partition 0 below to away.
func (s *story) gone(to int64) *story {
	s.add(Entry{Gone: &Gone{To: to}})
	return s
}

// gap has p report offsets of partition 0 as gone.
func (s *story) gap(from, to int64) *story {
	s.add(Entry{Gap: &Gap{By: "p", From: from, To: to, Reason: "retention"}})
	return s
}

// throttle is a request of p that is answered with the wish for a pause.
func (s *story) throttle(seq int, pause time.Duration) *story {
	s.add(Entry{Answer: &Answer{Request: s.arrive("p", seq), Status: 429, After: pause}})
	return s
}

// wait lets time pass.
func (s *story) wait(pause time.Duration) *story {
	s.waited += pause
	return s
}

func (s *story) process(p Process) *story {
	s.add(Entry{Process: &p})
	return s
}

func (s *story) books(b Books) {
	s.add(Entry{Books: &b})
}

func identify() Event {
	return Event{User: "u", Kind: "identify", Sets: []string{"a"}, End: Delivered}
}

func track(user string) Event { return Event{User: user, Kind: "track", End: Delivered} }

func filtered(user string) Event {
	return Event{User: user, Kind: "track", End: Filtered, Reason: "integration_off"}
}

func garbage() Event { return Event{End: Lettered, Reason: "decode"} }

func rejected() Event {
	return Event{User: "u", Kind: "track", End: Lettered, Reason: "rejected", Refused: true}
}
