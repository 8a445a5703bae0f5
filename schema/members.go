package schema

import "math"

// Members walks over the members of an object, in their order, duplicates included:
//
//	for m := v.Members(); m.Next(); {
//		use(m.Name, m.Value)
//	}
type Members struct {
	// Name is the member's name, unescaped; a slice of the object where there was nothing to
	// unescape.
	Name []byte
	// Value is the member's value.
	Value Value

	s    scanner
	open bool
}

// Members returns a walk over v. A value that is no object has no members.
func (v Value) Members() Members {
	return Members{s: scanner{buf: v, limit: math.MaxInt}}
}

// Next steps to the next member and reports whether there is one.
func (m *Members) Next() bool {
	switch {
	case m.open:
		m.open = m.s.next('}')
	case m.s.pos == 0 && m.s.isObject():
		m.open = m.s.enter('}')
	}
	if !m.open {
		return false
	}
	m.Name, m.Value = m.s.key(), m.s.value()
	return m.s.err == nil
}

// Elements walks over the elements of an array, in their order:
//
//	for e := v.Elements(); e.Next(); {
//		use(e.Value)
//	}
type Elements struct {
	// Value is the element.
	Value Value

	s    scanner
	open bool
}

// Elements returns a walk over v. A value that is no array has no elements.
func (v Value) Elements() Elements {
	return Elements{s: scanner{buf: v, limit: math.MaxInt}}
}

// Next steps to the next element and reports whether there is one.
func (e *Elements) Next() bool {
	switch {
	case e.open:
		e.open = e.s.next(']')
	case e.s.pos == 0 && len(e.s.buf) > 0 && e.s.buf[0] == '[':
		e.open = e.s.enter(']')
	}
	if !e.open {
		return false
	}
	e.Value = e.s.value()
	return e.s.err == nil
}

// Member returns the value of the named member of an object, the last one of several; nil when v is
// no object or has none.
func (v Value) Member(name string) (found Value) {
	for m := v.Members(); m.Next(); {
		if string(m.Name) == name {
			found = m.Value
		}
	}
	return found
}
