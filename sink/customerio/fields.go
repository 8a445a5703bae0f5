package customerio

import (
	"bytes"
	"errors"

	"github.com/go-faster/jx"
)

// errNotAnItem says that a body is not an item of a batch. It quotes nothing.
var errNotAnItem = errors.New("the item cannot be read as one of a v2 batch: the v1 API cannot take it")

// object is a JSON object as its fields in order; a name that is repeated stands once, with its last
// value. The values are slices of the JSON it was parsed from.
type object []member

// member is one field of an object.
type member struct {
	name string
	raw  []byte
}

// parseObject reads one object.
func parseObject(body []byte) (object, error) {
	var it object
	d := jx.DecodeBytes(body)
	if d.Next() != jx.Object {
		return nil, errNotAnItem
	}
	err := d.ObjBytes(func(d *jx.Decoder, key []byte) error {
		name := string(key)
		raw, err := d.Raw()
		if err != nil {
			return err
		}
		for i := range it {
			if it[i].name == name {
				it[i].raw = bytes.TrimSpace(raw)
				return nil
			}
		}
		it = append(it, member{name, bytes.TrimSpace(raw)})
		return nil
	})
	if err != nil {
		return nil, errNotAnItem
	}
	return it, nil
}

// raw returns a field's JSON, nil when it is not there or null.
func (it object) raw(name string) []byte {
	for _, f := range it {
		if f.name == name && string(f.raw) != "null" {
			return f.raw
		}
	}
	return nil
}

// text returns a field's text, empty when it is not there or not a text.
func (it object) text(name string) string {
	return member{raw: it.raw(name)}.text()
}

// text returns the value if it is a text, else nothing.
func (f member) text() string {
	d := jx.DecodeBytes(f.raw)
	if d.Next() != jx.String {
		return ""
	}
	s, err := d.Str()
	if err != nil {
		return ""
	}
	return s
}

// writeMember writes a field with the comma that it needs.
func writeMember(w *jx.Writer, first *bool, name string, raw []byte) {
	if !*first {
		w.Comma()
	}
	*first = false
	w.Str(name)
	w.RawStr(":")
	w.Raw(raw)
}
