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
	known    map[string]bool     // the names of all keys
	nodes    map[string]ast.Node // of dotted keys that stand in the file: a group's is the key, another's the value
	open     map[place]bool      // where names that anyone may choose and expressions stand: they are shown
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
			r.nodes[key] = pair.Key
			r.object(pair.Value, key, field.value)
		default:
			r.nodes[key] = pair.Value
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

func (r *reader) unknown(node ast.Node, path, name string, known []string) {
	text := "there is no such key here: the keys are " + strings.Join(known, ", ")
	if meant := suggest(name, known); meant != "" {
		text = "there is no such key: did you mean " + meant + "?"
	}
	if now := successor(valueOf(Defaults()), "", join(path, name)); now != "" {
		text = "there is no such key any more: write " + now
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

// one reads a scalar into a field.
func (r *reader) one(node ast.Node, key string, into reflect.Value) {
	if into.Type() == reflect.TypeFor[Expression]() {
		r.open[placeOf(node)] = true
	}
	text, ok := r.scalar(node, key)
	switch {
	case !ok:
	case isSecret(into) && text == "":
		r.at(node, key, "is empty: write ${NAME} and set that variable, or ${file:path} and fill that file")
	default:
		r.put(node, key, into, text)
	}
}

// put puts the text of a scalar into a field, or tells why that will not do.
func (r *reader) put(node ast.Node, key string, into reflect.Value, text string) bool {
	err := set(into, text)
	if err != nil {
		r.at(node, key, shown(node, text)+" will not do: "+err.Error())
	}
	return err == nil
}

// shown is a value as a message may tell it. What came from the environment or a file is not told: a
// secret may have been put under the wrong key.
func shown(node ast.Node, text string) string {
	if written := written(node); strings.Contains(written, "${") {
		return "what " + strings.TrimSpace(written) + " stands for"
	}
	return strconv.Quote(text)
}

// written is the text of a scalar as it stands in the file, without quotes and indentation.
func written(node ast.Node) string {
	if block, ok := node.(*ast.LiteralNode); ok {
		return block.Value.Value
	}
	return node.GetToken().Value
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
