package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
)

// selectStmt rewrites a select to a switch. The channels and the values to send are evaluated in
// the header of the switch, once and in the order of the source, as in a select:
//
//	switch explore__0, explore__1 := explore__.From(a), explore__.To(b).Case(x);
//		explore__.Select(false, explore__0, explore__1) {
//	case 0: v, ok := explore__0.Value2();
//	default:
//
// A switch, because break leaves it as it leaves a select, and because its clauses have a scope
// each.
//
// Without a default clause the last clause becomes the default: a select without one is a
// terminating statement, and a switch is one only with a default.
func (w *writer) selectStmt(n *ast.SelectStmt) {
	w.engine()
	clauses := n.Body.List
	if len(clauses) == 0 {
		w.replace(n.Pos(), n.End(), func() string { return "for { " + w.engine() + ".Forever() }" })
		return
	}
	hasDefault := false
	var comms []*ast.CommClause
	for _, s := range clauses {
		c := s.(*ast.CommClause)
		if c.Comm == nil {
			hasDefault = true
			continue
		}
		comms = append(comms, c)
		w.hide(c)
	}
	w.replace(n.Select, n.Body.Lbrace+1, func() string {
		return w.header(n.Select, comms, hasDefault)
	})
	for i, c := range comms {
		w.clause(c, i, !hasDefault && i == len(comms)-1)
	}
}

// hide keeps the communication of a clause from being rewritten on its own: the header has it.
func (w *writer) hide(c *ast.CommClause) {
	w.hidden[c.Comm] = true
	if u := received(c.Comm); u != nil {
		w.hidden[u] = true
	}
}

// received returns the receive of a clause, nil for a send. A receive may stand in parentheses.
func received(comm ast.Stmt) *ast.UnaryExpr {
	var e ast.Expr
	switch s := comm.(type) {
	case *ast.ExprStmt:
		e = s.X
	case *ast.AssignStmt:
		e = s.Rhs[0]
	default:
		return nil
	}
	u, _ := ast.Unparen(e).(*ast.UnaryExpr)
	return u
}

// header returns the text of the switch up to its brace. The expressions are rewritten in turn: a
// channel may come from a call that itself receives. A select with a default alone is a switch
// without a tag, whose default clause always runs. All channels are evaluated though one case is
// taken, because the language says so: “exactly once, in source order, upon entering the select
// statement”.
func (w *writer) header(at token.Pos, comms []*ast.CommClause, hasDefault bool) string {
	if len(comms) == 0 {
		return "switch {"
	}
	var names, values []string
	for i, c := range comms {
		names = append(names, fmt.Sprintf("explore__%d", i))
		if u := received(c.Comm); u != nil {
			values = append(values, fmt.Sprintf("%s.From(%s)", w.engine(), w.moved(u.X, at)))
			continue
		}
		s := c.Comm.(*ast.SendStmt)
		values = append(values, fmt.Sprintf("%s.To(%s).Case(%s)",
			w.engine(), w.moved(s.Chan, at), w.moved(s.Value, at)))
	}
	all := strings.Join(names, ", ")
	return fmt.Sprintf("switch %s := %s; %s.Select(%v, %s) {",
		all, strings.Join(values, ", "), w.engine(), hasDefault, all)
}

// clause rewrites the head of the i'th clause. The values of a receive are assigned at its begin,
// and not in the header: the left side is evaluated only if the case is taken. The value is fetched
// by a call of the case, which has stored it: the type of the value is then the type of the
// channel, without a conversion.
func (w *writer) clause(c *ast.CommClause, i int, last bool) {
	w.replace(c.Case, c.Colon+1, func() string {
		label := fmt.Sprintf("case %d:", i)
		if last {
			label = "default:"
		}
		a, ok := c.Comm.(*ast.AssignStmt)
		if !ok {
			return label
		}
		var left []string
		for _, e := range a.Lhs {
			left = append(left, w.node(e))
		}
		value := "Value"
		if len(left) == 2 {
			value = "Value2"
		}
		return fmt.Sprintf("%s %s %v explore__%d.%s();", label, strings.Join(left, ", "), a.Tok, i, value)
	})
}
