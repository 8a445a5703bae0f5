package customerio

import "bytes"

// IdentifierKind says by what a person is named.
type IdentifierKind uint8

// The kinds of identifiers.
const (
	ByID IdentifierKind = iota
	ByEmail
	ByCioID
)

// key returns the kind's name in the identifiers of an item.
func (k IdentifierKind) key() string {
	switch k {
	case ByEmail:
		return "email"
	case ByCioID:
		return "cio_id"
	default:
		return "id"
	}
}

// Identifier names a person. Value is its text, in UTF-8 and without the cio_ prefix.
type Identifier struct {
	Kind  IdentifierKind
	Value []byte
}

// Identify returns the identifier that a user id stands for, by the rule that Customer.io applies to
// the paths of its v1 endpoints: cio_ and letters and digits is the cio_id, the shape of an e-mail
// address is the email (only when emails says that the workspace identifies people by it), all else
// is the id. The v2 endpoints do not guess: the same id sent under another kind is another person.
func Identify(id []byte, emails bool) Identifier {
	if rest, ok := bytes.CutPrefix(id, []byte("cio_")); ok && isAlphanumeric(rest) {
		return Identifier{Kind: ByCioID, Value: rest}
	}
	if emails && IsEmail(id) {
		return Identifier{Kind: ByEmail, Value: id}
	}
	return Identifier{Kind: ByID, Value: id}
}

// IsEmail reports whether s has the shape of an e-mail address: a dot-atom of RFC 5322 section
// 3.2.3, one @, and a host name with a dot. It is strict on purpose: an identifier that Customer.io
// does not take for an address is refused as email, but never as id.
func IsEmail(s []byte) bool {
	at := bytes.IndexByte(s, '@')
	if at < 1 || at > 64 || len(s) > 254 {
		return false
	}
	return isDotAtom(s[:at]) && isHostname(s[at+1:])
}

func isDotAtom(s []byte) bool {
	last := byte('.')
	for _, c := range s {
		if c == '.' && last == '.' || c != '.' && !isAtext(c) {
			return false
		}
		last = c
	}
	return last != '.'
}

func isAtext(c byte) bool {
	return isLetterOrDigit(c) || c >= 0x80 || bytes.IndexByte([]byte("!#$%&'*+-/=?^_`{|}~"), c) >= 0
}

// isHostname reports whether s is two labels or more, none of which starts or ends with a hyphen.
func isHostname(s []byte) bool {
	last, dots := byte('.'), 0
	for _, c := range s {
		switch {
		case c == '.':
			if last == '.' || last == '-' {
				return false
			}
			dots++
		case c == '-':
			if last == '.' {
				return false
			}
		case !isLetterOrDigit(c) && c < 0x80:
			return false
		}
		last = c
	}
	return dots > 0 && last != '.' && last != '-'
}

func isAlphanumeric(s []byte) bool {
	for _, c := range s {
		if !isLetterOrDigit(c) {
			return false
		}
	}
	return len(s) > 0
}

func isLetterOrDigit(c byte) bool {
	return c-'0' <= 9 || (c|0x20)-'a' <= 25
}
