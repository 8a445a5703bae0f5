package canary

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Spelling is a way to write a text down.
type Spelling struct {
	Name string
	// Write writes it as it would stand within something longer.
	Write func(text string) string
	// parts are the texts of which one must occur where it was written down. Nil: what Write returns.
	parts func(text string) []string
	// exact says that the case of letters counts.
	exact bool
}

// Spellings are all that are searched for. What leaves letters and digits as they are, such as JSON, URLs
// and Go's %q, is the first of them.
func Spellings() []Spelling {
	list := []Spelling{
		{Name: "as it is", Write: strings.Clone},
		{Name: "upper case", Write: strings.ToUpper},
		{Name: "backwards", Write: backwards},
		{Name: "spaced out", Write: between(" ")},
		{Name: "UTF-16", Write: between("\x00")},
		{Name: "JSON escapes", Write: each(`\u%04x`)},
		{Name: "URL escapes", Write: each("%%%02x")},
		{Name: "Go and C escapes", Write: each(`\x%02x`)},
		{Name: "octal escapes", Write: each(`\%03o`)},
		{Name: "HTML entities", Write: each("&#%d;")},
		{Name: "hexadecimal HTML entities", Write: each("&#x%x;")},
		{Name: "hexadecimal", Write: func(s string) string { return hex.EncodeToString([]byte(s)) }},
		{Name: "hexadecimal bytes", Write: joined("%02x", " ")},
		{Name: "hexadecimal bytes of Go", Write: joined("0x%x", ", ")},
		{Name: "two-digit hexadecimal bytes of Go", Write: joined("0x%02x", ", ")},
		{Name: "bytes as fmt prints them", Write: joined("%d", " ")},
		{Name: "bytes as JSON prints them", Write: joined("%d", ",")},
		{Name: "bytes with commas and blanks", Write: joined("%d", ", ")},
	}
	for _, by := range []struct {
		name  string
		write func(string) string
		most  int // bytes that go into one group
	}{
		{"base64", func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) }, 3},
		{"base64 of URLs", func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }, 3},
		{"base32", func(s string) string {
			return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(s))
		}, 5},
	} {
		for _, upper := range []bool{false, true} {
			name := by.name
			if upper {
				name += " of upper case"
			}
			turn := func(s string) string {
				if upper {
					return strings.ToUpper(s)
				}
				return s
			}
			list = append(list, Spelling{
				Name: name, exact: true,
				Write: func(s string) string { return by.write(turn(s)) },
				parts: func(s string) []string { return aligned(by.write, turn(s), by.most) },
			})
		}
	}
	return list
}

// texts are what to look for.
func (s *Spelling) texts(piece string) []string {
	if s.parts != nil {
		return s.parts(piece)
	}
	return []string{strings.ToLower(s.Write(piece))}
}

// aligned are the texts of which one stands in a longer text, whatever is before and after the piece: of
// each place in a group of bytes, the characters that depend on the piece alone.
func aligned(write func(string) string, piece string, group int) (list []string) {
	bits := 8 * group / len(write(strings.Repeat("x", group))) // in a character
	for before := range group {
		all := write(strings.Repeat("\x00", before) + piece)
		from, to := (8*before+bits-1)/bits, 8*(before+len(piece))/bits
		list = append(list, all[from:to])
	}
	return list
}

func backwards(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}

func between(separator string) func(string) string {
	return func(s string) string { return strings.Join(strings.Split(s, ""), separator) }
}

func each(form string) func(string) string { return joined(form, "") }

func joined(form, separator string) func(string) string {
	return func(s string) string {
		list := make([]string, len(s))
		for i := range len(s) {
			list[i] = fmt.Sprintf(form, s[i])
		}
		return strings.Join(list, separator)
	}
}
