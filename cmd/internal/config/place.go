package config

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// place is a line and a column of the file, from 1; the zero place is none.
type place struct{ line, column int }

func placeOf(node ast.Node) place {
	at := node.GetToken().Position
	return place{max(1, at.Line), max(1, at.Column)}
}

// nearest returns the place of a key, or of the group around it that stands in the file.
func (r *reader) nearest(key string) place {
	for {
		if at, ok := r.places[key]; ok {
			return at
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
func (r *reader) say(key, text string) {
	for _, p := range r.problems {
		if p.Key == key || strings.HasPrefix(p.Key, key+".") || strings.HasPrefix(key, p.Key+".") {
			return
		}
	}
	r.problem(r.nearest(key), key, text)
}

func (r *reader) problem(at place, key, text string) {
	p := Problem{File: r.file, Line: at.line, Column: at.column, Key: key, Text: text}
	if at.line > 0 && at.line <= len(r.lines) {
		p.Source, p.Caret = r.masks.excerpt(r.lines[at.line-1], at.line, at.column)
	}
	r.problems = append(r.problems, p)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
