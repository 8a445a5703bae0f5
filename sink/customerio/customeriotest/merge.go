package customeriotest

import "time"

// thirtyDays is how far back events are moved by a merge and claimed by an identify.
const thirtyDays = 30 * 24 * time.Hour

// mergeItem merges the secondary person into the primary.
func (s *store) mergeItem(a *arrival) {
	primary, secondary := s.find(a.who), s.find(a.other)
	switch {
	case primary == nil:
		s.drop(a, "merge_no_primary")
	case secondary == nil:
		s.drop(a, "merge_no_secondary")
	case primary == secondary:
		s.drop(a, "merge_same_person")
	default:
		s.merge(primary, secondary, a.now)
		s.apply(primary, a)
	}
}

// autoMerge merges two people of whom one identify named both; the older profile stays, and is
// returned.
func (s *store) autoMerge(p, other *person, now time.Time) *person {
	keep, gone := p, other
	if other.number < p.number {
		keep, gone = other, p
	}
	id, email, phone := gone.id, gone.email, gone.phone
	s.merge(keep, gone, now)
	for _, who := range []ident{{byID, []byte(id)}, {byEmail, []byte(email)}, {byPhone, []byte(phone)}} {
		if len(who.value) > 0 && keep.identifier(who.kind) == "" {
			s.name(keep, who)
		}
	}
	return keep
}

// merge moves to the primary what it lacks of the secondary, and deletes the secondary.
func (s *store) merge(primary, secondary *person, now time.Time) {
	for name, v := range secondary.attributes {
		if v.json != "" && primary.lacks(name) {
			if primary.attributes == nil {
				primary.attributes = map[string]value{}
			}
			primary.attributes[name] = v
		}
	}
	for token, d := range secondary.devices {
		if primary.devices == nil {
			primary.devices = map[string]*gadget{}
		}
		if primary.devices[token] == nil {
			primary.devices[token] = d
			s.tokens[token] = primary
		}
	}
	for key, r := range secondary.relations {
		if primary.relations == nil {
			primary.relations = map[string]string{}
		}
		if _, has := primary.relations[key]; !has {
			primary.relations[key] = r
		}
	}
	oldest := now.Add(-thirtyDays).UnixMilli()
	for _, i := range secondary.events {
		if e := s.ledger.at(i); e.received >= oldest {
			e.person = primary.number
			primary.events = append(primary.events, i)
		}
	}
	if x := s.anonymous[secondary.anonymousID]; x != nil && x.claimed == secondary {
		x.claimed = primary
	}
	if !s.set.Lean {
		primary.merged = append(primary.merged, secondary.cioID)
	}
	s.remove(secondary)
}
