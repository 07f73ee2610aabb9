package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"go/version"
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

// sharesLoopVariables reports whether all rounds of a loop share one variable in this file, as
// before Go 1.22.
func (w *writer) sharesLoopVariables() bool {
	v := w.pkg.info.FileVersions[w.file]
	return v != "" && version.Compare(v, "go1.22") < 0
}

// goStmt rewrites a go statement. A function literal without parameters is passed on; any other
// call needs its function and arguments evaluated first, as the statement does. A literal without
// parameters may run later with nothing saved: what it captures, it captures by reference in the
// original, too.
func (w *writer) goStmt(n *ast.GoStmt) {
	w.engine()
	call := n.Call
	lit, ok := call.Fun.(*ast.FuncLit)
	if ok && lit.Type.Params.NumFields() == 0 && lit.Type.Results == nil {
		w.replace(n.Go, call.End(), func() string { return w.engine() + ".Go(" + w.node(lit) + ")" })
		return
	}
	w.replace(n.Go, call.End(), func() string { return w.evaluated(call) })
}

// evaluated returns the text that evaluates the parts of a call that may change later, and then
// starts it:
//
//	{ explore__f := f; explore__0, explore__1 := a, g();
//		explore__.Go(func() { explore__f(explore__0, explore__1) }) }
//
// Arguments that are fixed are not saved. It keeps the text short, and a builtin or a generic
// function without its type arguments is no value that could be saved.
func (w *writer) evaluated(call *ast.CallExpr) string {
	var before strings.Builder
	fun := w.saved(call.Fun, "explore__f", call, &before)
	var args []string
	for i, a := range call.Args {
		// A call f(g()) that passes on several results. It is the only argument then.
		if tuple, ok := w.pkg.info.Types[a].Type.(*types.Tuple); ok {
			for k := range tuple.Len() {
				args = append(args, fmt.Sprintf("explore__%d", k))
			}
			fmt.Fprintf(&before, "%s := %s; ", strings.Join(args, ", "), w.moved(a, call.Pos()))
			break
		}
		args = append(args, w.saved(a, fmt.Sprintf("explore__%d", i), call, &before))
	}
	dots := ""
	if call.Ellipsis.IsValid() {
		dots = "..."
	}
	start := fmt.Sprintf("%s.Go(func() { %s(%s%s) })", w.engine(), fun, strings.Join(args, ", "), dots)
	if before.Len() == 0 {
		return start
	}
	return "{ " + before.String() + start + " }"
}

// saved returns the name of a variable that holds the value of e, or the text of e if e is fixed.
// The assignment is added to before. A typed value keeps its type in a new variable. An untyped
// value would get its default type, so its type is written out.
func (w *writer) saved(
	e ast.Expr, name string, call *ast.CallExpr, before *strings.Builder,
) string {
	if w.isFixed(e) {
		return w.node(e)
	}
	value := w.moved(e, call.Pos())
	if w.isUntyped(e) {
		value = fmt.Sprintf("%s(%s)", w.typeName(w.pkg.info.Types[e].Type), value)
	}
	fmt.Fprintf(before, "%s := %s; ", name, value)
	return name
}

// isUntyped reports whether an expression takes its type from its place: a comparison, a shift of a
// constant, and what is made of these. It would get another type as the value of a new variable.
func (w *writer) isUntyped(e ast.Expr) bool {
	if w.pkg.info.Types[e].Value != nil {
		return true
	}
	switch x := ast.Unparen(e).(type) {
	case *ast.UnaryExpr:
		return x.Op != token.AND && x.Op != token.ARROW && w.isUntyped(x.X)
	case *ast.BinaryExpr:
		switch x.Op {
		case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
			return true
		case token.SHL, token.SHR:
			return w.isUntyped(x.X)
		}
		return w.isUntyped(x.X) && w.isUntyped(x.Y)
	}
	return false
}

// typeName returns the name of a type that has a constant: a basic type, a named one or a type
// parameter. The file imports the package of the name, if that is another one.
func (w *writer) typeName(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p.Path() == w.pkg.types.Path() {
			return ""
		}
		// Of the path and not of the name, which two packages may share.
		alias := "explore__of_" + p.Name() + "_" + short(p.Path(), 12)
		w.uses[alias] = p.Path()
		return alias
	})
}

// isFixed reports whether an expression has the same value at any time: a constant, a type, a
// function. A method value is not fixed: it holds a copy of its receiver.
func (w *writer) isFixed(e ast.Expr) bool {
	tv := w.pkg.info.Types[e]
	if tv.Value != nil || tv.IsNil() || tv.IsBuiltin() || tv.IsType() {
		return true
	}
	e = ast.Unparen(e)
	switch x := e.(type) {
	case *ast.IndexExpr:
		return w.isFixed(x.X) && w.pkg.info.Types[x.Index].IsType()
	case *ast.SelectorExpr:
		f, ok := w.pkg.info.Uses[x.Sel].(*types.Func)
		return ok && f.Signature().Recv() == nil
	case *ast.Ident:
		_, ok := w.pkg.info.Uses[x].(*types.Func)
		return ok
	}
	return false
}
