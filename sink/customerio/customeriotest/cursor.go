package customeriotest

import (
	"bytes"

	"github.com/go-faster/jx"
)

// cursor walks over the members of an object or the elements of an array. Its JSON has been scanned
// before, and therefore it has no errors.
type cursor struct {
	json []byte
	pos  int
}

// open starts at the first member or element of raw, which is an object or an array.
func open(raw []byte) cursor { return cursor{json: raw, pos: 1} }

// member returns the next member of an object, its name decoded and its value raw.
func (c *cursor) member() (name, value []byte, ok bool) {
	if !c.more() {
		return nil, nil, false
	}
	end := scanText(c.json, c.pos)
	name = text(c.json[c.pos:end])
	c.pos = skipSpace(c.json, skipSpace(c.json, end)+1)
	return name, c.take(), true
}

// element returns the next element of an array, raw.
func (c *cursor) element() (value []byte, ok bool) {
	if !c.more() {
		return nil, false
	}
	return c.take(), true
}

// take returns the value before which the cursor stands, raw.
func (c *cursor) take() []byte {
	end := scanValue(c.json, c.pos, 0)
	value := c.json[c.pos:end]
	c.pos = end
	return value
}

// more moves to the start of what comes next.
func (c *cursor) more() bool {
	c.pos = skipSpace(c.json, c.pos)
	switch c.json[c.pos] {
	case '}', ']':
		return false
	case ',':
		c.pos = skipSpace(c.json, c.pos+1)
	}
	return true
}

// text decodes a JSON text. The result is a slice of raw if there is nothing to decode.
func text(raw []byte) []byte {
	if plain := raw[1 : len(raw)-1]; bytes.IndexByte(plain, '\\') < 0 {
		return plain
	}
	s, err := jx.DecodeBytes(raw).StrBytes()
	if err != nil {
		return nil
	}
	return s
}

func isText(raw []byte) bool   { return len(raw) > 0 && raw[0] == '"' }
func isObject(raw []byte) bool { return len(raw) > 0 && raw[0] == '{' }
func isArray(raw []byte) bool  { return len(raw) > 0 && raw[0] == '[' }
func isNumber(raw []byte) bool { return len(raw) > 0 && (raw[0] == '-' || raw[0]-'0' <= 9) }

// present reports whether a field is there and not null.
func present(raw []byte) bool { return len(raw) > 0 && raw[0] != 'n' }

// valueBytes returns the length of a value by which it is limited: of a text, its own; of all else,
// that of its JSON.
func valueBytes(raw []byte) int {
	if isText(raw) {
		return len(text(raw))
	}
	return len(raw)
}
