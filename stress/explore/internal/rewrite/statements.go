package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// rewrite returns the rewritten text of the i'th file, nil if there is nothing to rewrite in it. A
// file without edits is not copied, so the go command uses the original and its cached compilation.
func (c *checked) rewrite(i int) ([]byte, error) {
	w := &writer{
		pkg: c, index: i, file: c.files[i], text: c.texts[i], base: c.files[i].FileStart,
		uses: map[string]string{}, pairs: map[*ast.UnaryExpr]bool{}, hidden: map[ast.Node]bool{},
	}
	w.linknames()
	ast.Inspect(w.file, func(n ast.Node) bool {
		w.visit(n)
		return true
	})
	if w.refusal != nil {
		return nil, w.refusal
	}
	return w.whole(), nil
}

// whole returns the rewritten file, nil if it has no edits. The imports go behind the package
// clause, on the same line. An import declaration may only stand before all other declarations, and
// the first place for it is behind the package clause. On the same line it moves no line below it.
//
// A file without edits is not written, so most packages are compiled from the user's own files
// and found in the build cache.
func (w *writer) whole() []byte {
	keeps := w.keeps()
	if !w.needsInitializers() && len(w.edits) == 0 && keeps == "" {
		return nil
	}
	w.sort()
	name := w.file.Name.End()
	end := w.base + token.Pos(len(w.text))
	body := w.source(name, end) + w.keepImports() + w.initializers() + keeps
	var b strings.Builder
	b.Write(w.text[:name-w.base])
	for _, alias := range slices.Sorted(maps.Keys(w.uses)) {
		fmt.Fprintf(&b, "; import %s %q", alias, w.uses[alias])
	}
	b.WriteString(body)
	return []byte(b.String())
}

// visit adds the edits of one node. The nodes inside it are visited later. ast.Inspect visits a
// node before the nodes inside it. So a parent can mark its children, in pairs and in hidden,
// before they are visited.
func (w *writer) visit(n ast.Node) {
	switch n := n.(type) {
	case *ast.SelectorExpr:
		w.qualified(n)
		w.method(n)
		w.refuseCall(n)
	case *ast.Ident:
		w.unqualified(n)
		w.rename(n)
	case *ast.FuncDecl:
		w.renameInit(n)
	case *ast.ExprStmt:
		w.guardOnce(n)
	case *ast.GoStmt:
		w.goStmt(n)
		w.captures(n.Call.Fun)
	case *ast.SelectStmt:
		w.selectStmt(n)
	case *ast.RangeStmt:
		w.rangeStmt(n)
		w.rangeMap(n)
		if n.Tok == token.ASSIGN {
			w.insertions(n.Key, n.Value)
		}
	case *ast.CompositeLit:
		w.literal(n)
	case *ast.SendStmt:
		w.sendStmt(n)
	case *ast.IncDecStmt:
		w.insertions(n.X)
	case *ast.AssignStmt:
		w.guardOnce(n)
		w.insertions(n.Lhs...)
		if len(n.Lhs) == 2 && len(n.Rhs) == 1 {
			w.pair(n.Rhs[0])
		}
	case *ast.ValueSpec:
		if len(n.Names) == 2 && len(n.Values) == 1 {
			w.pair(n.Values[0])
		}
	case *ast.UnaryExpr:
		w.receive(n)
	case *ast.CallExpr:
		w.builtin(n)
		for _, a := range n.Args {
			if mayStart(a) {
				w.captures(a)
			}
		}
		w.passFiles(n)
	}
}

// pair notes a receive whose second result is used: v, ok := <-ch. The syntax of the receive is the
// same with one result and with two. Only the statement around it tells.
func (w *writer) pair(e ast.Expr) {
	if u, ok := ast.Unparen(e).(*ast.UnaryExpr); ok && u.Op == token.ARROW {
		w.pairs[u] = true
	}
}

// receive rewrites <-ch. The channel may be an expression with receives of its own; moved rewrites
// these in turn.
func (w *writer) receive(n *ast.UnaryExpr) {
	if n.Op != token.ARROW || w.hidden[n] {
		return
	}
	function := ".Recv("
	if w.pairs[n] {
		function = ".Recv2("
	}
	w.replace(n.Pos(), n.End(), func() string {
		return w.engine() + function + w.moved(n.X, n.Pos()) + ")"
	})
	w.engine()
}

// sendStmt rewrites ch <- v. To captures the channel before the value is evaluated, in the order of
// the source. The two steps also let the compiler infer the element type from the channel alone: an
// untyped constant then gets its type.
func (w *writer) sendStmt(n *ast.SendStmt) {
	if w.hidden[n] {
		return
	}
	w.replace(n.Pos(), n.End(), func() string {
		return fmt.Sprintf("%s.To(%s).Send(%s)", w.engine(), w.node(n.Chan), w.moved(n.Value, n.Pos()))
	})
	w.engine()
}

// builtin rewrites close(ch) and len(ch). cap(ch) never changes, so it stays. A name that shadows a
// builtin is not one, so the types are asked. The function keeps its parentheses and its argument.
func (w *writer) builtin(n *ast.CallExpr) {
	id, ok := ast.Unparen(n.Fun).(*ast.Ident)
	if !ok || len(n.Args) != 1 {
		return
	}
	b, ok := w.pkg.info.Uses[id].(*types.Builtin)
	if !ok || !w.isChan(n.Args[0]) {
		return
	}
	switch b.Name() {
	case "close":
		w.replace(id.Pos(), id.End(), func() string { return w.engine() + ".Close" })
	case "len":
		function := ".Len"
		if w.onlySends(n.Args[0]) {
			function = ".LenOf"
		}
		w.replace(id.Pos(), id.End(), func() string { return w.engine() + function })
	default:
		return
	}
	w.engine()
}

// isChan reports whether an expression is a channel, or of a type parameter whose types all are.
func (w *writer) isChan(e ast.Expr) bool {
	_, ok := core(w.pkg.info.Types[e].Type).(*types.Chan)
	return ok
}

// onlySends reports whether a channel cannot be passed for one to receive from. A type parameter counts
// as such: one of its types may only send, or its types may differ in direction.
func (w *writer) onlySends(e ast.Expr) bool {
	t := types.Unalias(w.pkg.info.Types[e].Type)
	ch, ok := t.Underlying().(*types.Chan)
	return !ok || ch.Dir() == types.SendOnly
}

// rangeStmt rewrites a range over a channel. The loop variable of Go 1.22 and later is new in each
// round: the assignment at the beginning of the body declares it there.
func (w *writer) rangeStmt(n *ast.RangeStmt) {
	if !w.isChan(n.X) {
		return
	}
	w.loop(n, func() string {
		loop := fmt.Sprintf("for explore__r := %s.RangeChannel(%s); explore__r.Next(); {",
			w.engine(), w.moved(n.X, n.For))
		id, named := n.Key.(*ast.Ident)
		switch {
		case n.Key == nil || named && id.Name == "_":
			return loop
		case n.Tok == token.DEFINE && w.sharesLoopVariables():
			return fmt.Sprintf("for explore__r, %s := %s.RangeChannelInto(%s); explore__r.NextInto(&%s); {",
				id.Name, w.engine(), w.moved(n.X, n.For), id.Name)
		}
		return fmt.Sprintf("%s %s %v explore__r.Value();", loop, w.node(n.Key), n.Tok)
	})
}

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
