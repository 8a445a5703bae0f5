package customeriotest

import "time"

// claimWindow is how long after the identify that claims an anonymous id its events still find the
// person.
const claimWindow = 5 * time.Minute

// stranger is somebody known by an anonymous id alone.
type stranger struct {
	events  []uint32 // entries that are not attached to a person
	claimed *person
	at      time.Time // of the claim
	// relations are by the key of the object.
	relations map[string]string
}

// stranger returns the one with the anonymous id.
func (s *store) stranger(id string) *stranger {
	x := s.anonymous[id]
	if x == nil {
		x = &stranger{}
		s.anonymous[id] = x
	}
	return x
}

// known returns the living person who claimed the anonymous id, nil if there is none.
func (x *stranger) known() *person {
	if x == nil || x.claimed == nil || x.claimed.deleted {
		return nil
	}
	return x.claimed
}

// happenToStranger stores an anonymous event.
func (s *store) happenToStranger(a *arrival) {
	if a.who.kind == noID || s.set.Lean {
		return
	}
	x := s.stranger(string(a.who.value))
	if p := x.known(); p != nil {
		if a.now.Sub(x.at) <= claimWindow {
			p.events = append(p.events, a.number)
			s.apply(p, a)
			return
		}
		s.lose(a, "anonymous_after_window", "")
	}
	x.events = append(x.events, a.number)
}

// claim gives a person the anonymous events of the last 30 days and opens the claim for those that
// are late.
func (s *store) claim(a *arrival, p *person, id string) {
	p.anonymousID = id
	if s.set.NoAnonymousMerge || s.set.Lean || id == "" {
		return
	}
	x := s.stranger(id)
	if owner := x.known(); owner != nil {
		// The value is spent by its first use: the same person again changes nothing.
		if owner != p {
			s.warn(a, "anonymous_id_reused", "")
		}
		return
	}
	x.claimed, x.at = p, a.now
	oldest := a.now.Add(-thirtyDays).UnixMilli()
	for _, i := range x.events {
		if e := s.ledger.at(i); e.received >= oldest {
			e.person = p.number
			p.events = append(p.events, i)
		}
	}
	for key, r := range x.relations {
		p.put(key, []byte(r))
	}
	x.events, x.relations = nil, nil
}
