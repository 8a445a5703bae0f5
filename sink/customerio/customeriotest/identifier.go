package customeriotest

import (
	"bytes"
	"net/mail"
)

// idKind is by what something is named.
type idKind uint8

const (
	noID idKind = iota
	byID
	byEmail
	byPhone
	byCioID
	byAnonymous
)

// String returns the name of the identifier's key.
func (k idKind) String() string {
	switch k {
	case byID:
		return "id"
	case byEmail:
		return "email"
	case byPhone:
		return "phone"
	case byCioID:
		return "cio_id"
	case byAnonymous:
		return "anonymous_id"
	default:
		return ""
	}
}

// idKindOf returns the kind of a key, noID if it is none.
func idKindOf(key []byte) idKind {
	switch string(key) {
	case "id":
		return byID
	case "email":
		return byEmail
	case "phone":
		return byPhone
	case "cio_id":
		return byCioID
	case "anonymous_id":
		return byAnonymous
	default:
		return noID
	}
}

// ident names a person or, by anonymous id, somebody who is not one yet.
type ident struct {
	kind  idKind
	value []byte
}

// guess returns what a path value of v1 names: by cio_ the cio_id, by shape the email, else the id.
func guess(value []byte, set *Settings) ident {
	if rest, ok := bytes.CutPrefix(value, []byte("cio_")); ok && isAlphanumeric(rest) {
		return ident{byCioID, rest}
	}
	if !set.NoEmail && isEmail(value) {
		return ident{byEmail, value}
	}
	return ident{byID, value}
}

// isEmail reports whether s is an address by RFC 5322 and nothing else, with a dot in its domain.
func isEmail(s []byte) bool {
	at := bytes.LastIndexByte(s, '@')
	if at < 1 || bytes.IndexByte(s[at:], '.') < 0 || bytes.ContainsAny(s, "<>\"(), \t\r\n") {
		return false
	}
	a, err := mail.ParseAddress(string(s))
	return err == nil && a.Address == string(s)
}

// isPhone reports whether s is in E.164 format.
func isPhone(s []byte) bool {
	if len(s) < 3 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return false
	}
	return isDigits(s[1:])
}

func isDigits(s []byte) bool {
	for _, c := range s {
		if c-'0' > 9 {
			return false
		}
	}
	return len(s) > 0
}

func isAlphanumeric(s []byte) bool {
	for _, c := range s {
		if c-'0' > 9 && (c|0x20)-'a' > 25 {
			return false
		}
	}
	return len(s) > 0
}

// ulid decodes the 26 characters of a ULID, in Crockford's base32, into its 128 bits.
func ulid(s []byte) (id [16]byte, ok bool) {
	if len(s) != 26 || s[0] < '0' || s[0] > '7' {
		return id, false
	}
	// 26 characters of 5 bits are 130; the first two are zero.
	var acc uint32
	bits, n := -2, 0
	for _, c := range s {
		v := crockford(c)
		if v > 31 {
			return id, false
		}
		acc = acc<<5 | uint32(v)
		bits += 5
		if bits >= 8 {
			bits -= 8
			id[n] = byte(acc >> bits)
			n++
		}
	}
	return id, true
}

// crockford returns the value of a digit, more than 31 if it is none. Lower case is taken too.
func crockford(c byte) byte {
	if c-'0' <= 9 {
		return c - '0'
	}
	c |= 0x20
	switch {
	case c >= 'a' && c <= 'h':
		return c - 'a' + 10
	case c == 'j' || c == 'k':
		return c - 'j' + 18
	case c == 'm' || c == 'n':
		return c - 'm' + 20
	case c >= 'p' && c <= 't':
		return c - 'p' + 22
	case c >= 'v' && c <= 'z':
		return c - 'v' + 27
	default:
		return 255
	}
}
