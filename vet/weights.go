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
		// A variable that is given the same constant in two places counts as unknown, see constantWeight.
		took1, ok1 := p.constantWeight(f, took.weight)
		gave1, ok2 := p.constantWeight(f, gave.weight)
		if ok1 && ok2 && took1 != gave1 {
			p.Reportf(gave.weight.Pos(), "Release of %d, but the Acquire in line %d took %d", gave1,
				p.Fset.Position(took.expr.Pos()).Line, took1)
		}
	}
}

// checkParts does for several releases what checkWeights does for one: every path runs one of them, so
// each gives back all that was taken.
//
// A release that some path reaches after another one gives back a part. Then no release is judged. One
// release with the weight of the Acquire shows that the author gives back at once. A semaphore that is an
// argument is left alone: a lock of readers and writers keeps one permit of many for its caller.
func (p *checker) checkParts(f *function, on place, body ast.Node, fl *flow) {
	took := f.onlyTake(on)
	if took == nil || took.body() != body || on.shared() && !p.balanced(on) || !on.shared() && !p.madeHere(f, on) ||
		p.aloneInF(f, on) {
		return
	}
	want, known := p.constantWeight(f, took.weight)
	if !known {
		return
	}
	same := false
	var differ []*call
	for _, c := range f.on(on) {
		if c.op != release {
			continue
		}
		weight, known := p.constantWeight(f, c.weight)
		s, held := all(fl.releases[c], held)
		// One unknown weight leaves all of them out: the author may compute the rest of the weight.
		if !known || !held || s.deferred != nil || c.loop() != took.loop() {
			return
		}
		same = same || weight == want
		if weight != want {
			differ = append(differ, c)
		}
	}
	if !same {
		return
	}
	for _, c := range differ {
		weight, _ := p.constantWeight(f, c.weight)
		p.Reportf(c.weight.Pos(), "Release of %d, but the Acquire in line %d took %d", weight, p.line(took), want)
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

// contains compares nodes by identity: two calls of equal text are two calls.
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
