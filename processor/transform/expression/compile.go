package expression

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"github.com/pintle-io/pintle/processor/transform/option"
)

// Bounds of a text.
const (
	textBytes = 8 << 10
	textNodes = 1_000
)

// compile reads the text twice: as it was written, to check it, and with the bounds put in.
func compile(text string, yesno bool) (_ *Program, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &Error{Line: 1, Column: 1, Text: "this expression cannot be read; write it another way"}
		}
	}()
	switch {
	case strings.TrimSpace(text) == "":
		return nil, &Error{Line: 1, Column: 1, Text: "an expression is empty; write one, or remove the key"}
	case len(text) > textBytes:
		return nil, &Error{Line: 1, Column: 1, Text: fmt.Sprintf("the expression is %d bytes long; write at most %d", len(text), textBytes)}
	case !utf8.ValidString(text):
		return nil, &Error{Line: 1, Column: 1, Text: "the expression is not valid UTF-8; save the file as UTF-8"}
	}
	checked, err := expr.Compile(text, append(language(), expr.Optimize(false))...)
	if err != nil {
		return nil, told(err)
	}
	root := checked.Node()
	var r rules
	ast.Walk(&root, &r)
	switch {
	case r.broken != "":
		return nil, at(text, r.where, r.broken)
	case yesno && !mayBeBool(root.Type()):
		return nil, &Error{Line: 1, Column: 1, Text: "the result is " + kindOf(root.Type()) + "; it must be true or false, so compare it with something"}
	}
	machine, err := expr.Compile(text, append(language(), expr.Patch(bounds{}))...)
	if err != nil {
		return nil, told(err)
	}
	return &Program{machine: machine, needs: r.needs, path: pathOf(root)}, nil
}

// told makes an Error of the compiler's.
func told(err error) error {
	e := &Error{Line: 1, Column: 1}
	said, ok := errors.AsType[*file.Error](err)
	if !ok {
		e.Text = "this expression cannot be read; write it another way"
		return e
	}
	if said.Line > 0 {
		e.Line, e.Column = said.Line, said.Column+1
	}
	if name, ok := strings.CutPrefix(said.Message, "unknown name "); ok {
		e.Text = unknown(name)
		return e
	}
	if strings.Contains(said.Message, "exceeds maximum allowed nodes") {
		e.Text = fmt.Sprintf("the expression has more than %d parts; make it shorter", textNodes)
		return e
	}
	// Some of the compiler's messages end in a blank or quote the line, as ours do not.
	e.Text = strings.TrimSpace(said.Message) + "; the language is described at https://expr-lang.org/docs/language-definition"
	return e
}

// at returns an Error about a place of the text.
func at(text string, where file.Location, what string) error {
	place := (&file.Error{Location: where}).Bind(file.NewSource(text))
	return &Error{Line: place.Line, Column: place.Column + 1, Text: what}
}

// unknown says what to do about a name that nothing has.
func unknown(name string) string {
	if why, ok := removed(name); ok {
		return name + " is not available: " + why
	}
	if near := option.Nearest(name, append(names(), functions()...), len(name)/3); near != "" {
		return fmt.Sprintf("unknown name %s; did you mean %s?", name, near)
	}
	return fmt.Sprintf("unknown name %s; an event has %s", name, strings.Join(names(), ", "))
}

// removed tells why a function of expr-lang is not in the language.
func removed(name string) (why string, ok bool) {
	switch name {
	case "now":
		return "an event must give the same result whenever it is mapped; compare with timestamp or receivedAt", true
	case "timezone":
		return "a result must not depend on the machine's list of time zones; write the offset in the date", true
	case "keys", "values", "toPairs":
		return "an object has no order, and a result must not depend on one; name the members", true
	}
	return "", false
}

func mayBeBool(t reflect.Type) bool {
	return t.Kind() == reflect.Bool || t.Kind() == reflect.Interface
}

// kindOf names the type of a result.
func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Int, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map:
		return "an object"
	default:
		return "of another type"
	}
}
