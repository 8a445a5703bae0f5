package customeriotest

import (
	"time"
)

// process applies an accepted item to the state.
func (s *store) process(a *arrival) {
	if a.action == delivery || a.action >= objectIdentify {
		s.processObject(a)
		return
	}
	if a.action != unsuppress && (s.isSuppressed(a.who) || a.action == merge && s.isSuppressed(a.other)) {
		s.drop(a, "suppressed")
		return
	}
	switch a.action {
	case identify:
		s.identify(a)
	case event, page, screen:
		s.happen(a)
	case addDevice:
		s.addDevice(a)
	case deleteDevice:
		if p := s.find(a.who); p != nil {
			delete(p.devices, string(a.device.token))
			s.apply(p, a)
		}
	case deletePerson:
		if p := s.find(a.who); p != nil {
			s.remove(p)
		}
	case suppress:
		s.suppress(a)
	case unsuppress:
		delete(s.suppressed, suppressedKey(a.who.kind, string(a.who.value)))
	case merge:
		s.mergeItem(a)
	case addRelationships, deleteRelationships:
		if p := s.obtain(a); p != nil {
			s.relate(a, p, a.relations, a.action == deleteRelationships)
			s.apply(p, a)
		}
	default:
		// Those on objects are done.
	}
}

// happen stores an event, a page or a screen.
func (s *store) happen(a *arrival) {
	if a.repeat && a.hasEvent {
		s.drop(a, "duplicate_event")
		return
	}
	s.judgeEventTime(a)
	if a.who.kind == byAnonymous || a.who.kind == noID {
		s.happenToStranger(a)
		return
	}
	p := s.obtain(a)
	if p == nil {
		return
	}
	if !s.set.Lean {
		p.events = append(p.events, a.number)
	}
	s.apply(p, a)
}

// judgeEventTime warns of times that the service treats in a way of its own.
func (s *store) judgeEventTime(a *arrival) {
	if !a.hasTime {
		return
	}
	at := time.Unix(a.timestamp, 0)
	if at.Sub(a.now) > 5*time.Minute {
		s.warn(a, "future_timestamp", "")
	} else if s.set.WarnHistory && a.now.Sub(at) > 72*time.Hour {
		s.warn(a, "no_campaign_72h", "")
	}
}
