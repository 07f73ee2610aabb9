package mutate

import (
	"go/ast"
	"go/token"
	"go/types"
)

// Operators returns the names of the operators, each with what it changes.
//
// The names are part of the recorded results and of the names of mutants, see Mutant.ID. A new name
// for an operator makes all its results unknown.
func Operators() map[string]string {
	return map[string]string{
		"lock-scope":  "Unlock moved before the statement above it, or Lock behind the one below",
		"lock":        "all Lock and Unlock calls of a mutex left out of a function",
		"wait-loop":   "a for around a condition made an if, or an endless loop left after one round",
		"sibling":     "another method or function of the same form: Signal and Broadcast, Front and Back",
		"plain":       "an atomic variable made a plain one",
		"torn":        "one atomic operation made two: CompareAndSwap made a Store, Add and Swap torn",
		"select":      "a case of a select or switch left out",
		"defer":       "a deferred call left out, or made at once",
		"go":          "a go statement made a plain call",
		"negate":      "a condition negated",
		"ignore":      "a condition evaluated and its result ignored",
		"part":        "one side of && or || left out, or one made the other",
		"boundary":    "< made <=, and so on",
		"off-by-one":  "the right side of a comparison one larger or smaller",
		"arithmetic":  "+ made -, ++ made --, and so on",
		"constant":    "an integer constant doubled, halved, one larger or one smaller",
		"width":       "an integer kept in 32, 16 or 8 bits only",
		"return":      "true made false, nil made an error, an error made nil or another error",
		"drop":        "a statement left out",
		"swap":        "two statements exchanged",
		"left-behind": "an assignment of a zero value or nil left out", // a part of drop, by its own name
	}
}

// A walker collects the changes of one file. It only reads the tree and the types. A change is a
// list of edits of the text, so all operators see the original, whatever the others have emitted.
type walker struct {
	fset    *token.FileSet
	file    *ast.File
	text    string
	info    *types.Info
	changes []change
}

// emit records a change at a node. The change has the position of the node, by which a mutant gets
// its line and its function.
func (w *walker) emit(operator string, at ast.Node, edits ...edit) {
	w.changes = append(w.changes, change{operator, at.Pos(), edits})
}

func (w *walker) offset(p token.Pos) int { return w.fset.Position(p).Offset }

// source returns the text of a node. Changes are made in the text and not in the tree. So a mutant
// keeps the layout and the comments of the original, its diff is small, and one parsed tree serves
// all operators.
func (w *walker) source(n ast.Node) string { return w.text[w.offset(n.Pos()):w.offset(n.End())] }

// replace is the edit that puts a text in the place of a node. Only the node's own text goes:
// comments and blanks around it stay.
func (w *walker) replace(n ast.Node, text string) edit {
	return edit{w.offset(n.Pos()), w.offset(n.End()), text}
}

// append is the edit that adds declarations to the file. The marker stands before the text, so diff
// finds the end of the program of which it compares lines.
func (w *walker) append(text string) edit {
	return edit{len(w.text), len(w.text), stands + text}
}

// each calls visit for every node of a type in the file, in the order of the text. It is generic in
// the type of the node, so that an operator does not repeat the assertion.
func each[N ast.Node](root ast.Node, visit func(N)) {
	ast.Inspect(root, func(n ast.Node) bool {
		if n, ok := n.(N); ok {
			visit(n)
		}
		return true
	})
}

// statementLists returns the lists of statements of all blocks and cases. The body of a case is a
// list of its own, and so is the list of cases of a switch: swaps leaves those out.
func statementLists(file *ast.File) (lists [][]ast.Stmt) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BlockStmt:
			lists = append(lists, n.List)
		case *ast.CaseClause:
			lists = append(lists, n.Body)
		case *ast.CommClause:
			lists = append(lists, n.Body)
		}
		return true
	})
	return lists
}

// method returns the receiver's type and the name of the method that a statement or expression
// calls, as in "sync.Mutex" and "Lock". It returns "" for every other node. A function of a package
// has no receiver, and a call of a function value no declared function: neither is a method.
func (w *walker) method(n ast.Node) (recv, name string, call *ast.CallExpr) {
	if s, ok := n.(*ast.ExprStmt); ok {
		n = s.X
	}
	call, ok := n.(*ast.CallExpr)
	if !ok {
		return "", "", nil
	}
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", "", nil
	}
	f, ok := w.info.Uses[sel.Sel].(*types.Func)
	if !ok {
		return "", "", nil
	}
	r := f.Signature().Recv()
	if r == nil {
		return "", "", nil
	}
	t := r.Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if named, ok := t.(*types.Named); ok && named.Obj().Pkg() != nil {
		return named.Obj().Pkg().Path() + "." + named.Obj().Name(), f.Name(), call
	}
	return "", "", nil
}

// typeOf returns the type of an expression, also of a name that the expression declares. An
// expression without a type, as the name of a package, gets an invalid one: the operators compare
// types without a case for nil.
func (w *walker) typeOf(x ast.Expr) types.Type {
	if t := w.info.TypeOf(x); t != nil {
		return t
	}
	return types.Typ[types.Invalid]
}

// isInteger reports whether x has an integer type, and whether that type is wide: 64 bits, or the
// width of the machine. Untyped constants are integers and not wide: nothing is kept in them.
func (w *walker) isInteger(x ast.Expr) (integer, wide bool) {
	b, ok := w.typeOf(x).Underlying().(*types.Basic)
	if !ok || b.Info()&types.IsInteger == 0 {
		return false, false
	}
	switch b.Kind() {
	case types.Int, types.Int64, types.Uint, types.Uint64, types.Uintptr:
		return true, true
	}
	return true, false
}
