package vet

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
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
		fl := p.follow(f, body, slices.Concat(own, inner), state{}, nil)
		if fl == nil {
			return
		}
		p.checkFailed(f, on, body, fl)
		p.checkTwice(f, on, body, fl)
		p.checkGoesOn(f, on, fl)
		p.checkChains(f, on, body)
		p.checkRounds(f, on, body, slices.Concat(own, inner))
		// A semaphore that this function makes ends with it, and so do the permits that a return keeps. A
		// semaphore that the function hands to other code is not judged at all.
		ends := !on.shared() && body == ast.Node(f.decl) && p.madeHere(f, on)
		if gives && len(inner) == 0 && !ends {
			p.checkReturns(f, on, body, fl, "this return keeps the permits of the %s in line %d; use defer")
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
		return n == 1 && s.deferred.direct()
	}
	for c, states := range fl.releases {
		if s, ok := all(states, failed); ok && p.sameWeight(f, c.weight, s.from.weight) {
			p.Reportf(c.expr.Pos(), "Release after the %s in line %d failed: it gives back permits that were never taken",
				takes(s.from), p.line(s.from))
		}
	}
	reported := map[*call]bool{}
	for _, states := range fl.exits {
		s, ok := all(states, failed)
		if ok && s.deferred != nil && !reported[s.deferred] && deferredOnce(s) &&
			p.sameWeight(f, s.deferred.weight, s.from.weight) {
			reported[s.deferred] = true
			p.Reportf(s.deferred.expr.Pos(), "this Release also runs if the %s in line %d failed: defer it after the error is handled",
				takes(s.from), p.line(s.from))
		}
	}
}

// direct reports whether the call itself is deferred, and not a literal around it.
func (c *call) direct() bool {
	_, direct := c.up(1).(*ast.DeferStmt)
	return direct
}

// takes returns the name of the method that took the permits, for a report.
func takes(from *call) string {
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
// permits. The last return of the body, or each return that reports no error, has released them on
// each path that took them, so the body is not a constructor that hands the permits to its caller.
// And the return reports an error, after which the caller has nothing to close, or it has no result
// at all and no other function releases alone.
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
	closes, ends := settled(fl.exits[last]), p.successesSettled(body, fl, p.isBool(last, true))
	for ret, states := range fl.exits {
		s, ok := all(states, held)
		if !ok {
			s, ok = heldByDisjunction(body, ret, states)
		}
		if !ok || s.deferred != nil || !ends && (!closes || ret == last) {
			continue
		}
		if on.shared() && !p.balanced(on) {
			continue
		}
		if p.fails(body, ret) || p.isBool(ret, false) && p.isBool(last, true) || on.shared() && len(ret.Results) == 0 {
			p.Reportf(ret.Pos(), text, takes(s.from), p.line(s.from))
		}
	}
}

// successesSettled reports whether each return of body that reports no failure has given back what it
// took. A switch or a select may have the return of a failure as its last one.
func (p *checker) successesSettled(body ast.Node, fl *flow, bools bool) bool {
	successes := map[state]bool{}
	for ret, states := range fl.exits {
		if !p.fails(body, ret) && !(bools && p.isBool(ret, false)) {
			maps.Copy(successes, states)
		}
	}
	return settled(successes)
}

// settled reports whether every path of the set has given back what it took, and at least one path
// took permits. A loop that runs no round takes none.
func settled(states map[state]bool) bool {
	some := false
	for s := range states {
		some = some || s.phase == done
		if s.phase != done && s.phase != free && s.phase != failed {
			return false
		}
	}
	return some
}

// heldByDisjunction returns a state in which ret keeps the permits, if ret stands directly in an if
// of the form “err != nil || other” and every path there failed or holds the permits. No state of
// ret excludes that the second operand was the true one, and with it the acquire has succeeded.
func heldByDisjunction(body ast.Node, ret *ast.ReturnStmt, states map[state]bool) (found state, ok bool) {
	var or bool
	ast.Inspect(body, func(n ast.Node) bool {
		if s, isIf := n.(*ast.IfStmt); isIf && slices.Contains(s.Body.List, ast.Stmt(ret)) {
			b, isBinary := ast.Unparen(s.Cond).(*ast.BinaryExpr)
			or = isBinary && b.Op == token.LOR
		}
		return true
	})
	for s := range states {
		switch {
		case s.phase == held && !ok:
			found, ok = s, true
		case s.phase != held && s.phase != failed:
			return s, false
		}
	}
	return found, ok && or
}

// isBool reports whether the last result of ret is the constant want.
func (p *checker) isBool(ret *ast.ReturnStmt, want bool) bool {
	if len(ret.Results) == 0 {
		return false
	}
	v := p.TypesInfo.Types[ret.Results[len(ret.Results)-1]].Value
	return v != nil && v.Kind() == constant.Bool && constant.BoolVal(v) == want
}

// fails reports whether a return certainly reports an error: it stands in the branch of an error
// that is not nil, or makes one. A return of a plain variable counts only in the branch that tests
// it, since a nil error may be returned under the same name elsewhere. In that branch any result but
// the constant nil counts, as functions such as status.Errorf and errors.Wrap make errors of errors.
func (p *checker) fails(body ast.Node, ret *ast.ReturnStmt) bool {
	if len(ret.Results) == 0 {
		result := p.lastResult(body)
		return result != nil && isError(result.Type()) && p.inBranchOf(body, ret, result)
	}
	e := ast.Unparen(ret.Results[len(ret.Results)-1])
	if !isError(p.TypesInfo.TypeOf(e)) {
		return false
	}
	switch e := e.(type) {
	case *ast.CallExpr:
		if fn := p.function(e); fn != nil && fn.Pkg() != nil {
			switch fn.Pkg().Path() + "." + fn.Name() {
			case "fmt.Errorf", "errors.New":
				return true
			case "context.Err", "context.Cause":
				if p.isDone(body, ret) {
					return true
				}
			}
		}
		for _, arg := range e.Args {
			if id := identOf(arg); id != nil && p.inBranchOf(body, ret, p.TypesInfo.Uses[id]) {
				return true
			}
		}
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

func isError(t types.Type) bool {
	return t != nil && types.Identical(t, types.Universe.Lookup("error").Type())
}

// lastResult returns the last named result of a body, or nil.
func (p *checker) lastResult(body ast.Node) *types.Var {
	var results *ast.FieldList
	switch body := body.(type) {
	case *ast.FuncDecl:
		results = body.Type.Results
	case *ast.FuncLit:
		results = body.Type.Results
	}
	if results == nil || len(results.List) == 0 {
		return nil
	}
	names := results.List[len(results.List)-1].Names
	if len(names) == 0 {
		return nil
	}
	v, _ := p.TypesInfo.Defs[names[len(names)-1]].(*types.Var)
	return v
}

// isDone reports whether ret stands directly in a case that has received from Done() of a context,
// so that its Err() is no longer nil. Which context it is does not matter: a return of another
// context's error would be a mistake of its own.
func (p *checker) isDone(body ast.Node, ret *ast.ReturnStmt) (yes bool) {
	ast.Inspect(body, func(n ast.Node) bool {
		if c, ok := n.(*ast.CommClause); ok && slices.Contains(c.Body, ast.Stmt(ret)) {
			if s, ok := c.Comm.(*ast.ExprStmt); ok {
				receive, _ := ast.Unparen(s.X).(*ast.UnaryExpr)
				if receive != nil && callOf(receive.X) != nil {
					fn := p.function(callOf(receive.X))
					yes = fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == "context" && fn.Name() == "Done"
				}
			}
		}
		return true
	})
	return yes
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
		fl := p.follow(f, lit, inner, state{phase: held, from: s.from}, nil)
		if fl != nil {
			p.checkReturns(f, on, lit, fl, "this goroutine ends with the permits of the %s in line %d; use defer")
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
			p.Reportf(ret.Pos(), "this goroutine ends with the permits of the %s in line %d; use defer",
				takes(s.from), p.line(s.from))
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
