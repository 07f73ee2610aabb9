package mutate

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// cut is the edit that removes a statement with the rest of its line. The line may stay empty.
// normal and diff ignore layout, so the text need not be formatted.
func (w *walker) cut(n ast.Node) edit { return w.replace(n, "") }

// before and after are the edits that add a statement next to another one.
func (w *walker) before(n ast.Node, text string) edit {
	at := w.offset(n.Pos())
	return edit{at, at, text + "\n"}
}

func (w *walker) after(n ast.Node, text string) edit {
	at := w.offset(n.End())
	return edit{at, at, "\n" + text}
}

// drops leaves out each statement. Declarations stay: what they declare is used. A return at the end
// of a function does not compile without it.
//
// A statement that is left out stands for the step that was forgotten on one path: the wake-up
// after a cancellation, the reset of a field, the unlock before a return. It makes the most
// mutants. A statement whose absence no test notices is not tested.
//
// Deferred calls and cases have operators of their own, which say more in a table. The whole of an
// else goes in one piece, because an else without its block does not parse.
func (w *walker) drops(lists [][]ast.Stmt) {
	for _, list := range lists {
		for _, s := range list {
			switch s := s.(type) {
			case *ast.AssignStmt:
				if s.Tok == token.DEFINE {
					continue
				}
				operator := "drop"
				if w.isZero(s) {
					operator = "left-behind"
				}
				w.emit(operator, s, w.cut(s))
			case *ast.DeclStmt, *ast.EmptyStmt, *ast.CaseClause, *ast.CommClause, *ast.DeferStmt:
			default:
				w.emit("drop", s, w.cut(s))
			}
		}
	}
	each(w.file, func(s *ast.IfStmt) {
		if s.Else != nil {
			w.emit("drop", s, edit{w.offset(s.Body.End()), w.offset(s.Else.End()), ""})
		}
	})
}

// isZero reports whether an assignment only resets its variables. The operator left-behind gets
// these by its own name: they are the state that an object keeps for its next user, as in a pool or
// a list.
func (w *walker) isZero(s *ast.AssignStmt) bool {
	for _, x := range s.Rhs {
		if text := w.source(x); text != "nil" && text != "0" && text != "false" && text != `""` {
			return false
		}
	}
	return s.Tok == token.ASSIGN
}

// swaps exchanges neighbours. It leaves out pairs that commute, and pairs with a jump, after which
// nothing runs.
//
// It stands for steps in the wrong order: a wake-up before the change that it announces, a count
// that is lowered before the work is done. Where the two are a store and a load, the exchange
// breaks the argument by which one of two goroutines sees the other.
func (w *walker) swaps(lists [][]ast.Stmt) {
	for _, list := range lists {
		for i := 1; i < len(list); i++ {
			a, b := list[i-1], list[i]
			if isJump(a) || isJump(b) || isCase(a) || w.commute(a, b) {
				continue
			}
			w.emit("swap", a, w.replace(a, w.source(b)), w.replace(b, w.source(a)))
		}
	}
}

// A case is in the list of its switch, and the order of cases is no order of steps.
func isCase(s ast.Stmt) bool {
	switch s.(type) {
	case *ast.CaseClause, *ast.CommClause:
		return true
	}
	return false
}

// commute reports that two statements have the same effect in either order, as far as this is seen
// from their text: both are assignments, without a call or channel operation, and neither assigns
// to what the other mentions. Other goroutines see the difference only in a program with a data
// race. The original has no such race, and the exchange adds none, because no operation that orders
// goroutines stands between the two.
func (w *walker) commute(a, b ast.Stmt) bool {
	if !isSimple(a) || !isSimple(b) {
		return false
	}
	return !w.touches(a, b) && !w.touches(b, a)
}

// isSimple reports whether s is an assignment or a declaration without calls, receives and jumps. A
// call may have any effect, and a receive waits, so a statement with one of them never commutes.
func isSimple(s ast.Stmt) bool {
	switch s.(type) {
	case *ast.AssignStmt, *ast.IncDecStmt, *ast.DeclStmt:
	default:
		return false
	}
	simple := true
	ast.Inspect(s, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr, *ast.FuncLit:
			simple = false
		case *ast.UnaryExpr:
			simple = simple && n.Op != token.ARROW
		}
		return simple
	})
	return simple
}

// touches reports whether b mentions something that a assigns to. An assignment through a pointer
// or an index may reach anything, so it touches all.
func (w *walker) touches(a, b ast.Stmt) bool {
	var targets []ast.Expr
	switch a := a.(type) {
	case *ast.AssignStmt:
		targets = a.Lhs
	case *ast.IncDecStmt:
		targets = []ast.Expr{a.X}
	default:
		return true // a declaration
	}
	for _, t := range targets {
		// Two pointers may point at the same variable, so a field counts by its name alone.
		name := w.source(t)
		if sel, ok := t.(*ast.SelectorExpr); ok {
			name = sel.Sel.Name
		}
		if strings.ContainsAny(name, "*[") {
			return true
		}
		found := false
		each(b, func(id *ast.Ident) { found = found || id.Name == name })
		if found {
			return true
		}
	}
	return false
}

// isLocal reports whether a statement touches nothing but local variables and constants. A
// selector, a dereference and an index may lead to memory that other goroutines share.
func (w *walker) isLocal(s ast.Stmt) bool {
	if !isSimple(s) {
		return false
	}
	local := true
	ast.Inspect(s, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr, *ast.StarExpr, *ast.IndexExpr:
			local = false
		case *ast.Ident:
			if v, ok := w.info.ObjectOf(n).(*types.Var); ok && v.Parent() == v.Pkg().Scope() {
				local = false
			}
		}
		return local
	})
	return local
}

// isJump reports whether the statement leaves the list, so that nothing after it runs.
func isJump(s ast.Stmt) bool {
	switch s.(type) {
	case *ast.ReturnStmt, *ast.BranchStmt:
		return true
	}
	return false
}
