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
}

// happenToStranger stores an anonymous event.
func (s *store) happenToStranger(a *arrival) {
	if a.who.kind == noID || s.set.Lean {
		return
	}
	id := string(a.who.value)
	x := s.anonymous[id]
	if x == nil {
		x = &stranger{}
		s.anonymous[id] = x
	}
	if x.claimed != nil && !x.claimed.deleted {
		if a.now.Sub(x.at) <= claimWindow {
			x.claimed.events = append(x.claimed.events, a.number)
			s.apply(x.claimed, a)
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
	x := s.anonymous[id]
	if x == nil {
		x = &stranger{}
		s.anonymous[id] = x
	}
	switch {
	case x.claimed == nil || x.claimed.deleted:
		x.claimed, x.at = p, a.now
	case x.claimed != p:
		s.warn(a, "anonymous_id_reused", "")
		return
	default:
		// The value is spent by its first use; the same person again changes nothing.
		return
	}
	oldest := a.now.Add(-thirtyDays).UnixMilli()
	for _, i := range x.events {
		if e := s.ledger.at(i); e.received >= oldest {
			e.person = p.number
			p.events = append(p.events, i)
		}
	}
	x.events = nil
}
