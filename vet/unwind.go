package vet

import (
	"go/ast"
	"go/types"
	"slices"
)

// unwinding are the methods of package testing that end the goroutine of a test.
var unwinding = []string{"Fatal", "Fatalf", "FailNow", "Skip", "Skipf", "SkipNow"}

// unwind returns the name of the function by which e ends its function without a return, while the
// process goes on: panic, runtime.Goexit, or a method of a test. It returns "" for any other call.
func (p *checker) unwind(e *ast.CallExpr) string {
	if id := identOf(e.Fun); id != nil && id.Name == "panic" && p.TypesInfo.Types[e.Fun].IsBuiltin() {
		return "panic"
	}
	fn := p.function(e)
	switch {
	case fn == nil || fn.Pkg() == nil:
	case fn.Pkg().Path() == "runtime" && fn.Name() == "Goexit":
		return "Goexit"
	case fn.Pkg().Path() == "testing" && slices.Contains(unwinding, fn.Name()):
		return fn.Name()
	}
	return ""
}

// checkUnwinds reports permits that a panic, a Goexit or the end of a test keeps. Deferred calls run
// then, and no others.
//
// It asks for the same evidence as checkReturns: each path to the call holds the permits, and the
// ordinary returns have given them back. Then the program must go on without them:
//
//   - A panic that nothing recovers ends the process, and its permits with it. So the same function has
//     to recover, or net/http recovers around it.
//   - A test has semaphores of its own, which end with it. A variable of the package outlives it.
func (p *checker) checkUnwinds(on place, body ast.Node, fl *flow) {
	if on.shared() && !p.balanced(on) || !p.successesSettled(body, fl, false) {
		return
	}
	for stmt, states := range fl.unwinds {
		s, ok := all(states, held)
		if !ok || s.deferred != nil {
			continue
		}
		name := p.unwind(stmt.X.(*ast.CallExpr))
		switch name {
		case "panic":
			if !p.recovers(body) && !p.isHandler(body) {
				continue
			}
		case "Goexit":
		default:
			if !isGlobal(on.root) {
				continue
			}
		}
		p.Reportf(stmt.Pos(), "this %s keeps the permits of the %s in line %d; use defer", name, takes(s.from), p.line(s.from))
	}
}

// recovers reports whether body defers a literal that calls recover. A literal that is deferred under a
// condition counts as well: the author expects a panic, and wants the program to go on. A literal that
// gives the permits back is a call of the semaphore, and then the body is not judged at all. A literal
// that may panic again or end the process shows nothing.
func (p *checker) recovers(body ast.Node) (yes bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		d, ok := n.(*ast.DeferStmt)
		if !ok {
			return true
		}
		lit, ok := d.Call.Fun.(*ast.FuncLit)
		if !ok {
			return false
		}
		if mayEnd(lit) {
			return false
		}
		ast.Inspect(lit, func(n ast.Node) bool {
			if e, ok := n.(*ast.CallExpr); ok {
				b, ok := p.TypesInfo.Uses[identOf(e.Fun)].(*types.Builtin)
				yes = yes || ok && b.Name() == "recover"
			}
			return true
		})
		return false
	})
	return yes
}
