package customeriotest

import "time"

// identify changes the attributes of a person, whom it makes if there is none.
func (s *store) identify(a *arrival) {
	p := s.findByBody(a)
	if p == nil {
		if a.who.kind == byCioID {
			s.drop(a, "unknown_cio_id")
			return
		}
		if a.updateOnly() {
			s.drop(a, "update_only_not_found")
			return
		}
		p = s.create(a.who)
	}
	at := a.now.Unix()
	if a.hasTime {
		at = a.timestamp
		if time.Unix(at, 0).Sub(a.now) > 5*time.Minute {
			s.warn(a, "future_timestamp", "")
		}
	}
	if s.set.StaleProfile && at < p.edited {
		s.drop(a, "stale_attribute")
		return
	}
	stale := false
	for i := range a.members {
		m := &a.members[i]
		now, done := s.special(a, p, m)
		p = now // another, if the attribute named one with whom the person was merged
		if !done && !s.set.Lean && !s.edit(a, p, m, at) {
			stale = true
			s.lose(a, "stale_attribute", string(m.name))
		}
	}
	p.edited = max(p.edited, at)
	s.apply(p, a)
	if stale {
		a.entry.reason = uint16(s.reasons.number([]byte("stale_attribute")))
	}
	if isArray(a.relations) {
		s.relate(a, p, a.relations, false)
	}
}

// findByBody finds the person by its identifier or else by those in the body, and then gives it the
// identifier by which it was not found.
func (s *store) findByBody(a *arrival) *person {
	if p := s.find(a.who); p != nil || a.who.kind == byCioID {
		return p
	}
	for _, m := range a.members {
		kind := idKindOf(m.name)
		if kind != byID && kind != byEmail && kind != byPhone || kind == a.who.kind || !isText(m.value) {
			continue
		}
		if p := s.find(ident{kind, text(m.value)}); p != nil && p.identifier(a.who.kind) == "" {
			s.name(p, a.who)
			return p
		}
	}
	return nil
}

// updateOnly reports whether the item must not make a person.
func (it *item) updateOnly() bool {
	for _, m := range it.members {
		if string(m.name) == "_update" {
			return string(m.value) == "true"
		}
	}
	return false
}

// special handles the attributes that are more than values; it reports false for those that are not.
// The person that it returns goes on in the place of p.
func (s *store) special(a *arrival, p *person, m *attribute) (*person, bool) {
	switch string(m.name) {
	case "_update", "_timestamp":
		return p, true
	case "id", "email":
		if isText(m.value) && len(text(m.value)) > 0 {
			p = s.rename(a, p, ident{idKindOf(m.name), text(m.value)})
		}
		return p, true
	case "phone":
		if s.set.Phone && isText(m.value) {
			return s.rename(a, p, ident{byPhone, text(m.value)}), true
		}
	case "anonymous_id":
		if isText(m.value) {
			s.claim(a, p, string(text(m.value)))
		}
		return p, true
	case "cio_relationships":
		s.relateAttribute(a, p, m.value)
		return p, true
	case "created_at":
		if n, ok := integer(m.value); ok && n > latestSecond {
			s.warn(a, "ms_timestamp", "created_at")
		}
		if old := p.attributes["created_at"].json; old != "" && old != string(m.value) {
			s.warn(a, "created_at_changed", "")
		}
	}
	return p, false
}

// rename gives a person an identifier that stands among the attributes. It returns the person, or the
// one with whom it was merged.
func (s *store) rename(a *arrival, p *person, who ident) *person {
	has := p.identifier(who.kind)
	if has == string(who.value) || who.kind == byEmail && fold([]byte(has)) == fold(who.value) {
		return p
	}
	if a.path && a.who.kind == byCioID && string(who.value) == "cio_"+string(a.who.value) {
		s.warn(a, "id_equals_cio_path", "")
	}
	byCio := a.who.kind == byCioID || who.kind == byEmail && s.set.EmailByID && a.who.kind == byID
	if has != "" && !byCio {
		s.lose(a, "identifier_change_needs_cio_id", who.kind.String())
		return p
	}
	other := s.find(who)
	switch {
	case other == nil && s.isSuppressed(who):
		s.lose(a, "suppressed", who.kind.String())
	case other == nil:
		s.name(p, who)
	case !s.set.NoAutoMerge && has == "" && other.identifier(a.who.kind) == "":
		return s.autoMerge(p, other, a.now)
	default:
		s.lose(a, "identifier_conflict", who.kind.String())
	}
	return p
}

// edit changes an attribute, unless what is known is newer: then it reports false.
func (s *store) edit(a *arrival, p *person, m *attribute, at int64) bool {
	old, known := p.attributes[string(m.name)]
	if known && old.at > at {
		return false
	}
	json := m.value
	if isBlank(json) {
		json = nil
	}
	if known && old.json == string(json) {
		if old.at != at {
			p.attributes[string(m.name)] = value{old.json, at}
		}
		return true
	}
	if known && old.at == at && string(m.name) != s.set.SeqKey {
		s.warn(a, "same_second_conflict", string(m.name))
	}
	if p.attributes == nil {
		p.attributes = map[string]value{}
	}
	p.attributes[string(m.name)] = value{string(json), at}
	return true
}
