package customeriotest

import (
	"encoding/json"
	"maps"
	"slices"
)

// Person is a profile.
type Person struct {
	CioID       string `json:"cio_id"`
	ID          string `json:"id,omitempty"`
	Email       string `json:"email,omitempty"`
	Phone       string `json:"phone,omitempty"`
	AnonymousID string `json:"anonymous_id,omitempty"`
	// Attributes are the values as JSON, Times when each was set, in seconds since 1970.
	Attributes map[string]json.RawMessage `json:"attributes"`
	Times      map[string]int64           `json:"times"`
	Devices    map[string]Device          `json:"devices"`
	// Relations are by the type and id of the object, with a slash between.
	Relations map[string]json.RawMessage `json:"relations,omitempty"`
	// Events are the numbers in the ledger, in the order of processing.
	Events []int `json:"events"`
	// Merged are the cio_ids of those that were merged into this one.
	Merged []string `json:"merged,omitempty"`
	// LastSeq is the number of the item that was applied last, if HasLastSeq.
	LastSeq    int64 `json:"last_seq"`
	HasLastSeq bool  `json:"has_last_seq"`
}

// Device is a person's device.
type Device struct {
	Platform   string          `json:"platform"`
	LastUsed   int64           `json:"last_used"`
	Attributes json.RawMessage `json:"attributes,omitempty"`
}

// Object is an object of an object type.
type Object struct {
	TypeID     string                     `json:"object_type_id"`
	ID         string                     `json:"object_id"`
	CioID      string                     `json:"cio_object_id"`
	Attributes map[string]json.RawMessage `json:"attributes"`
}

// Person returns the living person with the identifier; kind is id, email, phone, cio_id or, for one
// that an identify claimed, anonymous_id.
func (s *Server) Person(kind, value string) (Person, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var p *person
	if kind == "anonymous_id" {
		p = s.store.anonymous[value].known()
	} else {
		p = s.store.find(ident{idKindOf([]byte(kind)), []byte(value)})
	}
	if p == nil {
		return Person{}, false
	}
	return p.view(), true
}

// People returns those that are not deleted, in the order in which they were made.
func (s *Server) People() []Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Person{}
	for _, p := range s.store.living() {
		list = append(list, p.view())
	}
	return list
}

// Devices returns the devices of the person with the identifier, by token.
func (s *Server) Devices(kind, value string) map[string]Device {
	p, _ := s.Person(kind, value)
	return p.Devices
}

// Anonymous returns how many events with the anonymous id belong to nobody.
func (s *Server) Anonymous(id string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.store.anonymous[id]; x != nil {
		return len(x.events)
	}
	return 0
}

// Objects returns the objects, by type and id with a slash between.
func (s *Server) Objects() map[string]Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]Object{}
	for key, o := range s.store.objects {
		view := Object{TypeID: o.kind, ID: o.id, CioID: o.cioID, Attributes: map[string]json.RawMessage{}}
		for name, v := range o.attributes {
			view.Attributes[name] = json.RawMessage(v)
		}
		all[key] = view
	}
	return all
}

// Suppressed returns the identifiers that are suppressed, as kind:value, sorted.
func (s *Server) Suppressed() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.store.suppressed))
}

// view copies a person for the outside.
func (p *person) view() Person {
	v := Person{
		CioID: p.cioID, ID: p.id, Email: p.email, Phone: p.phone, AnonymousID: p.anonymousID,
		Attributes: map[string]json.RawMessage{}, Times: map[string]int64{}, Devices: map[string]Device{},
		Merged: slices.Clone(p.merged), LastSeq: p.lastSeq, HasLastSeq: p.hasLastSeq,
	}
	for name, a := range p.attributes {
		if a.json != "" {
			v.Attributes[name], v.Times[name] = json.RawMessage(a.json), a.at
		}
	}
	for token, d := range p.devices {
		view := Device{Platform: d.platform, LastUsed: d.lastUsed}
		if d.attributes != "" {
			view.Attributes = json.RawMessage(d.attributes)
		}
		v.Devices[token] = view
	}
	for key, r := range p.relations {
		if v.Relations == nil {
			v.Relations = map[string]json.RawMessage{}
		}
		if r == "" {
			r = "{}"
		}
		v.Relations[key] = json.RawMessage(r)
	}
	for _, i := range p.events {
		v.Events = append(v.Events, int(i))
	}
	return v
}
