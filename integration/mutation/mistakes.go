package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// instead returns the operators that stand for a mistake with op.
func instead(op token.Token) []token.Token {
	return map[token.Token][]token.Token{
		token.LSS: {token.LEQ, token.GEQ}, token.LEQ: {token.LSS, token.GTR},
		token.GTR: {token.GEQ, token.LEQ}, token.GEQ: {token.GTR, token.LSS},
		token.EQL: {token.NEQ}, token.NEQ: {token.EQL},
		token.LAND: {token.LOR}, token.LOR: {token.LAND},
		token.ADD: {token.SUB}, token.SUB: {token.ADD}, token.MUL: {token.QUO}, token.QUO: {token.MUL}, token.REM: {token.MUL},
		token.AND: {token.OR}, token.OR: {token.AND}, token.SHL: {token.SHR}, token.SHR: {token.SHL},
		token.ADD_ASSIGN: {token.SUB_ASSIGN}, token.SUB_ASSIGN: {token.ADD_ASSIGN},
		token.MUL_ASSIGN: {token.QUO_ASSIGN}, token.QUO_ASSIGN: {token.MUL_ASSIGN}, token.OR_ASSIGN: {token.AND_ASSIGN},
		token.INC: {token.DEC}, token.DEC: {token.INC},
	}[op]
}

// body makes the mistakes of a function.
func (p *planter) body(typ *ast.FuncType, body *ast.BlockStmt) {
	var results []types.Type
	if typ.Results != nil {
		for _, f := range typ.Results.List {
			for range max(1, len(f.Names)) {
				results = append(results, p.info.Types[f.Type].Type)
			}
		}
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			p.body(n.Type, n.Body)
			return false
		case *ast.BlockStmt:
			p.statements(n.List)
		case *ast.CaseClause:
			p.statements(n.Body)
		case *ast.CommClause:
			p.statements(n.Body)
		case *ast.ReturnStmt:
			p.returned(n, results)
		case *ast.IfStmt:
			p.condition(n.Cond)
		case *ast.ForStmt:
			p.condition(n.Cond)
		case *ast.SwitchStmt:
			if n.Tag == nil {
				p.cases(n.Body.List)
			}
		case *ast.BinaryExpr:
			p.binary(n)
		}
		return true
	})
}

// statements leaves each statement out, and counts the wrong way.
func (p *planter) statements(list []ast.Stmt) {
	for _, s := range list {
		if !removable(s, p.written(s)) {
			continue
		}
		var before strings.Builder
		tok, at := operator(s)
		for _, other := range instead(tok) {
			wrong := p.text[p.at(s.Pos()):p.at(at)] + other.String() + p.text[p.at(at)+len(tok.String()):p.at(s.End())]
			fmt.Fprintf(&before, "if %s { %s } else ", p.add(s, p.written(s)+" → "+other.String()), wrong)
		}
		p.around(s, before.String()+"if !"+p.add(s, p.written(s)+" → nothing")+" { ", " }")
	}
}

// removable tells whether the program can be built without a statement. Locks and lines of the log are no
// decisions.
func removable(s ast.Stmt, text string) bool {
	switch s := s.(type) {
	case *ast.AssignStmt:
		return s.Tok != token.DEFINE
	case *ast.BranchStmt:
		return s.Tok != token.FALLTHROUGH
	case *ast.IncDecStmt, *ast.ExprStmt, *ast.DeferStmt, *ast.GoStmt, *ast.SendStmt:
		return !strings.Contains(text, "ock()") && !strings.Contains(text, ".log.")
	default:
		return false
	}
}

// operator is that of a statement which changes a variable.
func operator(s ast.Stmt) (token.Token, token.Pos) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		return s.Tok, s.TokPos
	case *ast.IncDecStmt:
		return s.Tok, s.TokPos
	default:
		return token.ILLEGAL, token.NoPos
	}
}

// returned returns zero instead of each result, or the other truth.
func (p *planter) returned(s *ast.ReturnStmt, results []types.Type) {
	if len(s.Results) != len(results) {
		return // nothing, or the results of one call
	}
	var before strings.Builder
	for i, e := range s.Results {
		w := p.result(e, results[i])
		if w.text == "" {
			continue
		}
		texts := make([]string, len(results))
		for j, other := range s.Results {
			texts[j] = p.written(other)
		}
		texts[i] = w.text
		fmt.Fprintf(&before, "if %s { return %s }; ", p.add(s, p.written(s)+" → "+strings.Repeat("_, ", i)+w.name), strings.Join(texts, ", "))
	}
	p.around(s, before.String(), "")
}

// result is a wrong result; none for a truth that binary sees to, nor for what is zero anyway.
func (p *planter) result(e ast.Expr, t types.Type) wrong {
	if isBool(t) {
		if _, two := ast.Unparen(e).(*ast.BinaryExpr); two {
			return wrong{}
		}
		return wrong{"not", not(p.written(e))}
	}
	if name, known := p.typeOf(p.file, t); known && !p.isZero(e) {
		return wrong{"zero", "*new(" + name + ")"}
	}
	return wrong{}
}

func isBool(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsBoolean != 0
}

func not(text string) string {
	switch text {
	case "true":
		return "false"
	case "false":
		return "true"
	default:
		return "!(" + text + ")"
	}
}

// isZero tells whether an expression is the zero of its type by its looks.
func (p *planter) isZero(e ast.Expr) bool {
	if list, ok := e.(*ast.CompositeLit); ok {
		return len(list.Elts) == 0
	}
	t := p.info.Types[e]
	return t.IsNil() || t.Value != nil && slices.Contains([]string{"0", `""`}, t.Value.ExactString()) ||
		t.Value != nil && t.Value.Kind() == constant.Bool
}

// condition turns a condition round that is no comparison.
func (p *planter) condition(e ast.Expr) {
	if e == nil || p.info.Types[e].Value != nil {
		return
	}
	if _, two := ast.Unparen(e).(*ast.BinaryExpr); !two { // binary sees to those
		p.choose(e, []wrong{{"not", not(p.written(e))}})
	}
}

func (p *planter) cases(list []ast.Stmt) {
	for _, c := range list {
		for _, e := range c.(*ast.CaseClause).List {
			p.condition(e)
		}
	}
}

// binary takes other operators.
func (p *planter) binary(e *ast.BinaryExpr) {
	if p.info.Types[e].Value != nil {
		return
	}
	t := p.info.Types[e].Type.Underlying()
	if b, ok := t.(*types.Basic); ok && b.Info()&types.IsString != 0 {
		return
	}
	var list []wrong
	for _, other := range instead(e.Op) {
		list = append(list, wrong{other.String(), "(" + p.written(e.X) + ") " + other.String() + " (" + p.written(e.Y) + ")"})
	}
	p.choose(e, list)
	if e.Op == token.LAND || e.Op == token.LOR {
		p.condition(e.X)
		p.condition(e.Y)
	}
}

// wrong is an expression in the place of another, and what it is called.
type wrong struct{ name, text string }

// choose puts wrong expressions in the place of one.
func (p *planter) choose(e ast.Expr, list []wrong) {
	typ, known := p.typeOf(p.file, types.Default(p.info.Types[e].Type))
	if !known || len(list) == 0 {
		return
	}
	var before strings.Builder
	for _, w := range list {
		fmt.Fprintf(&before, "if %s { return %s }; ", p.add(e, p.written(e)+" → "+w.name), w.text)
	}
	p.around(e, "func() "+typ+" { "+before.String()+"return ", " }()")
}
