package schema

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// DecodeError says why and where a value is not an event. It quotes at most one character of the
// value, so it may stand in logs.
type DecodeError struct {
	// Offset is the position in the value, in bytes from 0, at which reading stopped.
	Offset int64
	// Expected is what would have been right there.
	Expected string
	// Found is what stood there.
	Found string
}

// Error returns the whole in one line: byte 1203: expected ',' or '}', found 'x'.
func (e *DecodeError) Error() string {
	return fmt.Sprintf("byte %d: expected %s, found %s", e.Offset, e.Expected, e.Found)
}

// describe names the character at the head of b.
func describe(b []byte) string {
	if len(b) == 0 {
		return "the end of the value"
	}
	r, n := utf8.DecodeRune(b)
	switch {
	case r == utf8.RuneError && n <= 1, r < ' ', r == 0x7f:
		return fmt.Sprintf("byte 0x%02x", b[0])
	default:
		return strconv.QuoteRune(r)
	}
}

// broke is the failure of a value that the scanner panics over.
func (s *scanner) broke(fault any) *DecodeError {
	return &DecodeError{
		Offset: int64(s.pos), Expected: "what this version can read",
		Found: "what it breaks down over: " + Breakdown(fault) + ". This is a fault of pintle: report the place",
	}
}
