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
	text     string
	lines    []string
	folder   string
	env      func(string) (string, bool)
	known    map[string]bool // the names of all keys
	masks    *masks
	places   map[string]place // of dotted keys that stand in the file: groups at the key, others at the value
	problems Problems
}

func valueOf(c *Config) reflect.Value { return reflect.ValueOf(c).Elem() }

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
			r.unknown(pair.Key, path, name, names(into))
		case seen[name]:
			r.at(pair.Key, key, "stands here a second time: remove one")
		case field.isGroup():
			r.places[key] = placeOf(pair.Key)
			r.object(pair.Value, key, field.value)
		default:
			r.places[key] = placeOf(pair.Value)
			r.value(pair.Value, key, field.value)
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

func (r *reader) unknown(node ast.Node, path, name string, known []string) {
	text := "there is no such key here: the keys are " + strings.Join(known, ", ")
	if meant := suggest(name, known); meant != "" {
		text = "there is no such key: did you mean " + meant + "?"
	}
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != "" {
		name = hidden // no name: a bracket or quote too many has made a key of what may be a secret
	}
	r.at(node, join(path, name), text)
}

// absent tells the needed keys that a struct lacks.
func (r *reader) absent(key string, f field) {
	switch {
	case f.need:
		r.problem(r.nearest(key), key, "is missing and has no default: see docs/configuration.md")
	case f.isGroup():
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
	if isSecret(into) && text == "" {
		r.at(node, key, "is empty: write ${NAME} and set that variable, or ${file:path} and fill that file")
		return
	}
	if err := set(into, text); err != nil {
		r.at(node, key, shown(node, text)+" will not do: "+err.Error())
	}
}

// shown is a value as a message may tell it. What came from the environment or a file is not told: a
// secret may have been put under the wrong key.
func shown(node ast.Node, text string) string {
	if written := node.GetToken().Value; strings.Contains(written, "${") {
		return "what " + written + " stands for"
	}
	return strconv.Quote(text)
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
