package config

import (
	"encoding"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/pintle-io/pintle/sink/customerio"
)

// reader fills a Config from a YAML tree and gathers what is wrong with it.
type reader struct {
	file     string
	lines    []string
	folder   string
	env      func(string) (string, bool)
	problems Problems
}

func valueOf(c *Config) reflect.Value { return reflect.ValueOf(c).Elem() }

func splitLines(src []byte) []string { return strings.Split(string(src), "\n") }

// object reads a mapping into a struct.
func (r *reader) object(node ast.Node, path string, into reflect.Value) {
	if node.Type() == ast.NullType {
		r.missing(path, into)
		return
	}
	pairs, ok := pairsOf(node)
	if !ok {
		r.at(node, path, "write a group of keys: "+strings.Join(names(into), ", "))
		return
	}
	seen := map[string]bool{}
	for _, pair := range pairs {
		name := pair.Key.GetToken().Value
		key := join(path, name)
		field, known := fieldOf(into, name)
		switch {
		case !known:
			r.unknown(pair.Key, key, name, names(into))
		case seen[name]:
			r.at(pair.Key, key, "stands here a second time: remove one")
		case field.Kind() == reflect.Struct && !isText(field):
			r.object(pair.Value, key, field)
		default:
			r.value(pair.Value, key, field)
		}
		seen[name] = true
	}
	for _, f := range fields(into) {
		if !seen[f.name] {
			r.absent(join(path, f.name), f)
		}
	}
}

// pairsOf returns the pairs of a mapping, of which a single one is a node of its own kind.
func pairsOf(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	default:
		return nil, false
	}
}

func (r *reader) unknown(node ast.Node, key, name string, known []string) {
	text := "there is no such key here: the keys are " + strings.Join(known, ", ")
	if meant := suggest(name, known); meant != "" {
		text = "there is no such key: did you mean " + meant + "?"
	}
	at := node.GetToken().Position
	r.problem(at.Line, at.Column, key, text, true) // it may be a secret under a misspelled key
}

// absent tells the needed keys that a struct lacks.
func (r *reader) absent(key string, f field) {
	switch {
	case f.need:
		r.problem(0, 0, key, "is missing and has no default: see docs/configuration.md", false)
	case f.value.Kind() == reflect.Struct && !isText(f.value):
		r.missing(key, f.value)
	}
}

func (r *reader) missing(path string, into reflect.Value) {
	for _, f := range fields(into) {
		r.absent(join(path, f.name), f)
	}
}

// value reads a scalar or a list of them into a field.
func (r *reader) value(node ast.Node, key string, into reflect.Value) {
	if into.Kind() == reflect.Slice {
		r.list(node, key, into)
		return
	}
	text, ok := r.scalar(node, key)
	if !ok {
		return
	}
	if err := set(into, text); err != nil {
		shown := strconv.Quote(text) + " will not do: "
		if isSecret(into) {
			shown = ""
		}
		r.at(node, key, shown+err.Error())
	}
}

func (r *reader) list(node ast.Node, key string, into reflect.Value) {
	var items []ast.Node
	if seq, ok := node.(*ast.SequenceNode); ok {
		items = seq.Values
	} else {
		items = []ast.Node{node} // one value for a list of one; a variable may hold several
	}
	var list []string
	for _, item := range items {
		text, ok := r.scalar(item, key)
		if !ok {
			return
		}
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
	}
	into.Set(reflect.ValueOf(list))
}

// scalar returns the text of a scalar with its variables filled in.
func (r *reader) scalar(node ast.Node, key string) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return r.expand(node, key, n.Value)
	case *ast.LiteralNode:
		return r.expand(node, key, n.Value.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return node.GetToken().Value, true
	case *ast.NullNode:
		r.at(node, key, "has no value: write one, or remove the key for its default")
	default:
		r.at(node, key, "write one value")
	}
	return "", false
}

// set puts text into a field by its type.
func set(into reflect.Value, text string) error {
	if reader, ok := reflect.TypeAssert[encoding.TextUnmarshaler](into.Addr()); ok {
		return reader.UnmarshalText([]byte(text)) //nolint:wrapcheck // says what to write; its place is told beside it
	}
	switch into.Interface().(type) {
	case time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 {
			return errors.New("write a time such as 25ms or 10s")
		}
		into.SetInt(int64(d))
		return nil
	case bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return errors.New("write true or false")
		}
		into.SetBool(b)
		return nil
	case int:
		n, err := strconv.Atoi(text)
		if err != nil || n <= 0 {
			return errors.New("write a whole number from 1")
		}
		into.SetInt(int64(n))
		return nil
	default:
		if strings.TrimSpace(text) == "" {
			return errors.New("write something, or remove the key")
		}
		into.SetString(text)
		return nil
	}
}

func isText(v reflect.Value) bool {
	_, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr())
	return ok
}

func isSecret(v reflect.Value) bool {
	_, ok := reflect.TypeAssert[customerio.Secret](v)
	return ok
}

// at tells a fault at a node.
func (r *reader) at(node ast.Node, key, text string) {
	at := node.GetToken().Position
	r.problem(at.Line, at.Column, key, text, secretKey(key))
}

func (r *reader) problem(line, column int, key, text string, mask bool) {
	p := Problem{File: r.file, Line: line, Column: column, Key: key, Text: text}
	if line > 0 && line <= len(r.lines) {
		p.Source = strings.TrimRight(r.lines[line-1], "\r ")
		if mask || mayHoldSecret(p.Source) {
			p.Source = maskValue(p.Source)
		}
	}
	r.problems = append(r.problems, p)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
