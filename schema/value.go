package schema

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// Value is one JSON value as it stands in a record: valid JSON, without surrounding blanks. Nil
// means that it is absent. It is a slice of the record's value and must not be changed.
type Value []byte

// Kind is the JSON type of a [Value].
type Kind uint8

// The kinds of values.
const (
	Absent Kind = iota
	Null
	Bool
	Number
	String
	Object
	Array
)

// Kind returns the JSON type of v, by its first byte.
func (v Value) Kind() Kind {
	if len(v) == 0 {
		return Absent
	}
	switch v[0] {
	case '{':
		return Object
	case '[':
		return Array
	case '"':
		return String
	case 't', 'f':
		return Bool
	case 'n':
		return Null
	default:
		return Number
	}
}

// IsFalse reports whether v is the literal false.
func (v Value) IsFalse() bool { return len(v) == 5 && v[0] == 'f' }

// Text returns the text that a string value stands for, and false for every other kind. The text is
// a slice of v when v has no escapes; otherwise it is newly made.
func (v Value) Text() ([]byte, bool) {
	if len(v) < 2 || v[0] != '"' {
		return nil, false
	}
	inner := v[1 : len(v)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner, true
	}
	return unescape(make([]byte, 0, len(inner)), inner), true
}

// TextOrNumber is Text that takes a number as well, with its digits as they are written.
func (v Value) TextOrNumber() ([]byte, bool) {
	if v.Kind() == Number {
		return v, true
	}
	return v.Text()
}

// unescape appends the text of the inside of a valid JSON string to dst. Escaped surrogates without
// a partner become U+FFFD.
func unescape(dst, s []byte) []byte {
	for len(s) > 0 {
		i := bytes.IndexByte(s, '\\')
		if i < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:i]...)
		c := s[i+1]
		s = s[i+2:]
		switch c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := hex4(s)
			s = s[4:]
			if utf16.IsSurrogate(r) {
				low := rune(-1)
				if len(s) >= 6 && s[0] == '\\' && s[1] == 'u' {
					low = hex4(s[2:])
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					s = s[6:]
				}
			}
			dst = utf8.AppendRune(dst, r)
		default: // '"', '\\' and '/' stand for themselves
			dst = append(dst, c)
		}
	}
	return dst
}

// hex4 reads the four hexadecimal digits at the head of s; -1 when they are not.
func hex4(s []byte) rune {
	if len(s) < 4 {
		return -1
	}
	var r rune
	for _, c := range s[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}
