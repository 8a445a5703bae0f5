package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/pintle-io/pintle/processor/transform/option"
)

// tell tells the faults that the mapping finds in its options.
func (r *reader) tell(err error) {
	if several, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err); ok {
		for _, one := range several.Unwrap() {
			r.tell(one)
		}
		return
	}
	fault, ok := errors.AsType[*option.Error](err)
	if !ok {
		r.say("mapping", err.Error())
		return
	}
	at, exact := r.inside(fault)
	switch {
	case r.filledIn(fault.Key): // the text may quote what nobody is to see
		r.say(fault.Key, "what the variable in it stands for makes no sense here: docs/configuration.md says what may")
	case fault.Line == 0:
		r.say(fault.Key, fault.Text)
	case exact:
		r.sayAt(at, fault.Key, fault.Text)
	default:
		r.say(fault.Key, fmt.Sprintf("at line %d, column %d of the expression: %s", fault.Line, fault.Column, fault.Text))
	}
}

// filledIn tells whether a key, or one of its list, is written with a variable.
func (r *reader) filledIn(key string) bool {
	for at, node := range r.nodes {
		if (at == key || strings.HasPrefix(at, key+".")) && strings.Contains(written(node), "${") {
			return true
		}
	}
	return false
}

// inside returns the place in the file of a place in an expression, and whether there is one: behind an
// escape or a folded line nobody can tell.
func (r *reader) inside(fault *option.Error) (place, bool) {
	if fault.Line < 1 || fault.Column < 1 {
		return place{}, false
	}
	switch node := r.nodes[fault.Key].(type) {
	case *ast.LiteralNode:
		return r.inBlock(node, fault.Line, fault.Column)
	case ast.ScalarNode:
		return r.inLine(node, fault.Line, fault.Column)
	default:
		return place{}, false
	}
}

// inLine looks at the line in which a text begins, bare or in quotes: as far as the text stands there
// as it is, places are what they seem.
func (r *reader) inLine(node ast.Node, line, column int) (place, bool) {
	text, at := []rune(node.GetToken().Value), placeOf(node)
	if line > 1 || column > len(text)+1 {
		return place{}, false
	}
	escapes, quoted := map[token.Type]string{token.SingleQuoteType: "'", token.DoubleQuoteType: `\`}[node.GetToken().Type]
	if quoted {
		at.column++
	}
	if strings.ContainsAny(string(text[:column-1]), escapes) || !strings.HasPrefix(r.behind(at), string(text[:min(column, len(text))])) {
		return place{}, false
	}
	at.column += column - 1
	return at, true
}

// behind returns what stands at a place and behind it in its line.
func (r *reader) behind(at place) string {
	if at.line > len(r.lines) {
		return ""
	}
	line := []rune(r.lines[at.line-1])
	return string(line[min(at.column-1, len(line)):])
}

// inBlock looks at a line of a literal block, which is indented, and otherwise as it is.
func (r *reader) inBlock(node *ast.LiteralNode, line, column int) (place, bool) {
	text := strings.Split(node.Value.Value, "\n")
	at := place{line: node.GetToken().Position.Line + line}
	if node.GetToken().Type != token.LiteralType || line > len(text) || at.line > len(r.lines) {
		return place{}, false
	}
	indent, ok := strings.CutSuffix(r.lines[at.line-1], text[line-1])
	at.column = len(indent) + column
	return at, ok && strings.Trim(indent, " ") == ""
}
