package expression

import (
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/pintle-io/pintle/schema"
)

// path is the way to a member: the name of a part of the event, and from there names and places.
type path []step

// step is the name of a member, or the place of an element from 0.
type step struct {
	name  string
	index int
	list  bool
}

// pathOf returns the path that an expression is, nil when it is anything else. The attributes as a
// whole are none: they may stand in two places.
func pathOf(node ast.Node) path {
	steps := walk(node)
	if len(steps) == 1 && steps[0].name == "attributes" {
		return nil
	}
	return steps
}

func walk(node ast.Node) path {
	switch n := node.(type) {
	case *ast.ChainNode:
		return walk(n.Node)
	case *ast.IdentifierNode:
		if !slices.Contains(names(), n.Value) {
			return nil
		}
		return path{{name: n.Value}}
	case *ast.MemberNode:
		steps := walk(n.Node)
		if steps == nil {
			return nil
		}
		switch property := n.Property.(type) {
		case *ast.StringNode:
			return append(steps, step{name: property.Value})
		case *ast.IntegerNode:
			return append(steps, step{index: property.Value, list: true})
		}
	}
	return nil
}

// find returns the value at the end of the path; nil when the path leads nowhere in this event.
func (p path) find(ev *schema.Event) schema.Value {
	root := p[0].name
	if !isObject(root) {
		return p[1:].from(part(ev, root))
	}
	// What comes later lies over what came before: the last that has the first name is the one.
	for _, v := range slices.Backward(objects(ev, root)) {
		switch {
		case v.Kind() != schema.Object:
		case len(p) == 1:
			return v
		default:
			if found := p[1:2].from(v); found != nil {
				return p[2:].from(found)
			}
		}
	}
	return nil
}

// from follows the steps from a value on.
func (p path) from(v schema.Value) schema.Value {
	for _, s := range p {
		if !s.list {
			v = v.Member(s.name)
			continue
		}
		v = element(v, s.index)
	}
	return v
}

// element returns one element of a list, nil when it has none there.
func element(v schema.Value, index int) schema.Value {
	for e := v.Elements(); e.Next(); index-- {
		if index == 0 {
			return e.Value
		}
	}
	return nil
}
