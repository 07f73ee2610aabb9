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
	// A literal that takes is a body of its own, and its permits are followed there.
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
		p.checkDeferInLoop(f, on, body)
		if len(inner) == 0 {
			p.checkParts(f, on, body, fl)
		}
		p.checkRounds(f, on, body, slices.Concat(own, inner))
		// A semaphore that this function makes ends with it, and so do the permits that a return keeps. A
		// semaphore that the function hands to other code is not judged at all.
		ends := !on.shared() && body == ast.Node(f.decl) && p.madeHere(f, on)
		if gives && len(inner) == 0 && !ends {
			p.checkReturns(f, on, body, fl, "this return keeps the permits of the %s in line %d; use defer")
			p.checkUnwinds(on, body, fl)
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
	// Two forms of evidence that the function means to give back. closes: the last return of the text, mostly the
	// success, has released. ends: every return that reports no error has. One is enough, as a switch may end with
	// the return of an error, and a function may have a success in the middle that took nothing.
	closes, ends := settled(fl.exits[last]), p.successesSettled(body, fl, p.isBool(last, true))
	for ret, states := range fl.exits {
		s, ok := all(states, held)
		if !ok {
			// “err != nil || other” splits the states: in one the acquire failed, in the other it did not.
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
			// Both return nil while the context is not done, so the place of the return decides.
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

// isError compares with the interface error itself. A function with a result of a concrete error type returns
// a nil pointer for success, which looks like an error to the caller: that is a mistake of another kind.
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

// inBranchOf reports whether ret stands directly in a branch that control enters only if err is not nil:
// of an if statement, its else, or a clause of a switch. "Directly" means in the list of the branch, not
// deeper: a nested branch may have assigned the variable again.
func (p *checker) inBranchOf(body ast.Node, ret *ast.ReturnStmt, err types.Object) (yes bool) {
	if err == nil {
		return false
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch s := n.(type) {
		case *ast.IfStmt:
			if slices.Contains(s.Body.List, ast.Stmt(ret)) {
				yes = yes || p.saysError(s.Cond, err)
			}
			if otherwise, ok := s.Else.(*ast.BlockStmt); ok && slices.Contains(otherwise.List, ast.Stmt(ret)) {
				yes = yes || p.comparesToNil(s.Cond, token.EQL, err)
			}
		case *ast.SwitchStmt:
			yes = yes || p.clauseOfError(s, ret, err)
		}
		return true
	})
	return yes
}

// saysError reports whether cond is true only if err is not nil. Each operand of && has to be true, so
// one such operand is enough. Of || either operand may be true alone.
func (p *checker) saysError(cond ast.Expr, err types.Object) bool {
	if b, ok := ast.Unparen(cond).(*ast.BinaryExpr); ok && b.Op == token.LAND {
		return p.saysError(b.X, err) || p.saysError(b.Y, err)
	}
	return p.comparesToNil(cond, token.NEQ, err)
}

// comparesToNil reports whether cond is err op nil. The form nil != err is not looked for: gofmt does not make
// it, and missing it costs a report and no false one.
func (p *checker) comparesToNil(cond ast.Expr, op token.Token, err types.Object) bool {
	b, ok := ast.Unparen(cond).(*ast.BinaryExpr)
	return ok && b.Op == op && p.isNil(b.Y) && p.TypesInfo.Uses[identOf(b.X)] == err
}

// clauseOfError reports whether ret stands directly in a clause of s that only an error reaches: the
// condition err != nil of a switch without a tag, or the default of a switch on err that has a case nil.
// The default runs only if no case matches, wherever it stands. A clause that another one falls through
// to is entered without its condition, so it shows nothing.
func (p *checker) clauseOfError(s *ast.SwitchStmt, ret *ast.ReturnStmt, err types.Object) bool {
	hasNil := false
	for _, c := range s.Body.List {
		for _, e := range c.(*ast.CaseClause).List {
			hasNil = hasNil || p.isNil(e)
		}
	}
	for i, c := range s.Body.List {
		c := c.(*ast.CaseClause)
		if !slices.Contains(c.Body, ast.Stmt(ret)) || i > 0 && fallsThrough(s.Body.List[i-1]) {
			continue
		}
		if s.Tag == nil {
			return len(c.List) == 1 && p.saysError(c.List[0], err)
		}
		return c.List == nil && hasNil && p.TypesInfo.Uses[identOf(s.Tag)] == err
	}
	return false
}

// fallsThrough reports whether the last statement of a clause is fallthrough. Go allows it only there.
func fallsThrough(clause ast.Stmt) bool {
	c, ok := clause.(*ast.CaseClause)
	if !ok || len(c.Body) == 0 {
		return false
	}
	end, ok := c.Body[len(c.Body)-1].(*ast.BranchStmt)
	return ok && end.Tok == token.FALLTHROUGH
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
		// Held on each path to the start, by the starter and not by a defer of it: only then the goroutine has
		// the one duty to release.
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
			p.checkUnwinds(on, lit, fl)
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
	// The last return is the ordinary end of the goroutine. If it has not released on every path, some other
	// code may release.
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
