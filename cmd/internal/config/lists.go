package config

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/pintle-io/pintle/processor/transform/shape"
)

// Pairs are names, which anyone may choose, with a text each, in the order of the file.
type Pairs []shape.Pair

// value reads what a field holds that is no group of keys.
func (r *reader) value(node ast.Node, key string, f field) {
	switch {
	case f.isPairs():
		r.pairs(node, key, f.value)
	case f.isGroups():
		r.groups(node, key, f.value)
	case f.value.Kind() == reflect.Slice:
		r.list(node, key, f)
	default:
		r.one(node, key, f.value)
	}
}

// list reads scalars. A single one is a list of one.
func (r *reader) list(node ast.Node, key string, f field) {
	list := reflect.MakeSlice(f.value.Type(), 0, 1)
	seq, ok := node.(*ast.SequenceNode)
	if !ok {
		f.value.Set(r.items(list, node, key, f.commas))
		return
	}
	for i, item := range seq.Values {
		key := join(key, strconv.Itoa(i))
		r.nodes[key] = item
		list = r.items(list, item, key, f.commas)
	}
	f.value.Set(list)
}

// items appends to a list what a scalar holds: one item, or what stands between commas.
func (r *reader) items(list reflect.Value, node ast.Node, key string, commas bool) reflect.Value {
	text, ok := r.scalar(node, key)
	if !ok {
		return list
	}
	parts := []string{text}
	if commas {
		parts = strings.FieldsFunc(text, func(c rune) bool { return c == ',' })
	}
	for _, part := range parts {
		if commas {
			part = strings.TrimSpace(part)
		}
		one := reflect.New(list.Type().Elem()).Elem()
		if r.put(node, key, one, part) {
			list = reflect.Append(list, one)
		}
	}
	return list
}

// groups reads a list of groups of keys.
func (r *reader) groups(node ast.Node, key string, into reflect.Value) {
	seq, ok := node.(*ast.SequenceNode)
	if !ok {
		r.at(node, key, "write a list, each entry after a hyphen, of groups of keys: "+strings.Join(names(reflect.New(into.Type().Elem()).Elem()), ", "))
		return
	}
	list := reflect.MakeSlice(into.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		key := join(key, strconv.Itoa(i))
		r.nodes[key] = item
		r.object(item, key, list.Index(i))
	}
	into.Set(list)
}

// pairs reads names with a text each.
func (r *reader) pairs(node ast.Node, path string, into reflect.Value) {
	pairs, ok := pairsOf(node)
	if !ok {
		r.at(node, path, "write names with a text each, such as {name: text}")
		return
	}
	var list Pairs
	seen := map[string]bool{}
	for _, pair := range pairs {
		name := pair.Key.GetToken().Value
		key := join(path, name)
		r.open[placeOf(pair.Key)], r.open[placeOf(pair.Value)] = true, true
		switch {
		case strings.TrimSpace(name) == "":
			r.at(pair.Key, path, "has an empty name: write one, or remove it")
		case seen[name]:
			r.at(pair.Key, key, "stands here a second time: remove one")
		default:
			r.nodes[key] = pair.Value
			one := shape.Pair{Name: name}
			r.one(pair.Value, key, reflect.ValueOf(&one.Value).Elem())
			list = append(list, one)
		}
		seen[name] = true
	}
	into.Set(reflect.ValueOf(list))
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
