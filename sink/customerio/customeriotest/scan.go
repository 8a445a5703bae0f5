package customeriotest

import (
	"encoding/binary"
	"math/bits"
)

// maxDepth bounds how deeply JSON may be nested, as encoding/json does.
const maxDepth = 10_000

// scanner reads JSON that nobody has looked at yet, once: it finds the members and proves the grammar
// in one pass, because a body of 500,000 bytes is most of what a request costs. After the first error
// it yields nothing more and bad is set.
type scanner struct {
	json []byte
	pos  int
	bad  bool
}

// next moves to the next member or element; it reports false, and moves past the closing bracket, at
// the end. First tells it that no comma is due.
func (s *scanner) next(closing byte, first bool) bool {
	if s.bad {
		return false
	}
	s.pos = skipSpace(s.json, s.pos)
	switch c := s.peek(); {
	case c == closing:
		s.pos++
		return false
	case first:
		return true
	case c == ',':
		s.pos = skipSpace(s.json, s.pos+1)
		return true
	default:
		s.bad = true
		return false
	}
}

// peek returns the byte before which the scanner stands, 0 at the end.
func (s *scanner) peek() byte {
	if s.pos >= len(s.json) {
		return 0
	}
	return s.json[s.pos]
}

// key reads the name of a member, decoded, and stops before its value.
func (s *scanner) key() []byte {
	raw := s.json[s.pos:]
	if s.peek() != '"' {
		s.bad = true
		return nil
	}
	end := scanText(s.json, s.pos)
	if end < 0 {
		s.bad = true
		return nil
	}
	raw = raw[:end-s.pos]
	s.pos = skipSpace(s.json, end)
	if s.peek() != ':' {
		s.bad = true
		return nil
	}
	s.pos = skipSpace(s.json, s.pos+1)
	return text(raw)
}

// value reads the value before which the scanner stands, raw.
func (s *scanner) value() []byte {
	end := scanValue(s.json, s.pos, 0)
	if end < 0 {
		s.bad = true
		return nil
	}
	raw := s.json[s.pos:end]
	s.pos = end
	return raw
}

// members reads the object before which the scanner stands and appends its members.
func (s *scanner) members(to []attribute) (raw []byte, list []attribute) {
	from := s.pos
	s.pos++
	for first := true; s.next('}', first); first = false {
		name := s.key()
		if s.bad {
			break
		}
		to = append(to, attribute{name, s.value()})
	}
	return s.json[from:s.pos], to
}

// ended reports whether nothing but white space is left, and all that was read is JSON.
func (s *scanner) ended() bool { return !s.bad && skipSpace(s.json, s.pos) == len(s.json) }

// valid reports whether b is one JSON value.
func valid(b []byte) bool {
	s := scanner{json: b, pos: skipSpace(b, 0)}
	s.value()
	return s.ended()
}

// scanValue returns the end of the value that starts at i, -1 if it is none.
func scanValue(b []byte, i, depth int) int {
	if i >= len(b) {
		return -1
	}
	switch c := b[i]; c {
	case '"':
		return scanText(b, i)
	case '{', '[':
		return scanNested(b, i, depth)
	case 't':
		return scanWord(b, i, "true")
	case 'f':
		return scanWord(b, i, "false")
	case 'n':
		return scanWord(b, i, "null")
	default:
		return scanNumber(b, i)
	}
}

// scanNested returns the end of the object or array that starts at i, -1 if it is none.
func scanNested(b []byte, i, depth int) int {
	if depth >= maxDepth {
		return -1
	}
	object := b[i] == '{'
	closing := b[i] + 2 // in ASCII, of both
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == closing {
		return i + 1
	}
	for {
		if object {
			if i >= len(b) || b[i] != '"' {
				return -1
			}
			if i = scanText(b, i); i < 0 {
				return -1
			}
			if i = skipSpace(b, i); i >= len(b) || b[i] != ':' {
				return -1
			}
			i = skipSpace(b, i+1)
		}
		if i = scanValue(b, i, depth+1); i < 0 {
			return -1
		}
		if i = skipSpace(b, i); i >= len(b) {
			return -1
		}
		switch b[i] {
		case closing:
			return i + 1
		case ',':
			i = skipSpace(b, i+1)
		default:
			return -1
		}
	}
}

func scanWord(b []byte, i int, word string) int {
	if end := i + len(word); end <= len(b) && string(b[i:end]) == word {
		return end
	}
	return -1
}

// scanText returns the end of the text whose opening quote is at i, -1 if it is none.
func scanText(b []byte, i int) int {
	for i++; ; {
		i = plainEnd(b, i)
		switch {
		case i >= len(b) || b[i] < ' ':
			return -1
		case b[i] == '"':
			return i + 1
		case i+1 >= len(b):
			return -1
		}
		switch b[i+1] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			i += 2
		case 'u':
			if i+6 > len(b) || !isHex(b[i+2:i+6]) {
				return -1
			}
			i += 6
		default:
			return -1
		}
	}
}

// plainEnd returns the position of the first byte from i on that is special in a text: a quote, a
// backslash or a control character. It looks at eight bytes at a time.
func plainEnd(b []byte, i int) int {
	const (
		ones   = 0x0101010101010101
		highs  = ones << 7
		quotes = ones * '"'
		slash  = ones * '\\'
		spaces = ones * ' '
	)
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		q, s := w^quotes, w^slash
		// The lowest bit that is set belongs to the first such byte; those above may be false.
		if found := ((q-ones)&^q | (s-ones)&^s | (w-spaces)&^w) & highs; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
		i++
	}
	return i
}

// scanNumber returns the end of the number that starts at i, -1 if it is none.
func scanNumber(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	switch end := skipDigits(b, i); {
	case end == i, b[i] == '0' && end > i+1:
		return -1
	default:
		i = end
	}
	if i < len(b) && b[i] == '.' {
		end := skipDigits(b, i+1)
		if end == i+1 {
			return -1
		}
		i = end
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		end := skipDigits(b, i)
		if end == i {
			return -1
		}
		i = end
	}
	return i
}

func skipDigits(b []byte, i int) int {
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}

func isHex(b []byte) bool {
	for _, c := range b {
		if c-'0' > 9 && (c|0x20)-'a' > 5 {
			return false
		}
	}
	return true
}

// skipSpace returns the position of the first byte from i on that is not white space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}
