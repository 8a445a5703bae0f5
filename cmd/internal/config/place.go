package config

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// place is a line and a column of the file, from 1; the zero place is none.
type place struct{ line, column int }

// placeOf is where a node begins. A group in block style has a colon for its token.
func placeOf(node ast.Node) place {
	switch n := node.(type) {
	case *ast.MappingValueNode:
		node = n.Key
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			node = n.Values[0].Key
		}
	}
	return placeOfToken(node.GetToken())
}

func placeOfToken(t *token.Token) place {
	return place{max(1, t.Position.Line), max(1, t.Position.Column)}
}

// nearest returns the place of a key, or of the group around it that stands in the file.
func (r *reader) nearest(key string) place {
	for {
		if node, ok := r.nodes[key]; ok {
			return placeOf(node)
		}
		i := strings.LastIndexByte(key, '.')
		if i < 0 {
			return place{}
		}
		key = key[:i]
	}
}

// at tells a fault at a node.
func (r *reader) at(node ast.Node, key, text string) { r.problem(placeOf(node), key, text) }

// say tells a fault of a key at its place. It says nothing of a key, or of a group with a key, that has
// a fault already: one may follow from the other.
func (r *reader) say(key, text string) { r.sayAt(r.nearest(key), key, text) }

func (r *reader) sayAt(at place, key, text string) {
	for _, p := range r.problems {
		if p.Key == key || strings.HasPrefix(p.Key, key+".") || strings.HasPrefix(key, p.Key+".") {
			return
		}
	}
	r.problem(at, key, text)
}

func (r *reader) problem(at place, key, text string) {
	r.problems = append(r.problems, Problem{File: r.file, Line: at.line, Column: at.column, Key: key, Text: text})
}

// quote puts the lines of the file to the faults: at the end, when it is known what is to be hidden.
func (r *reader) quote() {
	m := newMasks(r.text, r.known, r.open)
	for i := range r.problems {
		if p := &r.problems[i]; p.Line > 0 && p.Line <= len(r.lines) {
			p.Source, p.Caret = m.excerpt(r.lines[p.Line-1], p.Line, p.Column)
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
