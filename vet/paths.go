package vet

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// checkPaths reports permits that are lost on one path, and releases of permits that were not got.
// A place whose variable may be assigned, or that other code can name, may be another semaphore at
// the release than at the acquire.
func (p *checker) checkPaths(f *function) {
	for _, on := range f.places() {
		if !f.steady(on) || f.others[on.last] || f.others[on.root] {
			continue
		}
		for _, body := range f.bodies(on) {
			p.checkBody(f, on, body)
		}
	}
}

// bodies returns the declaration and the literals that have a call on the place themselves.
func (f *function) bodies(on place) (all []ast.Node) {
	for _, c := range f.on(on) {
		if !slices.Contains(all, c.body()) {
			all = append(all, c.body())
		}
	}
	return all
}

// checkBody judges one body, a function or a literal, for one semaphore. Calls in inner literals
// are followed as well, because a deferred literal may give the permits back. If there are any, the
// returns are not judged: a literal may run at any time. A body that only releases is not followed:
// its permits come from other code, and nothing in the body can be wrong about them.
func (p *checker) checkBody(f *function, on place, body ast.Node) {
	var own, inner []*call
	for _, c := range f.on(on) {
		if c.body() == body {
			own = append(own, c)
		} else if contains(c.in, body) {
			inner = append(inner, c)
		}
	}
	takes := slices.ContainsFunc(own, func(c *call) bool { return c.op != release })
	gives := slices.ContainsFunc(own, func(c *call) bool { return c.op == release })
	if takes {
		fl := p.follow(body, append(own, inner...), state{})
		if fl == nil {
			return
		}
		p.checkFailed(f, on, body, fl)
		if gives && len(inner) == 0 {
			p.checkReturns(f, on, body, fl, "this return keeps the permits of the Acquire in line %d; use defer")
		}
		p.checkGoroutines(f, on, body, fl, inner)
	}
}

// checkFailed reports releases after a failed acquire, direct and deferred.
//
// Every path to the release has to have failed. A release that some paths reach with permits is one
// that an earlier test of the error guards, perhaps by a variable that the check does not follow.
func (p *checker) checkFailed(f *function, on place, body ast.Node, fl *flow) {
	calls := f.on(on)
	for _, c := range calls {
		if c.op != release && c.body() != body {
			return // the permits may belong to the other body
		}
	}
	// A deferred release is judged only if it is the one release of f and stands in the defer
	// statement itself: a literal may have a condition.
	deferredOnce := func(s state) bool {
		n := 0
		for _, c := range calls {
			if c.op == release {
				n++
			}
		}
		_, direct := s.deferred.up(1).(*ast.DeferStmt)
		return n == 1 && direct
	}
	for c, states := range fl.releases {
		if s, ok := all(states, failed); ok && p.sameWeight(f, c.weight, s.from.weight) {
			p.Reportf(c.expr.Pos(), "Release after the %s in line %d failed: it gives back permits that were never taken",
				c.name(s.from), p.line(s.from))
		}
	}
	reported := map[*call]bool{}
	for _, states := range fl.exits {
		s, ok := all(states, failed)
		if ok && s.deferred != nil && !reported[s.deferred] && deferredOnce(s) && p.sameWeight(f, s.deferred.weight, s.from.weight) {
			reported[s.deferred] = true
			p.Reportf(s.deferred.expr.Pos(), "this Release also runs if the %s in line %d failed: defer it after the error is handled",
				s.deferred.name(s.from), p.line(s.from))
		}
	}
}

// name returns the name of the method that took the permits, for a report.
func (c *call) name(from *call) string {
	if from.op == try {
		return "TryAcquire"
	}
	return "Acquire"
}

// line returns the line of a call. A report has the position of the return or of the release, and
// names the line of the acquire, since a reader needs both.
func (p *checker) line(c *call) int { return p.Fset.Position(c.expr.Pos()).Line }

// all returns a state of the set, and whether every state is in phase want. An empty set is false:
// a call that no path reaches shows nothing.
func all(states map[state]bool, want phase) (s state, ok bool) {
	for s = range states {
		if s.phase != want {
			return s, false
		}
	}
	return s, len(states) > 0
}

// checkReturns reports returns that keep the permits.
//
// Three facts together say that keeping them is a mistake. Each path to the return holds the
// permits. The last return of the body has released them, so the body is not a constructor that
// hands the permits to its caller. And the return reports an error, after which the caller has
// nothing to close, or it has no result at all and no other function releases alone.
func (p *checker) checkReturns(f *function, on place, body ast.Node, fl *flow, text string) {
	var last *ast.ReturnStmt
	for ret := range fl.exits {
		if last == nil || ret.Pos() > last.Pos() {
			last = ret
		}
	}
	if last == nil {
		return
	}
	if _, ok := all(fl.exits[last], done); !ok {
		return
	}
	for ret, states := range fl.exits {
		s, ok := all(states, held)
		if !ok || ret == last || s.deferred != nil {
			continue
		}
		if on.shared() && !p.balanced(on) {
			continue
		}
		if p.fails(body, ret) || on.shared() && len(ret.Results) == 0 {
			p.Reportf(ret.Pos(), text, p.line(s.from))
		}
	}
}

// fails reports whether a return certainly reports an error: it stands in the branch of an error
// that is not nil, or makes one. A return of a plain variable counts only in the branch that tests
// it, since a nil error may be returned under the same name elsewhere.
func (p *checker) fails(body ast.Node, ret *ast.ReturnStmt) bool {
	if len(ret.Results) == 0 {
		return false
	}
	e := ast.Unparen(ret.Results[len(ret.Results)-1])
	if !types.Identical(p.TypesInfo.TypeOf(e), types.Universe.Lookup("error").Type()) {
		return false
	}
	switch e := e.(type) {
	case *ast.CallExpr:
		fn := p.function(e)
		if fn == nil || fn.Pkg() == nil {
			return false
		}
		name := fn.Pkg().Path() + "." + fn.Name()
		return name == "fmt.Errorf" || name == "errors.New"
	case *ast.SelectorExpr:
		v, ok := p.TypesInfo.Uses[e.Sel].(*types.Var)
		return ok && !v.IsField() // a sentinel such as io.EOF
	case *ast.Ident:
		if v, ok := p.TypesInfo.Uses[e].(*types.Var); ok && isGlobal(v) {
			return true
		}
		return p.inBranchOf(body, ret, p.TypesInfo.Uses[e])
	}
	return false
}

// inBranchOf reports whether ret stands directly in an if statement that says err != nil.
// "Directly" means in the list of the branch, not deeper: a nested branch may have assigned the
// variable again.
func (p *checker) inBranchOf(body ast.Node, ret *ast.ReturnStmt, err types.Object) (yes bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		if s, ok := n.(*ast.IfStmt); ok && slices.Contains(s.Body.List, ast.Stmt(ret)) {
			b, ok := ast.Unparen(s.Cond).(*ast.BinaryExpr)
			yes = yes || ok && b.Op == token.NEQ && p.isNil(b.Y) && err != nil && p.TypesInfo.Uses[identOf(b.X)] == err
		}
		return true
	})
	return yes
}

// checkGoroutines reports goroutines that end without a Release on one path, although their
// starter certainly held the permits and nothing else releases them.
//
// The goroutine is followed from the state in which it starts, as if its body stood there, because
// the starter's permits are its own from then on.
func (p *checker) checkGoroutines(f *function, on place, body ast.Node, outer *flow, inner []*call) {
	if on.shared() && !p.balanced(on) || !on.shared() && on.root.Kind() != types.LocalVar {
		return
	}
	for lit, states := range outer.starts {
		s, ok := all(states, held)
		if !ok || s.deferred != nil || !p.onlyReleaser(f, on, lit) {
			continue
		}
		// A semaphore that came from elsewhere may be released by its owner.
		if !on.shared() && !p.madeHere(f, on) {
			continue // it may have another name elsewhere
		}
		fl := p.follow(lit, inner, state{phase: held, from: s.from})
		if fl != nil {
			p.checkReturns(f, on, lit, fl, "this goroutine ends with the permits of the Acquire in line %d; use defer")
			p.checkEarlyEnds(on, fl)
		}
	}
}

// checkEarlyEnds does for a goroutine what checkReturns does for shared semaphores only: a
// goroutine has no caller that could get the permits.
func (p *checker) checkEarlyEnds(on place, fl *flow) {
	if on.shared() {
		return
	}
	var last token.Pos
	for ret := range fl.exits {
		last = max(last, ret.Pos())
	}
	for ret, states := range fl.exits {
		if _, ok := all(states, done); ret.Pos() == last && !ok {
			return
		}
	}
	for ret, states := range fl.exits {
		if s, ok := all(states, held); ok && ret.Pos() != last && s.deferred == nil && len(ret.Results) == 0 {
			p.Reportf(ret.Pos(), "this goroutine ends with the permits of the Acquire in line %d; use defer", p.line(s.from))
		}
	}
}

// onlyReleaser reports whether lit itself has every release of f, no acquire, and no literal that
// uses the semaphore.
func (p *checker) onlyReleaser(f *function, on place, lit ast.Node) bool {
	for _, c := range f.on(on) {
		if (c.op == release) != (c.body() == lit) {
			return false
		}
	}
	return true
}

// madeHere reports whether the local variable gets a semaphore that a call has just made. By
// convention a function New… makes a new value. A call of any other name may return a semaphore
// that others have.
func (p *checker) madeHere(f *function, on place) bool {
	value := f.onlyValue(on.root)
	e, ok := value.(*ast.CallExpr)
	if !ok {
		return false
	}
	fn := p.function(e)
	return fn != nil && fn.Pkg() != nil && len(fn.Name()) > 2 && fn.Name()[:3] == "New"
}
