package customeriotest

import (
	"fmt"
	"slices"
)

// object is what people have relations to.
type object struct {
	kind, id, cioID string
	attributes      map[string]string
}

func (o *object) key() string { return o.kind + "/" + o.id }

// findObject returns the object that is named so, nil if there is none.
func (s *store) findObject(id objectID) *object {
	if id.cioID == nil {
		return s.objects[string(id.kind)+"/"+string(id.id)]
	}
	for _, o := range s.objects {
		if o.cioID == string(id.cioID) {
			return o
		}
	}
	return nil
}

// obtainObject returns the object, which it makes if its type exists; nil and a drop otherwise.
func (s *store) obtainObject(a *arrival, id objectID) *object {
	if o := s.findObject(id); o != nil {
		return o
	}
	reason := ""
	switch {
	case id.cioID != nil:
		reason = "unknown_object"
	case !slices.Contains(s.set.ObjectTypes, string(id.kind)):
		reason = "unknown_object_type"
	}
	if reason != "" && a.action >= objectIdentify {
		s.drop(a, reason)
		return nil
	}
	if reason != "" {
		s.lose(a, reason, "")
		return nil
	}
	o := &object{kind: string(id.kind), id: string(id.id), cioID: fmt.Sprintf("ob%010x", len(s.objects)+1), attributes: map[string]string{}}
	s.objects[o.key()] = o
	return o
}

// processObject applies an item about an object.
func (s *store) processObject(a *arrival) {
	if a.action == delivery || s.set.Lean {
		return
	}
	if a.action == objectDelete {
		if o := s.findObject(a.object); o != nil {
			s.removeObject(o)
		}
		return
	}
	o := s.obtainObject(a, a.object)
	if o == nil {
		return
	}
	if a.action == objectIdentify || a.action == objectAnonymous {
		o.edit(a.members)
	}
	if isArray(a.relations) {
		s.relatePeople(a, o, a.relations, a.action == objectRemove)
	}
}

// edit changes attributes.
func (o *object) edit(members []attribute) {
	for _, m := range members {
		if isBlank(m.value) {
			delete(o.attributes, string(m.name))
		} else {
			o.attributes[string(m.name)] = string(m.value)
		}
	}
}

// removeObject deletes an object and the relations to it.
func (s *store) removeObject(o *object) {
	delete(s.objects, o.key())
	for _, p := range s.byCioID {
		delete(p.relations, o.key())
	}
}

// relate adds or removes relations of a person, given as v2 gives them.
func (s *store) relate(a *arrival, p *person, raw []byte, remove bool) {
	if s.set.Lean {
		return
	}
	for c := open(raw); ; {
		element, ok := c.element()
		if !ok {
			return
		}
		if !isObject(element) {
			continue
		}
		identifiers, attributes := relation(element)
		if !isObject(identifiers) {
			continue
		}
		id := readObjectID(identifiers)
		if remove {
			if o := s.findObject(id); o != nil {
				delete(p.relations, o.key())
			}
			continue
		}
		if o := s.obtainObject(a, id); o != nil {
			p.put(o.key(), attributes)
		}
	}
}

// put adds a relation.
func (p *person) put(key string, attributes []byte) {
	if p.relations == nil {
		p.relations = map[string]string{}
	}
	p.relations[key] = string(attributes)
}

// put adds a relation of somebody who is not known yet.
func (x *stranger) put(key string, attributes []byte) {
	if x.relations == nil {
		x.relations = map[string]string{}
	}
	x.relations[key] = string(attributes)
}

// relation reads one element of cio_relationships.
func relation(element []byte) (identifiers, attributes []byte) {
	for c := open(element); ; {
		name, value, ok := c.member()
		if !ok {
			return identifiers, attributes
		}
		switch string(name) {
		case "identifiers":
			identifiers = value
		case "relationship_attributes":
			attributes = value
		}
	}
}

// relateAttribute handles cio_relationships among the attributes, which v1 gives as an object with the
// action, and v2 as an array.
func (s *store) relateAttribute(a *arrival, p *person, raw []byte) {
	if isArray(raw) {
		s.relate(a, p, raw, false)
		return
	}
	if !isObject(raw) {
		return
	}
	var list []byte
	remove := false
	for c := open(raw); ; {
		name, value, ok := c.member()
		if !ok {
			break
		}
		switch string(name) {
		case "relationships":
			list = value
		case "action":
			remove = string(value) == `"delete_relationships"`
		}
	}
	if isArray(list) {
		s.relate(a, p, list, remove)
	}
}

// relatePeople adds or removes relations of an object.
func (s *store) relatePeople(a *arrival, o *object, raw []byte, remove bool) {
	for c := open(raw); ; {
		element, ok := c.element()
		if !ok {
			return
		}
		if !isObject(element) {
			continue
		}
		identifiers, attributes := relation(element)
		if !isObject(identifiers) {
			continue
		}
		ic := open(identifiers)
		name, v, ok := ic.member()
		if !ok || !isText(v) {
			continue
		}
		p := s.find(ident{idKindOf(name), text(v)})
		if a.action == objectAnonymous && idKindOf(name) == byAnonymous {
			x := s.stranger(string(text(v)))
			if p = x.known(); p == nil {
				x.put(o.key(), attributes)
				continue
			}
		}
		switch {
		case p == nil:
			s.lose(a, "unknown_person", "")
		case remove:
			delete(p.relations, o.key())
		default:
			p.put(o.key(), attributes)
		}
	}
}
