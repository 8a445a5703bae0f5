package customeriotest

import (
	"bytes"

	"github.com/go-faster/jx"
)

// The functions here walk over JSON that has been validated before, and therefore have no errors.

// cursor walks over the members of an object or the elements of an array.
type cursor struct {
	json []byte
	pos  int
}

// open starts at the first member or element of raw, which is an object or an array.
func open(raw []byte) cursor { return cursor{json: raw, pos: 1} }

// member returns the next member of an object, its name decoded and its value raw.
func (c *cursor) member() (name, value []byte, ok bool) {
	name, ok = c.key()
	if !ok {
		return nil, nil, false
	}
	return name, c.take(), true
}

// key returns the name of the next member of an object and stops before its value.
func (c *cursor) key() (name []byte, ok bool) {
	if !c.more() {
		return nil, false
	}
	end := skipText(c.json, c.pos)
	name = text(c.json[c.pos:end])
	c.pos = skipSpace(c.json, skipSpace(c.json, end)+1)
	return name, true
}

// take returns the value before which the cursor stands, raw.
func (c *cursor) take() []byte {
	end := skipValue(c.json, c.pos)
	value := c.json[c.pos:end]
	c.pos = end
	return value
}

// element returns the next element of an array, raw.
func (c *cursor) element() (value []byte, ok bool) {
	if !c.more() {
		return nil, false
	}
	return c.take(), true
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

// skipSpace returns the position of the first byte from i on that is not white space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' {
		i++
	}
	return i
}

// skipValue returns the end of the value that starts at i.
func skipValue(b []byte, i int) int {
	switch b[i] {
	case '"':
		return skipText(b, i)
	case '{', '[':
		return skipNested(b, i)
	default:
		for i < len(b) && b[i] > ' ' && b[i] != ',' && b[i] != '}' && b[i] != ']' {
			i++
		}
		return i
	}
}

// skipText returns the end of the text whose opening quote is at i.
func skipText(b []byte, i int) int {
	for i++; ; i++ {
		i += bytes.IndexByte(b[i:], '"')
		escapes := 0
		for b[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i + 1
		}
	}
}

// skipNested returns the end of the object or array that starts at i.
func skipNested(b []byte, i int) int {
	for depth := 0; ; i++ {
		switch b[i] {
		case '"':
			i = skipText(b, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				return i + 1
			}
		}
	}
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
