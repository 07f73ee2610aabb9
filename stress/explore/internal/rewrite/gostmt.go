package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"unicode"
)

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
	start := fmt.Sprintf("func() { %s(%s%s) }", fun, strings.Join(args, ", "), dots)
	if !w.inGeneric(call) {
		keys := savedNames(append([]string{fun}, args...)...)
		start = fmt.Sprintf("%s.Lit(%s)", w.engine(), strings.Join(append([]string{start}, keys...), ", "))
	}
	start = fmt.Sprintf("%s.Go(%s)", w.engine(), start)
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
	if receiver := w.receiver(e); receiver != "" && !w.inGeneric(call) {
		value = fmt.Sprintf("%s.Lit(%s, %s)", w.engine(), value, receiver)
	}
	fmt.Fprintf(before, "%s := %s; ", name, value)
	return name
}

// receiver returns what a method value such as x.run captures: the pointer of which it is a method. It
// returns "" for any other expression, and for a method that is called with a copy of a value.
func (w *writer) receiver(e ast.Expr) string {
	x, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	id, ok := ast.Unparen(x.X).(*ast.Ident)
	s := w.pkg.info.Selections[x]
	if !ok || s == nil || s.Kind() != types.MethodVal || len(s.Index()) > 1 { // of an embedded type
		return ""
	}
	if _, ok := s.Obj().(*types.Func).Signature().Recv().Type().(*types.Pointer); !ok {
		return ""
	}
	if _, ok := s.Recv().Underlying().(*types.Pointer); ok {
		return id.Name
	}
	return "&" + id.Name
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

// mayStart reports whether a function that is given a function literal may call it in a goroutine, as
// WaitGroup.Go, Group.Go of errgroup, and a function of the program do. The literal has no
// parameters then, and at most one result. That leaves out most of the others, such as the ones that
// compare two elements, for which noting what they capture would only take time.
func mayStart(e ast.Expr) bool {
	lit, ok := ast.Unparen(e).(*ast.FuncLit)
	return ok && lit.Type.Params.NumFields() == 0 && lit.Type.Results.NumFields() <= 1
}

// captures rewrites a function literal to tell the engine what it captures, so that goroutines that
// are alike are known:
//
//	explore__.Lit(func() { … }, &a, b)
//
// A variable that never changes is given by its value: each call of a function such as Group.Go of
// errgroup has variables of its own with the same values. All others are given by their address.
func (w *writer) captures(e ast.Expr) {
	lit, ok := ast.Unparen(e).(*ast.FuncLit)
	if !ok || w.inGeneric(lit) {
		return
	}
	var keys []string
	for _, v := range w.captured(lit) {
		if w.changes(v) || !isPlain(v.Type()) {
			keys = append(keys, "&"+v.Name())
		} else {
			keys = append(keys, v.Name())
		}
	}
	w.replace(lit.Pos(), lit.End(), func() string {
		return w.engine() + ".Lit(" + strings.Join(append([]string{w.node(lit)}, keys...), ", ") + ")"
	})
	w.engine()
}

// captured returns the variables of enclosing functions that a literal uses, in the order of their
// first use. Variables of packages are the same for all literals.
func (w *writer) captured(lit *ast.FuncLit) (all []*types.Var) {
	ast.Inspect(lit, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		v, ok := w.pkg.info.Uses[id].(*types.Var)
		switch {
		case !ok || v.IsField() || v.Parent() == nil || v.Parent() == w.pkg.types.Scope() || v.Pkg() != w.pkg.types:
		case lit.Pos() <= v.Pos() && v.Pos() < lit.End(): // its own
		case !slices.Contains(all, v):
			all = append(all, v)
		}
		return true
	})
	return all
}

// isPlain reports whether values of a type are compared by the engine, see sameKey there. To pass on
// another one, such as a large array, would be a copy for nothing.
func isPlain(t types.Type) bool {
	if _, ok := t.(*types.TypeParam); ok {
		return false
	}
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Info()&types.IsUntyped == 0
	case *types.Pointer, *types.Chan, *types.Signature, *types.Map, *types.Slice, *types.Interface:
		return true
	}
	return false
}

// inGeneric reports whether a node is in a generic function. One code serves several types there, and
// the literal captures which type it is for.
func (w *writer) inGeneric(n ast.Node) bool {
	for _, d := range w.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || n.Pos() < f.Pos() || n.Pos() >= f.End() {
			continue
		}
		signature, ok := w.pkg.info.Defs[f.Name].Type().(*types.Signature)
		return !ok || signature.TypeParams().Len() > 0 || signature.RecvTypeParams().Len() > 0
	}
	return false
}

// changes reports whether a variable may get another value after its declaration. Every assignment,
// every address that is taken, and every result with a name counts, in whichever function it is.
func (w *writer) changes(v *types.Var) bool {
	if w.changed == nil {
		w.changed = map[types.Object]bool{}
		ast.Inspect(w.file, func(n ast.Node) bool {
			w.noteChanges(n)
			return true
		})
	}
	return w.changed[v]
}

// noteChanges notes the variables that a node may change.
func (w *writer) noteChanges(n ast.Node) {
	switch n := n.(type) {
	case *ast.AssignStmt: // with := as well, which may assign to older variables
		w.noteChanged(n.Lhs...)
	case *ast.IncDecStmt:
		w.noteChanged(n.X)
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			w.noteChanged(n.Key, n.Value)
		}
		if w.sharesLoopVariables() {
			for _, e := range []ast.Expr{n.Key, n.Value} {
				if id, ok := e.(*ast.Ident); ok {
					w.changed[w.pkg.info.Defs[id]] = true
				}
			}
		}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			w.noteChanged(n.X)
		}
	case *ast.SliceExpr: // of an array
		w.noteChanged(n.X)
	case *ast.SelectorExpr: // a method may take the address of its receiver
		if s := w.pkg.info.Selections[n]; s != nil && s.Kind() != types.FieldVal {
			if _, isPointer := s.Recv().Underlying().(*types.Pointer); !isPointer {
				w.noteChanged(n.X)
			}
		}
	case *ast.FuncType:
		if n.Results != nil {
			for _, f := range n.Results.List {
				for _, name := range f.Names {
					w.changed[w.pkg.info.Defs[name]] = true
				}
			}
		}
	}
}

// noteChanged notes the variables at the roots of some expressions. With := the variables that are
// declared there are in Defs, and do not change by it. The element of a pointer, a
// slice or a map is not the variable itself.
func (w *writer) noteChanged(all ...ast.Expr) {
	for _, e := range all {
		for e != nil {
			switch x := ast.Unparen(e).(type) {
			case *ast.SelectorExpr:
				e = w.within(x.X)
			case *ast.IndexExpr:
				e = w.within(x.X)
			case *ast.SliceExpr:
				e = w.within(x.X)
			case *ast.Ident:
				if o := w.pkg.info.Uses[x]; o != nil {
					w.changed[o] = true
				}
				e = nil
			default:
				e = nil
			}
		}
	}
}

// within returns an expression if its parts are stored in itself, and nil if it refers to them.
func (w *writer) within(e ast.Expr) ast.Expr {
	if t := w.pkg.info.Types[e].Type; t != nil {
		switch t.Underlying().(type) {
		case *types.Pointer, *types.Slice, *types.Map:
			return nil
		}
	}
	return e
}

// savedNames returns the names among some texts that the rewriter has made up for saved values.
func savedNames(texts ...string) (names []string) {
	for _, t := range texts {
		if strings.HasPrefix(t, "explore__") && !strings.ContainsFunc(t, func(r rune) bool {
			return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
		}) {
			names = append(names, t)
		}
	}
	return names
}
