package shape

import (
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/pintle-io/pintle/schema"
)

// object is one object of attributes while rules work on it.
type object struct {
	at      *schema.Value // where it stands in the event
	path    string        // what that is called
	read    bool
	open    bool // it is an object, or nothing, which can become one
	members []member
	changed bool
}

type member struct {
	name  string
	value schema.Value
}

// load reads the object, once.
func (o *object) load() {
	if o.read {
		return
	}
	o.read = true
	switch o.at.Kind() {
	case schema.Absent, schema.Null:
		o.open = true
		return
	case schema.Object:
		o.open = true
	default:
		return
	}
	places := map[string]int{}
	for m := o.at.Members(); m.Next(); {
		if at, twice := places[string(m.Name)]; twice {
			// The earlier value may be what a rule withholds, and the later one null.
			o.members[at].value, o.changed = m.Value, true
			continue
		}
		name := string(m.Name)
		places[name] = len(o.members)
		o.members = append(o.members, member{name, m.Value})
	}
}

// find returns the place of an attribute, -1 when there is none.
func (o *object) find(name string) int {
	for i := range o.members {
		if o.members[i].name == name {
			return i
		}
	}
	return -1
}

// put adds or replaces an attribute.
func (o *object) put(name string, v schema.Value) {
	if at := o.find(name); at >= 0 {
		o.members[at].value = v
		return
	}
	o.members = append(o.members, member{name, v})
}

// json returns the object; nil when there was none and nothing was put in.
func (o *object) json() schema.Value {
	if len(o.members) == 0 && o.at.Kind() != schema.Object {
		return nil
	}
	size := len("{}")
	for i := range o.members {
		size += len(`"":,`) + len(o.members[i].name) + len(o.members[i].value)
	}
	buf := append(make([]byte, 0, size), '{')
	for i := range o.members {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf, _ = jsontext.AppendQuote(buf, o.members[i].name) // events and options are valid UTF-8
		buf = append(append(buf, ':'), o.members[i].value...)
	}
	return append(buf, '}')
}

// nameBytes is how much of a name is told. Longer ones are no names of attributes at Customer.io.
const nameBytes = 150

// head cuts a name that is too long to be told, at the end of a character.
func head(name string) string {
	if len(name) <= nameBytes {
		return name
	}
	n := nameBytes
	for !utf8.RuneStart(name[n]) {
		n--
	}
	return name[:n] + "…"
}
