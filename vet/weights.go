package vet

import (
	"go/ast"
	"go/types"
)

// checkWeights reports a Release whose weight differs from the weight of the Acquire.
//
// Several releases may share the permits of one Acquire, so only a function with one call that
// takes and one call that releases is judged, and only if neither is in a loop of its own. Weights
// that are not constants are not compared: two different expressions may have the same value, and
// often do.
func (p *checker) checkWeights(f *function) {
	for _, on := range f.places() {
		took, gave := p.onePair(f, on)
		if took == nil || !f.steady(on) || f.others[on.last] || f.others[on.root] ||
			on.shared() && !p.balanced(on) || p.aloneInF(f, on) {
			continue
		}
		took1, ok1 := p.constantWeight(f, took.weight)
		gave1, ok2 := p.constantWeight(f, gave.weight)
		if ok1 && ok2 && took1 != gave1 {
			p.Reportf(gave.weight.Pos(), "Release of %d, but the Acquire in line %d took %d", gave1,
				p.Fset.Position(took.expr.Pos()).Line, took1)
		}
	}
}

// onePair returns the only call that takes and the only call that releases, or nil. Calls in
// different loops run different numbers of times, so one weight may be given back in parts.
func (p *checker) onePair(f *function, on place) (took, gave *call) {
	calls := f.on(on)
	if len(calls) != 2 {
		return nil, nil
	}
	took, gave = calls[0], calls[1]
	if took.op == release {
		took, gave = gave, took
	}
	if took.op == release || gave.op != release || took.loop() != gave.loop() || !runsOnce(took, gave) {
		return nil, nil
	}
	return took, gave
}

// runsOnce reports whether the literals around the release that are not around the taking call run
// at most once for each run of their function: by go, by defer, or as the argument of a method Go.
// A literal in a variable may be called many times. The taking call has to stand in the declaration
// or in a literal around the release. Otherwise the two may run in any order.
func runsOnce(took, gave *call) bool {
	for i, n := range gave.in {
		lit, ok := n.(*ast.FuncLit)
		if !ok || i < len(took.in) && took.in[i] == n {
			continue
		}
		e, ok := gave.in[i-1].(*ast.CallExpr)
		if !ok {
			return false
		}
		_, isGo := gave.in[i-2].(*ast.GoStmt)
		_, isDefer := gave.in[i-2].(*ast.DeferStmt)
		if !(e.Fun == lit && (isGo || isDefer)) && !callsGo(e) {
			return false
		}
	}
	return took.body() == gave.in[0] || contains(gave.in, took.body())
}

// callsGo reports whether e is a call of a method Go, as errgroup.Group and sync.WaitGroup have it.
func callsGo(e *ast.CallExpr) bool {
	sel, ok := e.Fun.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Go"
}

func contains(nodes []ast.Node, n ast.Node) bool {
	for _, m := range nodes {
		if m == n {
			return true
		}
	}
	return false
}

// aloneInF reports whether the semaphore is made in f and no function literal uses it. Nothing
// waits for its permits then; a test may take two and release one to look at the result.
func (p *checker) aloneInF(f *function, on place) bool {
	if on.shared() || on.root.Kind() != types.LocalVar {
		return false
	}
	for _, c := range f.on(on) {
		if c.body() != f.decl {
			return false
		}
	}
	return true
}
