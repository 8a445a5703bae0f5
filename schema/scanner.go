package schema

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// scanner walks over one record's value, checks its grammar and counts its depth. The first fault
// sticks in err and moves pos to the end, so that every loop over the value ends.
//
// It stands here in place of a library's decoder because a letter must say what was expected at
// which byte, UTF-8 and depth must be checked in the same pass, and this is the hottest loop of the
// program; docs/adr/002-json-scanner.md has the figures.
type scanner struct {
	buf   []byte
	pos   int
	depth int
	limit int  // of depth
	owned bool // buf is a copy, see repair
	err   *DecodeError
}

// fail records a fault at offset at.
func (s *scanner) fail(at int, expected string) {
	if s.err == nil {
		s.err = &DecodeError{Offset: int64(at), Expected: expected, Found: describe(s.buf[min(at, len(s.buf)):])}
	}
	s.pos = len(s.buf)
}

// tooDeep records that the container at pos is one level too many.
func (s *scanner) tooDeep() {
	s.fail(s.pos, "at most "+strconv.Itoa(s.limit)+" levels of nesting")
}

// blanks skips whitespace and returns the byte behind it, 0 at the end. A NUL in the value comes
// back as 0 as well: it is never right between values.
func (s *scanner) blanks() byte {
	for s.pos < len(s.buf) {
		switch c := s.buf[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

// enter steps into the container that opens at pos and reports whether it has a first element.
func (s *scanner) enter(closer byte) bool {
	if s.depth >= s.limit {
		s.tooDeep()
		return false
	}
	s.depth++
	s.pos++
	if s.blanks() == closer {
		s.pos++
		s.depth--
		return false
	}
	return s.err == nil
}

// next steps behind an element and reports whether another one follows; otherwise the container is
// closed, or a fault stands in err.
func (s *scanner) next(closer byte) bool {
	switch c := s.blanks(); {
	case c == ',' && s.err == nil:
		s.pos++
		s.blanks()
		return true
	case c == closer:
		s.pos++
		s.depth--
	case closer == '}':
		s.fail(s.pos, "',' or '}'")
	default:
		s.fail(s.pos, "',' or ']'")
	}
	return false
}

// key reads a member's name and its colon, and stops at its value. The name comes back unescaped;
// it is a slice of the value when there was nothing to unescape.
func (s *scanner) key() []byte {
	if s.pos >= len(s.buf) || s.buf[s.pos] != '"' {
		s.fail(s.pos, "a name in quotes")
		return nil
	}
	from := s.pos + 1
	escaped := s.text()
	name := s.buf[from:max(from, s.pos-1)]
	if s.blanks() != ':' {
		s.fail(s.pos, "':'")
		return nil
	}
	s.pos++
	s.blanks()
	if escaped && s.err == nil {
		return unescape(nil, name)
	}
	return name
}

// value skips one value of any kind and returns it.
func (s *scanner) value() Value {
	from := s.pos
	s.skip()
	if s.err != nil {
		return nil
	}
	return Value(s.buf[from:s.pos:s.pos])
}

func (s *scanner) skip() {
	if s.pos >= len(s.buf) {
		s.fail(s.pos, "a value")
		return
	}
	switch c := s.buf[s.pos]; c {
	case '"':
		s.text()
	case '{':
		for more := s.enter('}'); more; more = s.next('}') {
			s.key()
			s.skip()
		}
	case '[':
		for more := s.enter(']'); more; more = s.next(']') {
			s.skip()
		}
	case 't':
		s.literal("true")
	case 'f':
		s.literal("false")
	case 'n':
		s.literal("null")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		s.number()
	default:
		s.fail(s.pos, "a value")
	}
}

func (s *scanner) literal(want string) {
	if len(s.buf)-s.pos >= len(want) && string(s.buf[s.pos:s.pos+len(want)]) == want {
		s.pos += len(want)
		return
	}
	for i := range len(want) {
		if s.pos+i >= len(s.buf) || s.buf[s.pos+i] != want[i] {
			s.fail(s.pos+i, "the word "+want)
			return
		}
	}
}

// number skips a number. Its digits are not looked at further: nobody converts them.
func (s *scanner) number() {
	if s.buf[s.pos] == '-' {
		s.pos++
	}
	if s.pos < len(s.buf) && s.buf[s.pos] == '0' {
		s.pos++
	} else if !s.digits() {
		return
	}
	if s.pos < len(s.buf) && s.buf[s.pos] == '.' {
		s.pos++
		if !s.digits() {
			return
		}
	}
	if s.pos < len(s.buf) && s.buf[s.pos]|0x20 == 'e' {
		s.pos++
		if s.pos < len(s.buf) && (s.buf[s.pos] == '+' || s.buf[s.pos] == '-') {
			s.pos++
		}
		s.digits()
	}
}

// digits skips one digit or more.
func (s *scanner) digits() bool {
	i := s.pos
	for i < len(s.buf) && s.buf[i]-'0' <= 9 {
		i++
	}
	if i == s.pos {
		s.fail(i, "a digit")
		return false
	}
	s.pos = i
	return true
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special marks, in the high bit of each byte of w, the bytes at which a string cannot simply go
// on: quotes, backslashes, control characters and everything beyond ASCII. Bytes above the first
// mark may be marked wrongly (borrows), so only the lowest mark counts.
func special(w uint64) uint64 {
	quote := w ^ ones*'"'
	slash := w ^ ones*'\\'
	return ((quote - ones) | (slash - ones) | (w - ones*' ') | w) & highs
}

// text skips the string that opens at pos and reports whether it holds escapes.
func (s *scanner) text() (escaped bool) {
	buf, i := s.buf, s.pos+1
	for {
		for i+8 <= len(buf) {
			m := special(binary.LittleEndian.Uint64(buf[i:]))
			if m != 0 {
				i += bits.TrailingZeros64(m) / 8
				break
			}
			i += 8
		}
		if i >= len(buf) {
			s.fail(len(buf), "the closing '\"' of a text")
			return escaped
		}
		if buf[i] == '"' {
			s.pos = i + 1
			return escaped
		}
		n := s.odd(i)
		if n == 0 {
			return escaped
		}
		escaped = escaped || buf[i] == '\\'
		i, buf = i+n, s.buf
	}
}

// odd checks what stands at offset i inside a text and is not its end, and returns its length, 0
// after a fault.
func (s *scanner) odd(i int) int {
	switch c := s.buf[i]; {
	case c == '\\':
		return s.escape(i)
	case c < ' ':
		s.fail(i, "an escape in place of a control character")
		return 0
	case c < utf8.RuneSelf:
		return 1
	}
	if _, n := utf8.DecodeRune(s.buf[i:]); n > 1 {
		return n
	}
	s.fail(i, "valid UTF-8")
	return 0
}

// escape checks the escape at offset i and returns its length, 0 after a fault.
func (s *scanner) escape(i int) int {
	if i+1 >= len(s.buf) {
		s.fail(i+1, "an escaped character")
		return 0
	}
	switch s.buf[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
	default:
		s.fail(i+1, `one of "\/bfnrtu behind a backslash`)
		return 0
	}
	r := hex4(s.buf[i+2:])
	switch {
	case r < 0:
		for i += 2; i < len(s.buf) && isHex(s.buf[i]); i++ {
		}
		s.fail(i, "four hexadecimal digits")
		return 0
	case r < 0xd800 || r > 0xdfff:
		return 6
	case r < 0xdc00 && i+12 <= len(s.buf) && s.buf[i+6] == '\\' && s.buf[i+7] == 'u':
		if low := hex4(s.buf[i+8:]); 0xdc00 <= low && low <= 0xdfff {
			return 12
		}
	}
	s.repair(i)
	return 6
}

func isHex(c byte) bool { return c-'0' <= 9 || (c|0x20)-'a' <= 5 }

// repair overwrites the lone surrogate escape at offset i with the escape of U+FFFD: strict readers
// refuse it, and a refused batch costs all its neighbours a round. The two have the same length, so
// offsets stay true. The record's bytes belong to the caller and stay as they are: the scanner goes
// on in a copy. Slices taken before lie wholly before i and are right as they are.
func (s *scanner) repair(i int) {
	if !s.owned {
		s.buf = append([]byte(nil), s.buf...)
		s.owned = true
	}
	copy(s.buf[i:], `\ufffd`)
}
