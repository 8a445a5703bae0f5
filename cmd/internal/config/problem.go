package config

import (
	"fmt"
	"strings"
)

// Problem is one fault of a file.
type Problem struct {
	File         string
	Line, Column int    // from 1; 0: the fault has no place, something is missing
	Source       string // the line without secrets, comments and values of keys that do not exist
	Caret        int    // where Column is in Source
	Key          string // dotted; empty when the fault is not about a key
	Text         string // what is wrong and what to write
}

// String returns the fault in one line and, where it has a place, the line and a caret below it.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	if p.Key != "" {
		b.WriteString(p.Key + ": ")
	}
	b.WriteString(p.Text)
	if p.Line > 0 {
		number := fmt.Sprintf("%5d | ", p.Line)
		fmt.Fprintf(&b, "\n%s%s\n%s^", number, p.Source, strings.Repeat(" ", len(number)-2)+"| "+strings.Repeat(" ", max(0, p.Caret-1)))
	}
	return b.String()
}

// Problems are the faults of a file, by place. It is an error when there are any.
type Problems []Problem //nolint:errname // it is a list, and reads as one

// Error returns all faults, and how many there are.
func (p Problems) Error() string {
	var b strings.Builder
	for _, one := range p {
		b.WriteString(one.String() + "\n")
	}
	if len(p) == 1 {
		b.WriteString("1 error")
	} else {
		fmt.Fprintf(&b, "%d errors", len(p))
	}
	return b.String()
}
