package expression

import (
	"errors"
	"fmt"

	"github.com/expr-lang/expr/file"
)

// Error says why a text is no expression.
type Error struct {
	// Line and Column are the place in the text, in characters, from 1.
	Line, Column int
	// Text says what is wrong there and what to write.
	Text string
}

// Error returns the whole in one line.
func (e *Error) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Text)
}

// RunError says why an expression has no result on an event. It holds no value of the event.
type RunError struct {
	// Line and Column are the place in the expression, in characters, from 1.
	Line, Column int
	// Text says what is wrong there and what to do.
	Text string
}

// Error returns the whole as one sentence.
func (e *RunError) Error() string {
	return fmt.Sprintf("the expression fails on this event at line %d, column %d: %s", e.Line, e.Column, e.Text)
}

// The reasons of a RunError. They stand in for the machine's own words, which may quote the event.
const (
	whyOperand = "an operand has another type than it needs, or is missing; guard it, for example with (properties.price ?? 0) or context.page?.url"
	whyNotBool = "the result is neither true nor false; compare it with something, for example properties.vip == true"
	whyNotJSON = "a result is not a number, a text or another value that JSON knows; convert it, for example with string(…)"
	whyLong    = "the JSON of a value is longer than 64 KiB; take a part of it"
	whyWork    = "it would take more work or memory than an expression may; look at fewer or shorter values"
	whyEvent   = "the event is larger than expressions read, 256 KiB or 10,000 values; look at a smaller part of it"
)

// failure makes a RunError of what the machine says: its place, and none of its words.
func failure(err error) error {
	f := &RunError{Line: 1, Column: 1, Text: whyOperand}
	at, ok := errors.AsType[*file.Error](err)
	if !ok {
		return f
	}
	if at.Line > 0 {
		f.Line, f.Column = at.Line, at.Column+1
	}
	if ours, ok := errors.AsType[*RunError](at.Prev); ok {
		f.Text = ours.Text
	} else if at.Message == "memory budget exceeded" {
		f.Text = whyWork
	}
	return f
}
