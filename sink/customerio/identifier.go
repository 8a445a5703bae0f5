package customerio

import "bytes"

// IdentifierKind says by what a person is named.
type IdentifierKind uint8

// The kinds of identifiers.
const (
	ByID IdentifierKind = iota
	ByEmail
	ByCioID
	// ByAnonymousID names a visitor. It is for events, pages and screens, and for the relations of an
	// object, see [ObjectIdentifyAnonymous].
	ByAnonymousID
)

// Name returns the kind's name in the identifiers of an item.
func (k IdentifierKind) Name() string {
	switch k {
	case ByEmail:
		return "email"
	case ByCioID:
		return "cio_id"
	case ByAnonymousID:
		return "anonymous_id"
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
	if rest, ok := bytes.CutPrefix(id, []byte("cio_")); ok && IsCioID(rest) {
		return Identifier{Kind: ByCioID, Value: rest}
	}
	if emails && IsEmail(id) {
		return Identifier{Kind: ByEmail, Value: id}
	}
	return Identifier{Kind: ByID, Value: id}
}

// IsEmail reports whether s has the shape of an e-mail address: the addr-spec of RFC 5322 section
// 3.4.1, with dot-atoms on both sides and a dot in the domain. Quoted texts and domain literals do
// not count: they make odd ids far more often than addresses.
func IsEmail(s []byte) bool {
	local, domain, ok := bytes.Cut(s, []byte("@"))
	return ok && isDotAtom(local) && isDotAtom(domain) && bytes.IndexByte(domain, '.') > 0
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

// IsCioID reports whether s has the shape of a cio_id without its prefix: letters and digits.
func IsCioID(s []byte) bool {
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
