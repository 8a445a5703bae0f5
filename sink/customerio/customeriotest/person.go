package customeriotest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// person is a profile.
type person struct {
	number           uint32
	cioID            string
	id, email, phone string
	anonymousID      string
	attributes       map[string]value
	edited           int64 // the time of the newest edit, in seconds
	devices          map[string]*gadget
	relations        map[string]string
	events           []uint32 // entries
	merged           []string // the cio_ids of those that were merged into it
	deleted          bool
	lastSeq          int64
	hasLastSeq       bool
}

// value is an attribute as kept. An attribute that was removed keeps its time.
type value struct {
	json string // empty: removed
	at   int64
}

// gadget is a device as kept.
type gadget struct {
	platform   string
	lastUsed   int64
	attributes string
}

// cio returns the cio_id, empty of nobody.
func (p *person) cio() string {
	if p == nil {
		return ""
	}
	return p.cioID
}

// find returns the living person that is named so, nil if there is none.
func (s *store) find(who ident) *person {
	switch who.kind {
	case byID:
		return s.byID[string(who.value)]
	case byEmail:
		if p := s.byEmail[string(who.value)]; p != nil {
			return p
		}
		return s.byEmail[fold(who.value)]
	case byPhone:
		return s.byPhone[string(who.value)]
	case byCioID:
		return s.byCioID[string(who.value)]
	default:
		return nil
	}
}

// fold is the form in which emails are compared.
func fold(email []byte) string { return strings.ToLower(string(email)) }

// create makes a person with one identifier.
func (s *store) create(who ident) *person {
	s.made++
	p := &person{number: s.made}
	p.cioID = fmt.Sprintf("a3%010x", p.number)
	if !s.set.Lean {
		s.people = append(s.people, p)
	}
	s.byCioID[p.cioID] = p
	s.name(p, who)
	return p
}

// name gives a person an identifier that nobody has.
func (s *store) name(p *person, who ident) {
	v := string(who.value)
	switch who.kind {
	case byID:
		delete(s.byID, p.id)
		p.id, s.byID[v] = v, p
	case byEmail:
		delete(s.byEmail, fold([]byte(p.email)))
		p.email, s.byEmail[fold(who.value)] = v, p
	case byPhone:
		delete(s.byPhone, p.phone)
		p.phone, s.byPhone[v] = v, p
	default:
		// The cio_id is the service's to give, and an anonymous id names nobody.
	}
}

// identifier returns the identifier of that kind, empty if the person has none.
func (p *person) identifier(kind idKind) string {
	switch kind {
	case byID:
		return p.id
	case byEmail:
		return p.email
	case byPhone:
		return p.phone
	default:
		return p.cioID
	}
}

// obtain returns the person of an operation that makes one if there is none; nil if it was dropped.
func (s *store) obtain(a *arrival) *person {
	if p := s.find(a.who); p != nil {
		return p
	}
	if a.who.kind == byCioID {
		s.drop(a, "unknown_cio_id")
		return nil
	}
	return s.create(a.who)
}

// remove deletes a person and frees its identifiers.
func (s *store) remove(p *person) {
	delete(s.byID, p.id)
	delete(s.byEmail, fold([]byte(p.email)))
	delete(s.byPhone, p.phone)
	delete(s.byCioID, p.cioID)
	p.deleted = true
	p.devices, p.relations, p.attributes, p.events = nil, nil, nil, nil
}

// suppressedKey is an identifier in the set of those that are suppressed.
func suppressedKey(kind idKind, v string) string {
	if kind == byEmail {
		v = strings.ToLower(v)
	}
	return kind.String() + ":" + v
}

// isSuppressed reports whether an identifier is suppressed.
func (s *store) isSuppressed(who ident) bool {
	if len(s.suppressed) == 0 {
		return false
	}
	_, yes := s.suppressed[suppressedKey(who.kind, string(who.value))]
	return yes
}

// suppress deletes the person, if there is one, and closes all its identifiers.
func (s *store) suppress(a *arrival) {
	s.suppressed[suppressedKey(a.who.kind, string(a.who.value))] = struct{}{}
	p := s.find(a.who)
	if p == nil {
		return
	}
	for _, kind := range []idKind{byID, byEmail, byPhone} {
		if v := p.identifier(kind); v != "" {
			s.suppressed[suppressedKey(kind, v)] = struct{}{}
		}
	}
	s.remove(p)
}

// addDevice puts a device on a person.
func (s *store) addDevice(a *arrival) {
	p := s.obtain(a)
	if p == nil {
		return
	}
	s.apply(p, a)
	if s.set.Lean {
		return
	}
	token := string(a.device.token)
	used := a.device.lastUsed
	if !a.device.hasLastUsed {
		used = a.now.Unix()
	}
	if p.devices[token] == nil && s.elsewhere(p, token) {
		s.warn(a, "device_on_two_people", "")
	}
	if p.devices == nil {
		p.devices = map[string]*gadget{}
	}
	p.devices[token] = &gadget{string(a.device.platform), used, string(a.device.attributes)}
}

// elsewhere reports whether another living person has the device.
func (s *store) elsewhere(p *person, token string) bool {
	owner := s.tokens[token]
	s.tokens[token] = p
	return owner != nil && owner != p && !owner.deleted && owner.devices[token] != nil
}

// apply notes that an item took effect on a person. A repeat has none.
func (s *store) apply(p *person, a *arrival) {
	a.entry.person = p.number
	if a.hasSeq && !a.repeat {
		p.lastSeq, p.hasLastSeq = a.seq, true
	}
}

// isBlank reports whether an attribute's value removes it.
func isBlank(raw []byte) bool { return string(raw) == "null" || string(raw) == `""` }

// lacks reports whether a person lacks an attribute.
func (p *person) lacks(name string) bool { return p.attributes[name].json == "" }

// living yields the people that are not deleted, in the order in which they were made.
func (s *store) living() []*person {
	return slices.SortedFunc(maps.Values(s.byCioID), func(a, b *person) int { return cmp.Compare(a.number, b.number) })
}
