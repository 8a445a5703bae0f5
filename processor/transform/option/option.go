// Package option tells an option that makes no sense, where, and what was probably meant.
package option

import "fmt"

// Error is an option that cannot be meant.
type Error struct {
	// Key is the dotted key of the configuration, with the number of a list's element from 0:
	// shaping.rules.1.set.total.
	Key string
	// Line and Column are a place within the option's text, from 1; 0: the option as a whole.
	Line, Column int
	// Text says what is wrong and what to write.
	Text string
}

// Error returns the whole in one line.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Key + ": " + e.Text
	}
	return fmt.Sprintf("%s: line %d, column %d: %s", e.Key, e.Line, e.Column, e.Text)
}

// Errorf returns an Error about an option as a whole.
func Errorf(key, format string, args ...any) error {
	return &Error{Key: key, Text: fmt.Sprintf(format, args...)}
}
