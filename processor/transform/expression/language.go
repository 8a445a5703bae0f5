package expression

import (
	"slices"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
)

// names are the parts of an event that an expression sees: fields first, objects from properties on.
func names() []string {
	return []string{
		"type", "event", "name", "userId", "anonymousId", "previousId", "groupId", "channel", "messageId",
		"timestamp", "originalTimestamp", "sentAt", "receivedAt",
		"properties", "traits", "context", "integrations", "attributes",
	}
}

func isObject(name string) bool {
	switch name {
	case "properties", "traits", "context", "integrations", "attributes":
		return true
	}
	return false
}

// functions are the functions of the language, for suggestions.
func functions() []string {
	list := slices.Clone(builtin.Names)
	return slices.DeleteFunc(list, func(name string) bool {
		_, gone := removed(name)
		return gone
	})
}

// meterName and spendName are names that no expression can write.
const (
	meterName = " meter"
	spendName = " spend"
	pairsName = " pairs"
)

// language returns the compiler's options.
func language() []expr.Option {
	env := types.Map{meterName: types.Any}
	for _, name := range names() {
		env[name] = types.Any
		if isObject(name) {
			env[name] = types.TypeOf(map[string]any{})
		}
	}
	return []expr.Option{
		expr.Env(env),
		expr.MaxNodes(textNodes),
		func(c *conf.Config) {
			for _, name := range builtin.Names {
				if _, gone := removed(name); gone {
					c.Disabled[name] = true
				}
			}
			for _, f := range own() {
				c.Functions[f.Name] = f
			}
		},
	}
}

// rules is a walk over an expression that finds what expr-lang allows and we do not, and what parts
// of the event are read.
type rules struct {
	needs  []string
	broken string // the first rule that is broken, as a text to show
	where  file.Location
}

// Visit looks at one node.
func (r *rules) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		switch {
		case n.Value == "$env":
			r.breaks(n, "$env is not available: name the part of the event, for example properties")
		case slices.Contains(names(), n.Value) && !slices.Contains(r.needs, n.Value):
			r.needs = append(r.needs, n.Value)
		}
	case *ast.CallNode:
		r.call(n)
	case *ast.BinaryNode:
		if _, written := n.Right.(*ast.StringNode); n.Operator == "matches" && !written {
			r.breaks(n.Right, "the pattern of matches must be a text written out: one made of an event can take for ever")
		}
	}
}

// call lets functions be called by their names, and methods by theirs, save the one that depends on
// the machine. No other way leads to a method.
func (r *rules) call(n *ast.CallNode) {
	switch callee := n.Callee.(type) {
	case *ast.IdentifierNode:
		if slices.ContainsFunc(own(), func(f *builtin.Function) bool { return f.Name == callee.Value }) {
			return
		}
		r.breaks(n, callee.Value+" is no function here")
	case *ast.MemberNode:
		if name, written := callee.Property.(*ast.StringNode); !written || name.Value == "Local" {
			r.breaks(n, "Local is not available: a result must not depend on the machine's time zone; use UTC()")
		}
	}
}

func (r *rules) breaks(n ast.Node, what string) {
	if r.broken == "" {
		r.broken, r.where = what, n.Location()
	}
}

// bounds puts the meter into an expression: around what makes a text longer than those it is made
// of, or a list of one text, and around the body of every loop.
type bounds struct{}

// Visit looks at one node.
func (bounds) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.PredicateNode:
		n.Node = metered(spendName, n.Node)
	case *ast.BinaryNode:
		if n.Operator == "+" && !n.Nature().IsNumber() {
			*node = metered(spendName, n)
		}
	case *ast.CallNode:
		if _, function := n.Callee.(*ast.IdentifierNode); function {
			*node = metered(spendName, n)
		}
	case *ast.BuiltinNode:
		switch n.Name {
		case "upper", "lower", "split", "splitAfter", "toBase64", "fromBase64", "fromJSON":
			*node = metered(spendName, n)
		case "uniq":
			n.Arguments[0] = metered(pairsName, n.Arguments[0])
		}
	}
}

// metered returns a call of a function of the meter on a node, in that node's place.
func metered(function string, n ast.Node) *ast.CallNode {
	call := &ast.CallNode{
		Callee:    &ast.IdentifierNode{Value: function},
		Arguments: []ast.Node{&ast.IdentifierNode{Value: meterName}, n},
	}
	call.SetLocation(n.Location())
	return call
}
