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
	items := []ast.Node{node}
	if seq, ok := node.(*ast.SequenceNode); ok {
		items = seq.Values
	}
	list := reflect.MakeSlice(f.value.Type(), 0, len(items))
	for i, item := range items {
		key := join(key, strconv.Itoa(i))
		r.nodes[key] = item
		text, ok := r.scalar(item, key)
		if !ok {
			continue
		}
		for _, part := range f.split(text) {
			one := reflect.New(list.Type().Elem()).Elem()
			if r.put(item, key, one, part) {
				list = reflect.Append(list, one)
			}
		}
	}
	f.value.Set(list)
}

// split returns the items that the text of one holds.
func (f *field) split(text string) []string {
	if !f.commas {
		return []string{text}
	}
	var parts []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
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
		r.nodes[key] = begin(item)
		r.object(item, key, list.Index(i))
	}
	into.Set(list)
}

// pairs reads names with a text each.
func (r *reader) pairs(node ast.Node, key string, into reflect.Value) {
	pairs, ok := pairsOf(node)
	if !ok {
		r.at(node, key, "write names with a text each, such as {name: text}")
		return
	}
	var list Pairs
	seen := map[string]bool{}
	for _, pair := range pairs {
		name := pair.Key.GetToken().Value
		key := join(key, name)
		r.open[placeOf(pair.Key)], r.open[placeOf(pair.Value)] = true, true
		if seen[name] {
			r.at(pair.Key, key, "stands here a second time: remove one")
			continue
		}
		seen[name] = true
		r.nodes[key] = pair.Value
		one := shape.Pair{Name: name}
		r.one(pair.Value, key, reflect.ValueOf(&one.Value).Elem())
		list = append(list, one)
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

// begin is the node that a node begins with: a group's own place is that of a colon.
func begin(node ast.Node) ast.Node { //nolint:ireturn // the tree has no other type
	if pairs, ok := pairsOf(node); ok && len(pairs) > 0 {
		return pairs[0].Key
	}
	return node
}
