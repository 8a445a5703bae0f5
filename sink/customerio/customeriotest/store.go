package customeriotest

import (
	"time"
)

// store is all that the stand-in remembers. The Server's mutex guards it.
type store struct {
	set   *Settings
	stats Stats
	names names
	// reasons are apart from the names: an entry has 16 bits for them.
	reasons names

	ledger ledger
	// events holds the entry (lean: the time of receipt in seconds) in which an event id was first
	// seen; contents the hashes of items that have none, and of numbered events without their id.
	events   *recall[[16]byte, uint32]
	contents *recall[uint64, struct{}]
	// tracks holds the numbers seen of each identifier.
	tracks map[uint64]track

	people     []*person // by number; 0 is nobody. Lean: empty, since it would keep the dead
	made       uint32    // how many people there ever were
	byID       map[string]*person
	byEmail    map[string]*person
	byPhone    map[string]*person
	byCioID    map[string]*person
	anonymous  map[string]*stranger
	objects    map[string]*object
	tokens     map[string]*person // who had a device last
	suppressed map[string]struct{}
	payloads   map[uint32]string

	drops, warnings []Note
	disorder        []Disorder
	queue           []*queued
	coming          arrival
	spare           entry // stands for all of those that are not in the ledger, if Lean
	paused          bool
}

// track is the order of one identifier's items.
type track struct {
	newest int64 // of the first deliveries
	last   int64 // of the items that arrived, repeats included
}

// maxNotes bounds the lists of drops, of warnings and of disorder; the counts go on.
const maxNotes = 10_000

func newStore(set *Settings) *store {
	return &store{
		set:        set,
		stats:      newStats(),
		events:     newRecall[[16]byte, uint32](set.Remember),
		contents:   newRecall[uint64, struct{}](set.Remember),
		tracks:     map[uint64]track{},
		people:     []*person{nil},
		byID:       map[string]*person{},
		byEmail:    map[string]*person{},
		byPhone:    map[string]*person{},
		byCioID:    map[string]*person{},
		anonymous:  map[string]*stranger{},
		objects:    map[string]*object{},
		tokens:     map[string]*person{},
		suppressed: map[string]struct{}{},
		payloads:   map[uint32]string{},
	}
}

// arrival is one item on its way through the store.
type arrival struct {
	*item
	number  uint32 // of its entry
	entry   *entry
	request uint32
	index   int
	now     time.Time
	repeat  bool // it was stored before
	lost    bool // above the rate: accepted, and nothing else
}

// receive takes the items of one request in their order.
func (s *store) receive(c *call, now time.Time) {
	for i := range c.items {
		s.coming = arrival{item: &c.items[i], request: c.number, index: i, now: now, lost: c.lost}
		s.take(&s.coming)
	}
	s.coming = arrival{}
}

// take books one item and, unless processing is paused, applies it.
func (s *store) take(a *arrival) {
	s.stats.Items++
	if len(a.problems) > 0 {
		s.stats.Rejected++
		s.book(a, rejected, a.problems[0].reason())
		return
	}
	s.stats.Stored++
	if a.lost {
		s.book(a, dropped, "")
		s.drop(a, "rate_limit")
		return
	}
	s.recognize(a)
	s.checkOrder(a)
	s.book(a, stored, "")
	for _, w := range a.warnings {
		s.warn(a, w.reason, w.detail)
	}
	if s.paused {
		a.entry.outcome = waiting
		s.queue = append(s.queue, hold(a))
		return
	}
	s.process(a)
}

// book writes the item into the ledger.
func (s *store) book(a *arrival, o outcome, reason string) {
	e := entry{
		event: a.event, timestamp: a.timestamp, received: a.now.UnixMilli(), seq: a.seq,
		request: a.request, index: uint16(a.index), action: a.action, outcome: o, identKind: a.who.kind,
	}
	if s.set.Lean {
		s.spare = e
		a.entry = &s.spare
		return
	}
	e.name, e.who, e.reason = s.names.number(a.name), s.names.number(a.who.value), uint16(s.reasons.number([]byte(reason)))
	for _, f := range []struct {
		is   bool
		flag entryFlags
	}{{a.hasEvent, hasEvent}, {a.hasTime, hasTime}, {a.hasSeq, hasSeq}, {a.repeat, isRepeat}} {
		if f.is {
			e.flags |= f.flag
		}
	}
	a.number, a.entry = s.ledger.add(e)
	if s.set.KeepEvents && o == stored && a.action.isEvent() {
		s.payloads[a.number] = string(a.attributes)
	}
}

// recognize finds out whether the item was stored before, and whether it is about to be stored twice.
func (s *store) recognize(a *arrival) {
	key := a.content*31 + identHash(a.who)
	switch {
	case a.hasEvent:
		at, seen := s.events.get(a.event)
		if seen && !s.forgotten(at, a.now) {
			a.repeat = true
			s.stats.Resent++
			return
		}
		if s.set.Lean {
			s.events.put(a.event, uint32(a.now.Unix()))
		} else {
			s.events.put(a.event, uint32(s.ledger.n))
		}
		if !a.hasSeq {
			return
		}
		if _, seen := s.contents.get(key); seen {
			s.stats.Duplicates++
		}
	default:
		if _, seen := s.contents.get(key); seen {
			a.repeat = true
			s.stats.Resent++
			if a.action.isEvent() {
				s.stats.Duplicates++
			}
			return
		}
	}
	s.contents.put(key, struct{}{})
}

// forgotten reports whether the id of an event is out of the window.
func (s *store) forgotten(at uint32, now time.Time) bool {
	if s.set.DedupeWindow == 0 {
		return false
	}
	since := time.Unix(int64(at), 0)
	if !s.set.Lean {
		since = time.UnixMilli(s.ledger.at(at).received)
	}
	return now.Sub(since) > s.set.DedupeWindow
}

// checkOrder compares the number of a first delivery with those before it.
func (s *store) checkOrder(a *arrival) {
	if !a.hasSeq || a.who.kind == noID {
		return
	}
	key := identHash(a.who)
	t, known := s.tracks[key]
	t.last = a.seq
	switch {
	case a.repeat:
	case !known || a.seq > t.newest:
		t.newest = a.seq
	case a.seq < t.newest:
		s.stats.OrderViolations++
		if len(s.disorder) < maxNotes {
			s.disorder = append(s.disorder, Disorder{
				Request: int(a.request), Index: a.index, Kind: a.who.kind.String(), Person: string(a.who.value),
				Seq: a.seq, After: t.newest,
			})
		}
	}
	s.tracks[key] = t
}

// drop notes that the item, which was accepted, has no effect.
func (s *store) drop(a *arrival, reason string) {
	a.entry.outcome = dropped
	if !s.set.Lean {
		a.entry.reason = uint16(s.reasons.number([]byte(reason)))
	}
	s.lose(a, reason, "")
}

// lose notes that a part of the item has no effect.
func (s *store) lose(a *arrival, reason, detail string) {
	s.stats.Drops[reason]++
	s.drops = s.note(s.drops, a, reason, detail)
}

// warn notes that the item does damage.
func (s *store) warn(a *arrival, reason, detail string) {
	s.stats.Warnings[reason]++
	s.warnings = s.note(s.warnings, a, reason, detail)
}

func (s *store) note(list []Note, a *arrival, reason, detail string) []Note {
	if s.set.Lean || len(list) >= maxNotes {
		return list
	}
	return append(list, Note{
		Reason: reason, Detail: detail, Request: int(a.request), Index: a.index, Action: a.action.String(),
		Kind: a.who.kind.String(), Person: string(a.who.value), Seq: a.seq, HasSeq: a.hasSeq,
	})
}
