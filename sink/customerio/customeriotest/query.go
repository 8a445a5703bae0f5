package customeriotest

import (
	"slices"
	"time"
)

// Note is a drop or a warning.
type Note struct {
	// Reason is the kind, Detail for instance the attribute's name.
	Reason string `json:"reason"`
	Detail string `json:"detail,omitempty"`
	// Request is the number of the request, from 1, Index the position in its batch, Action what the
	// item does.
	Request int    `json:"request"`
	Index   int    `json:"index"`
	Action  string `json:"action"`
	// Kind and Person are the identifier as it was sent.
	Kind   string `json:"kind,omitempty"`
	Person string `json:"person,omitempty"`
	// Seq is the number that a test gave the item, if HasSeq.
	Seq    int64 `json:"seq"`
	HasSeq bool  `json:"has_seq"`
}

// Disorder is a first delivery that came after one with a higher number for the same identifier.
type Disorder struct {
	Request int    `json:"request"`
	Index   int    `json:"index"`
	Kind    string `json:"kind"`
	Person  string `json:"person"`
	Seq     int64  `json:"seq"`
	After   int64  `json:"after"`
}

// Item is a line of the ledger.
type Item struct {
	// Number is the position in the order of arrival, from 0.
	Number  int    `json:"number"`
	Request int    `json:"request"`
	Index   int    `json:"index"`
	Action  string `json:"action"`
	// Outcome is stored, rejected, dropped or waiting; Reason says why it is not stored, or what part
	// of a stored one had no effect.
	Outcome string `json:"outcome"`
	Reason  string `json:"reason,omitempty"`
	// Kind and Identifier are as sent; Person is the cio_id of the person it belongs to now.
	Kind       string `json:"kind,omitempty"`
	Identifier string `json:"identifier,omitempty"`
	Person     string `json:"person,omitempty"`
	Name       string `json:"name,omitempty"`
	// EventID is the id of an event, as a ULID; empty if it has none.
	EventID   string    `json:"event_id,omitempty"`
	Timestamp int64     `json:"timestamp,omitempty"`
	Received  time.Time `json:"received"`
	Seq       int64     `json:"seq"`
	HasSeq    bool      `json:"has_seq"`
	// Repeat says that it was accepted before.
	Repeat bool `json:"repeat,omitempty"`
}

// Event is an event, page or screen as it is stored.
type Event struct {
	Item
	// Times is how often it arrived.
	Times int `json:"times"`
	// Attributes is its data as JSON, if Settings.KeepEvents.
	Attributes string `json:"attributes,omitempty"`
}

// EventFilter chooses events. Its zero value is all.
type EventFilter struct {
	// Name is the event's, Kind event, page or screen.
	Name, Kind string
	// Person is the identifier as sent, or a cio_id.
	Person string
	// Since is the first number in the order of arrival.
	Since int
}

// LedgerFilter chooses items. Its zero value is all.
type LedgerFilter struct {
	// Since is the first number in the order of arrival.
	Since int
	// Person is the identifier as sent, or a cio_id.
	Person string
	// Limit bounds how many there are; 0: no bound.
	Limit int
}

// Ledger returns the items from a number on in the order in which they arrived, those of one batch in
// its order. It is empty if Settings.Lean.
func (s *Server) Ledger(since int) []Item { return s.LedgerOf(LedgerFilter{Since: since}) }

// LedgerOf returns the items that the filter chooses, in the order of Ledger.
func (s *Server) LedgerOf(f LedgerFilter) []Item {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Item{}
	if f.Person == "" && f.Limit == 0 {
		list = make([]Item, 0, max(0, s.store.ledger.n-f.Since))
	}
	for i, e := range s.store.ledger.all(f.Since) {
		if f.Limit > 0 && len(list) == f.Limit {
			break
		}
		if f.Person != "" && s.store.names.text(e.who) != f.Person && s.store.people[e.person].cio() != f.Person {
			continue
		}
		list = append(list, s.store.line(i, e))
	}
	return list
}

// lines renders the entries from a number on.
func (s *store) lines(from int) (list []Item) {
	for i, e := range s.ledger.all(from) {
		list = append(list, s.line(i, e))
	}
	return list
}

// line renders an entry.
func (s *store) line(i uint32, e *entry) Item {
	it := Item{
		Number: int(i), Request: int(e.request), Index: int(e.index), Action: e.action.String(),
		Outcome: e.outcome.String(), Reason: s.reasons.text(uint32(e.reason)), Kind: e.identKind.String(),
		Identifier: s.names.text(e.who), Name: s.names.text(e.name), Timestamp: e.timestamp,
		Received: time.UnixMilli(e.received), Seq: e.seq, HasSeq: e.flags&hasSeq != 0, Repeat: e.flags&isRepeat != 0,
	}
	it.Person = s.people[e.person].cio()
	if e.flags&hasEvent != 0 {
		it.EventID = encodeULID(e.event)
	}
	return it
}

// encodeULID writes 128 bits as 26 characters of Crockford's base32.
func encodeULID(id [16]byte) string {
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	out := make([]byte, 0, 26)
	acc, bits := uint32(0), 2
	for _, b := range id {
		acc = acc<<8 | uint32(b)
		for bits += 8; bits >= 5; {
			bits -= 5
			out = append(out, digits[acc>>bits&31])
		}
	}
	return string(out)
}

// Events returns the events that are stored, in the order in which they arrived.
func (s *Server) Events(f EventFilter) []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.store
	list := []Event{}
	first := map[[16]byte]int{}
	for i, e := range st.ledger.all(0) {
		if !e.action.isEvent() || e.outcome == rejected {
			continue
		}
		if at, seen := first[e.event]; seen && e.flags&hasEvent != 0 && e.flags&isRepeat != 0 {
			list[at].Times++
			continue
		}
		if e.outcome != stored {
			continue
		}
		first[e.event] = len(list)
		list = append(list, Event{Item: st.line(i, e), Times: 1, Attributes: st.payloads[i]})
	}
	return slices.DeleteFunc(list, func(e Event) bool {
		return f.Name != "" && e.Name != f.Name || f.Kind != "" && e.Action != f.Kind || e.Number < f.Since ||
			f.Person != "" && e.Identifier != f.Person && e.Person != f.Person
	})
}

// Drops returns what was accepted and had no effect, the first 10,000; Stats has all counts.
func (s *Server) Drops() []Note {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Note{}, s.store.drops...)
}

// Warnings returns what did damage, the first 10,000; Stats has all counts.
func (s *Server) Warnings() []Note {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Note{}, s.store.warnings...)
}

// Order returns the first deliveries that came too late, the first 10,000; Stats has the count.
func (s *Server) Order() []Disorder {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Disorder{}, s.store.disorder...)
}

// Stats returns the counts. It is cheap.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.store.stats.clone()
	st.People, st.Waiting = len(s.store.byCioID), len(s.store.queue)
	st.InFlight, st.Connections, st.Opened = s.inFlight.Load(), s.connections.Load(), s.opened.Load()
	return st
}
