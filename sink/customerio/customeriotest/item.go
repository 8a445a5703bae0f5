package customeriotest

import "github.com/cespare/xxhash/v2"

// action is what an item does.
type action uint8

const (
	unknownAction action = iota
	identify
	deletePerson
	event
	page
	screen
	addDevice
	deleteDevice
	addRelationships
	deleteRelationships
	merge
	suppress
	unsuppress
	objectIdentify
	objectAnonymous
	objectDelete
	objectAdd
	objectRemove
	delivery
)

// String returns the name of the action in the API; those of objects have the prefix "object ".
func (a action) String() string {
	return [...]string{
		"unknown", "identify", "delete", "event", "page", "screen", "add_device", "delete_device",
		"add_relationships", "delete_relationships", "merge", "suppress", "unsuppress", "object identify",
		"object identify_anonymous", "object delete", "object add_relationships",
		"object delete_relationships", "delivery event",
	}[a]
}

// isEvent reports whether it is an event of a person: an event, a page or a screen.
func (a action) isEvent() bool { return a == event || a == page || a == screen }

// personAction returns the action of that name on a person.
func personAction(name []byte) action {
	switch string(name) {
	case "identify":
		return identify
	case "delete":
		return deletePerson
	case "event":
		return event
	case "page":
		return page
	case "screen":
		return screen
	case "add_device":
		return addDevice
	case "delete_device":
		return deleteDevice
	case "add_relationships":
		return addRelationships
	case "delete_relationships":
		return deleteRelationships
	case "merge":
		return merge
	case "suppress":
		return suppress
	case "unsuppress":
		return unsuppress
	default:
		return unknownAction
	}
}

// objectAction returns the action of that name on an object.
func objectAction(name []byte) action {
	switch string(name) {
	case "identify":
		return objectIdentify
	case "identify_anonymous":
		return objectAnonymous
	case "delete":
		return objectDelete
	case "add_relationships":
		return objectAdd
	case "delete_relationships":
		return objectRemove
	default:
		return unknownAction
	}
}

// item is one operation as it was sent, by v2 or v1. Its slices point into the request's body.
type item struct {
	raw    []byte
	action action
	// path says that the person was named in the path of v1, and that the words of v1 are to be used.
	path bool

	who, other ident // other is the secondary of a merge
	object     objectID

	name       []byte
	event      [16]byte // the id by which a repeat is known
	hasEvent   bool
	timestamp  int64 // in seconds; valid with hasTime
	hasTime    bool
	attributes []byte // raw, an object if present
	// members are those of attributes.
	members []attribute
	device  device
	// relations is the raw array; remove says that v1's object asks for removal.
	relations []byte

	seq    int64
	hasSeq bool
	// content is a hash of all but the event id.
	content  uint64
	problems []problem
	warnings []warning
}

// attribute is one attribute as sent.
type attribute struct{ name, value []byte }

// device is a device as sent.
type device struct {
	token, platform []byte
	lastUsed        int64
	hasLastUsed     bool
	attributes      []byte
}

// objectID names an object: by type and id, or by cioID.
type objectID struct{ kind, id, cioID []byte }

// warning is damage that an item does, or is likely to.
type warning struct{ reason, detail string }

// reset makes it empty and keeps its slices.
func (it *item) reset() {
	*it = item{members: it.members[:0], problems: it.problems[:0], warnings: it.warnings[:0]}
}

func (it *item) fail(c code, name string) { it.problems = append(it.problems, problem{c, name}) }

func (it *item) warn(reason, detail string) {
	it.warnings = append(it.warnings, warning{reason, detail})
}

// fields are the raw members of an item of v2.
type fields struct {
	kind, action, identifiers, name, id, timestamp, attributes, device, relationships []byte
	primary, secondary                                                                []byte
}

// read reads the item of v2 before which the scanner stands. If it is not an object, or not JSON, the
// scanner says so.
func (it *item) read(s *scanner, set *Settings) {
	if s.peek() != '{' {
		s.bad = true
		return
	}
	var f fields
	from := s.pos
	s.pos++
	for first := true; s.next('}', first); first = false {
		name := s.key()
		if s.bad {
			return
		}
		to := f.field(name)
		switch {
		case to == &f.attributes && s.peek() == '{':
			f.attributes, it.members = s.members(it.members[:0])
			continue
		case to == nil && set.StrictFields:
			it.fail(unknownField, string(name))
		case to == nil:
			it.warn("unknown_field", string(name))
		}
		if to == &f.attributes {
			it.members = it.members[:0] // of an earlier one of that name
		}
		value := s.value()
		if to != nil {
			*to = value
		}
	}
	if s.bad {
		return
	}
	it.raw = s.json[from:s.pos]
	it.content = contentHash(it.raw, f.id)
	if len(it.raw) > set.ItemBytes {
		it.problems = append(it.problems[:0], problem{bigItem, ""})
		it.findSeq(set)
		return
	}
	it.validate(&f, set)
}

// field returns where the member of that name goes.
func (f *fields) field(name []byte) *[]byte {
	switch string(name) {
	case "type":
		return &f.kind
	case "action":
		return &f.action
	case "identifiers":
		return &f.identifiers
	case "name":
		return &f.name
	case "id":
		return &f.id
	case "timestamp":
		return &f.timestamp
	case "attributes":
		return &f.attributes
	case "device":
		return &f.device
	case "cio_relationships":
		return &f.relationships
	case "primary":
		return &f.primary
	case "secondary":
		return &f.secondary
	default:
		return nil
	}
}

// contentHash hashes an item without the value of its id, which is a slice of it.
func contentHash(raw, id []byte) uint64 {
	if len(id) == 0 {
		return xxhash.Sum64(raw)
	}
	from := cap(raw) - cap(id)
	return xxhash.Sum64(raw[:from])*31 + xxhash.Sum64(raw[from+len(id):])
}

// findSeq looks for the number that a test gave the item among its attributes.
func (it *item) findSeq(set *Settings) {
	for i := range it.members {
		it.number(it.members[i].name, it.members[i].value, set)
	}
}

// number takes the number that a test gave the item if that is its name: digits, or a text of them.
func (it *item) number(name, value []byte, set *Settings) {
	if string(name) != set.SeqKey {
		return
	}
	if isText(value) {
		value = text(value)
	}
	if n, ok := integer(value); ok {
		it.seq, it.hasSeq = n, true
	}
}

// split reads the members of attributes that were scanned before.
func (it *item) split(object []byte) {
	it.members = it.members[:0]
	for c := open(object); ; {
		name, value, ok := c.member()
		if !ok {
			return
		}
		it.members = append(it.members, attribute{name, value})
	}
}

// integer reads a whole number.
func integer(b []byte) (int64, bool) {
	neg := len(b) > 0 && b[0] == '-'
	if neg {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 18 || !isDigits(b) {
		return 0, false
	}
	var n int64
	for _, c := range b {
		n = n*10 + int64(c-'0')
	}
	if neg {
		n = -n
	}
	return n, true
}
