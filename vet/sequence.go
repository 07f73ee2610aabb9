package vet

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/cfg"
)

// The rules below are about statements that follow one another in one list. Flow alone cannot decide
// them: a path of the graph may be impossible, because two conditions depend on each other. From one
// statement of a list to a later one control passes under no condition, unless a statement between
// them leaves the list.

// A list is a list of statements, with the node whose list it is.
type list struct {
	owner ast.Node
	stmts []ast.Stmt
}

// listOf returns the statements of n, if n is one of the three nodes that have a list. The clauses count as
// lists of their own: the case of a switch ends its list without a block around it.
func listOf(n ast.Node) []ast.Stmt {
	switch n := n.(type) {
	case *ast.BlockStmt:
		return n.List
	case *ast.CaseClause:
		return n.Body
	case *ast.CommClause:
		return n.Body
	}
	return nil
}

// enclosing returns the innermost list around c, and the index of the statement with c in it. The
// search begins at the i-th node above the call.
func (c *call) enclosing(i int) (l list, at int) {
	for inner := c.up(i); inner != nil; i++ {
		outer := c.up(i + 1)
		if outer == nil {
			break
		}
		if stmts := listOf(outer); stmts != nil {
			if stmt, ok := inner.(ast.Stmt); ok && slices.Contains(stmts, stmt) {
				return list{outer, stmts}, slices.Index(stmts, stmt)
			}
		}
		inner = outer
	}
	return list{}, -1
}

// index returns the index of the statement of l that has c in it, or -1.
func (l list) index(c *call) int {
	for i, stmt := range l.stmts {
		if contains(c.in, stmt) {
			return i
		}
	}
	return -1
}

// straight reports whether no statement of l from index from up to, not including, index to may leave
// the list.
func (l list) straight(from, to int) bool {
	for _, stmt := range l.stmts[from:to] {
		if mayLeave(stmt) {
			return false
		}
	}
	return true
}

// ending are the beginnings of names of functions that end the goroutine, the test or the process. The
// facts of ctrlflow miss a logger whose Fatal ends the process by a function variable.
var ending = []string{"fatal", "panic", "exit", "abort", "die", "must", "fail", "skip", "quit", "throw", "require"}

// mayLeave reports whether control may leave n other than at its end. Literals in n are left out,
// because a return in them leaves the literal.
func mayLeave(n ast.Node) (yes bool) {
	ast.Inspect(n, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt, *ast.BranchStmt:
			yes = true
		case *ast.Ident:
			yes = yes || isEnding(m.Name)
		}
		return !yes
	})
	return yes
}

// mayEnd reports whether n, with the literals in it, names a function that ends the goroutine or the process.
func mayEnd(n ast.Node) (yes bool) {
	ast.Inspect(n, func(m ast.Node) bool {
		id, ok := m.(*ast.Ident)
		yes = yes || ok && isEnding(id.Name)
		return !yes
	})
	return yes
}

// isEnding compares beginnings, so that Fatalf, Fatalln and failNow count without a line each. A name too many
// only hides a mistake: a statement that may leave its list takes the list out of a rule.
func isEnding(name string) bool {
	return slices.ContainsFunc(ending, func(prefix string) bool { return strings.HasPrefix(strings.ToLower(name), prefix) })
}

// mayHandOver reports whether n waits for other code, which may hand its permits over without a
// Release. A method whose name contains Wait or Acquire counts as waiting.
func mayHandOver(n ast.Node) (yes bool) {
	ast.Inspect(n, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.SelectStmt:
			yes = true
		case *ast.UnaryExpr:
			yes = yes || m.Op == token.ARROW
		case *ast.RangeStmt, *ast.ForStmt, *ast.FuncLit:
			yes = true
		case *ast.Ident:
			for _, part := range []string{"wait", "acquire", "lock", "take", "retry"} {
				yes = yes || strings.Contains(strings.ToLower(m.Name), part)
			}
		}
		return !yes
	})
	return yes
}

// onlyTake returns the one call of f that takes permits of on, or nil if there are several.
func (f *function) onlyTake(on place) (took *call) {
	for _, c := range f.on(on) {
		if c.op == release {
			continue
		}
		if took != nil {
			return nil
		}
		took = c
	}
	return took
}

// checkTwice reports permits that go back twice.
//
// A function that takes once gives back once. The second release is certainly wrong if all paths to
// it have released, or if it follows in one list a statement with the first release. A function may
// give back the permits of its caller, so a shared semaphore needs a balance in each function. A test
// that makes a semaphore for itself may want the panic.
func (p *checker) checkTwice(f *function, on place, body ast.Node, fl *flow) {
	took := f.onlyTake(on)
	if took == nil || took.body() != body || !p.ownPermits(on) || p.aloneInF(f, on) {
		return
	}
	// Both lines are named, because either call may be superfluous: mostly the direct one, beside a defer
	// that was added later.
	report := func(first, second *call) {
		p.Reportf(second.expr.Pos(), "the permits of the %s in line %d go back twice: here, and by the Release in line %d",
			takes(took), p.line(took), p.line(first))
	}
	for c, states := range fl.releases {
		// In a loop of its own, a release gives back parts. With another weight, two releases may add up to
		// what was taken.
		if c.loop() != took.loop() || !p.sameWeight(f, c.weight, took.weight) {
			continue
		}
		if first := firstOf(c, states); first != nil && p.sameWeight(f, first.weight, took.weight) {
			report(first, c)
		}
	}
	reported := map[*call]bool{}
	for _, states := range fl.exits {
		// The phase owed needs a direct defer of the same weight, so both releases are certain at this return.
		s, ok := all(states, owed)
		if !ok || reported[s.released] || s.released.loop() != took.loop() {
			continue
		}
		reported[s.released] = true
		report(s.deferred, s.released)
	}
}

// firstOf returns the release that certainly ran before c, if there is one.
func firstOf(c *call, states map[state]bool) *call {
	if s, ok := all(states, done); ok {
		return s.released
	}
	for s := range states {
		if s.phase != done {
			continue
		}
		l, at := c.enclosing(1)
		if at < 0 || c.up(1) != ast.Node(l.stmts[at]) {
			continue
		}
		// A set with other phases is judged only by the text: the release that made this state done stands in
		// the same list, or in the clause that falls through to it.
		first := l.index(s.released)
		if first >= 0 && first < at && l.straight(first, at) || l.straight(0, at) && c.fallenInto(l, s.released) {
			return s.released
		}
	}
	return nil
}

// fallenInto reports whether the clause before l, the clause with c, falls through to it and has certainly
// run the release first. The condition of l is not looked at on this way.
func (c *call) fallenInto(l list, first *call) bool {
	clause, ok := l.owner.(*ast.CaseClause)
	if !ok {
		return false
	}
	for i, n := range c.in {
		if n != ast.Node(clause) || i == 0 {
			continue
		}
		all := listOf(c.in[i-1])
		if before := slices.Index(all, ast.Stmt(clause)) - 1; before >= 0 && fallsThrough(all[before]) {
			l := list{all[before], listOf(all[before])}
			at := l.index(first)
			return at >= 0 && first.up(1) == ast.Node(l.stmts[at]) && l.straight(at, len(l.stmts)-1)
		}
	}
	return false
}

// checkDeferInLoop reports a deferred release in a loop. It runs at the end of the function, so every
// round keeps its permits, and the loop waits for itself once the semaphore is empty.
//
// Three facts exclude a loop that collects permits on purpose: the number of its rounds is no constant,
// nothing behind the defer leaves the loop, and code behind the defer works with the permits of the round.
func (p *checker) checkDeferInLoop(f *function, on place, body ast.Node) {
	took := f.onlyTake(on)
	if took == nil || took.body() != body {
		return
	}
	loop := took.loop()
	if loop == nil || !within(loop, body) || p.sizedByRounds(f, on) || p.changesIn(loop, on) || p.constantRounds(loop) {
		return
	}
	// A second release may be the early one of the round, and the deferred one the safety net for a panic. A
	// deferred literal may ask a flag first.
	var gave *call
	for _, c := range f.on(on) {
		if c.op == release {
			if gave != nil || !c.direct() || c.body() != body || c.loop() != loop {
				return
			}
			gave = c
		}
	}
	if gave == nil {
		return
	}
	// In the list of the loop itself, behind the take, and with no way out to the end of the round: a loop that
	// takes until the first success leaves by a break or a return, and its one defer is right.
	l, at := gave.enclosing(1)
	if at < 0 || l.owner != bodyOfLoop(loop) || l.index(took) < 0 || l.index(took) > at || !l.straight(at, len(l.stmts)) {
		return
	}
	for _, stmt := range l.stmts[at+1:] {
		if p.works(stmt) {
			p.Reportf(gave.expr.Pos(), "this Release runs at the end of the function and not of the round: "+
				"the permits of the %s in line %d add up; use a function for the round", takes(took), p.line(took))
			return
		}
	}
}

// changesIn reports whether the rounds of loop may have semaphores of their own: the loop declares or assigns
// a variable on the way to the semaphore, as in n = n.next.
func (p *checker) changesIn(loop ast.Node, on place) (yes bool) {
	if loop.Pos() <= on.root.Pos() && on.root.Pos() < loop.End() {
		return true
	}
	set := func(left ast.Expr) {
		if left != nil {
			to := placeOf(p.TypesInfo, left)
			yes = yes || to.root == on.root && (to.fields == "" || to.fields == on.fields || strings.HasPrefix(on.fields, to.fields+"."))
		}
	}
	ast.Inspect(loop, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				set(left)
			}
		case *ast.RangeStmt:
			set(n.Key)
			set(n.Value)
		}
		return !yes
	})
	return yes
}

// sizedByRounds reports whether f makes the semaphore with a size that is no constant, such as the number
// of rounds.
func (p *checker) sizedByRounds(f *function, on place) bool {
	if on.shared() {
		return false
	}
	e := callOf(f.onlyValue(on.root))
	return e != nil && len(e.Args) > 0 && p.TypesInfo.Types[e.Args[0]].Value == nil
}

// bodyOfLoop returns the block of a for or range statement.
func bodyOfLoop(loop ast.Node) ast.Node {
	switch loop := loop.(type) {
	case *ast.ForStmt:
		return loop.Body
	case *ast.RangeStmt:
		return loop.Body
	}
	return nil
}

// constantRounds reports whether the number of rounds is known at compile time: a range over a constant
// or an array, or a for statement whose condition compares with a constant. Its author may have chosen it
// to fit the semaphore.
func (p *checker) constantRounds(loop ast.Node) bool {
	switch loop := loop.(type) {
	case *ast.RangeStmt:
		// An unresolved type counts as constant: unknown is never a reason for a report.
		t := p.TypesInfo.Types[loop.X]
		if t.Value != nil || t.Type == nil {
			return true
		}
		u := t.Type.Underlying()
		if pointer, ok := u.(*types.Pointer); ok {
			u = pointer.Elem().Underlying()
		}
		_, array := u.(*types.Array)
		_, literal := ast.Unparen(loop.X).(*ast.CompositeLit)
		return array || literal
	case *ast.ForStmt:
		b, ok := loop.Cond.(*ast.BinaryExpr)
		return ok && (p.TypesInfo.Types[b.X].Value != nil || p.TypesInfo.Types[b.Y].Value != nil)
	}
	return false
}

// telling are packages whose functions only tell or format. A loop that collects permits may log each.
var telling = []string{"log", "log/slog", "fmt", "errors", "strconv"}

// works reports whether stmt calls anything but a built-in function, a conversion or a function that only tells.
func (p *checker) works(stmt ast.Stmt) (yes bool) {
	ast.Inspect(stmt, func(n ast.Node) bool {
		if e, ok := n.(*ast.CallExpr); ok {
			t, fn := p.TypesInfo.Types[e.Fun], p.function(e)
			tells := fn != nil && fn.Pkg() != nil && slices.Contains(telling, fn.Pkg().Path())
			yes = yes || !t.IsBuiltin() && !t.IsType() && !tells
		}
		return !yes
	})
	return yes
}

// checkGoesOn reports a release that runs after a failed acquire, because the branch of the failure
// does not end the function.
//
// The acquire, the if statement and the release stand in one list, with no way out between them. So
// the release runs after each failure, whatever the conditions of the program are.
func (p *checker) checkGoesOn(f *function, on place, fl *flow) {
	took := f.onlyTake(on)
	if took == nil || took.op == acquire && p.never(f, took.ctx) || !p.ownPermits(on) {
		return
	}
	for _, c := range f.on(on) {
		if c.op != release || !p.sameWeight(f, c.weight, took.weight) {
			continue
		}
		// The acquire has to stand before the release in the same list, or in the list around its literal:
		// otherwise the two are joined by a condition that the rule does not see.
		l, at := c.runsWith()
		first := l.index(took)
		if first < 0 || first >= at || !fl.reachesFailed(c) {
			continue
		}
		// The if statement has the acquire in itself, or tests the result of the statement before.
		for i := first; i < at; i++ {
			s, ok := l.stmts[i].(*ast.IfStmt)
			if ok && fl.isFailure(s, took) && l.straight(first, at) && !mayHandOver(s.Body) && !p.assigns(s.Body, c.weight) {
				p.Reportf(c.expr.Pos(), "this Release also runs if the %s in line %d failed: the branch of the failure goes on",
					takes(took), p.line(took))
				break
			}
		}
	}
}

// runsWith returns the list in which c certainly runs: the list of its own statement, or the list of
// the go statement, the defer statement or the call of a method Go with the literal around c. In such a
// literal, c must be reached whatever the literal does before.
func (c *call) runsWith() (l list, at int) {
	l, at = c.enclosing(1)
	if at < 0 || c.up(1) != ast.Node(l.stmts[at]) {
		return list{}, -1
	}
	lit, ok := c.body().(*ast.FuncLit)
	if !ok || l.owner != ast.Node(lit.Body) {
		return l, at
	}
	if !l.straight(0, at) {
		return list{}, -1
	}
	for i, n := range c.in {
		if n != ast.Node(lit) || i < 2 {
			continue
		}
		e, ok := c.in[i-1].(*ast.CallExpr)
		if !ok || e.Fun != ast.Expr(lit) && !callsGo(e) {
			break
		}
		// Of the ways to run a literal these three certainly run it: go, defer, and a method Go. A literal that is
		// an argument of another function may never be called.
		switch stmt := c.in[i-2].(type) {
		case *ast.GoStmt, *ast.DeferStmt, *ast.ExprStmt:
			if _, isCall := stmt.(*ast.ExprStmt); isCall && !callsGo(e) {
				break // a literal that is called at once: rare, and not followed
			}
			return c.enclosing(len(c.in) - 1 - (i - 2))
		}
		break
	}
	return list{}, -1
}

// reachesFailed reports whether some path reaches the release after a failed acquire.
func (fl *flow) reachesFailed(c *call) bool {
	sets := []map[state]bool{fl.releases[c], fl.starts[c.body()]}
	for _, states := range fl.exits {
		for s := range states {
			if s.phase == failed && s.deferred == c {
				return true
			}
		}
	}
	for _, states := range sets {
		for s := range states {
			if s.phase == failed {
				return true
			}
		}
	}
	return false
}

// isFailure reports whether the branch of s runs only if the acquire failed, and s has no other branch.
func (fl *flow) isFailure(s *ast.IfStmt, took *call) bool {
	if s.Else != nil {
		return false
	}
	for _, b := range fl.graph.Blocks {
		if b.Stmt == ast.Stmt(s) && b.Kind == cfg.KindIfThen {
			failure, ok := all(fl.in[b.Index], failed)
			return ok && failure.from == took
		}
	}
	return false
}

// assigns reports whether n may assign to a variable of weight. A branch that sets the weight to 0 makes
// the release after a failure harmless.
func (p *checker) assigns(n ast.Node, weight ast.Expr) (yes bool) {
	vars := map[*types.Var]bool{}
	variables := func(e ast.Node, visit func(v *types.Var)) {
		ast.Inspect(e, func(m ast.Node) bool {
			if id, ok := m.(*ast.Ident); ok {
				if v, ok := p.TypesInfo.Uses[id].(*types.Var); ok {
					visit(v)
				}
			}
			return true
		})
	}
	variables(weight, func(v *types.Var) { vars[v] = true })
	assigned := func(e ast.Expr) { variables(e, func(v *types.Var) { yes = yes || vars[v] }) }
	ast.Inspect(n, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.AssignStmt:
			for _, e := range m.Lhs {
				assigned(e)
			}
		case *ast.IncDecStmt:
			assigned(m.X)
		case *ast.UnaryExpr:
			if m.Op == token.AND {
				assigned(m.X)
			}
		}
		return !yes
	})
	return yes
}

// checkChains reports a condition that takes permits and then may be false all the same, as in
// “s.TryAcquire(1) && ready()”, if only the branch of the true condition releases.
func (p *checker) checkChains(f *function, on place, body ast.Node) {
	took := f.onlyTake(on)
	if took == nil || took.body() != body || on.shared() && !p.balanced(on) || !on.shared() && took.loop() == nil {
		return // the permits of a local semaphore may end with it
	}
	var s *ast.IfStmt
	var chained bool
	for i := 1; s == nil; i++ {
		switch n := took.up(i).(type) {
		case *ast.BinaryExpr:
			// The take has to be the left operand: on the right, it is the last to be evaluated, and the
			// condition is false only if it took nothing. A comparison with nil only looks at the result.
			if n.Op == token.LAND {
				chained = chained || contains(took.in, ast.Unparen(n.X)) || ast.Unparen(n.X) == ast.Expr(took.expr)
			} else if !(n.Op == token.EQL && p.isNil(n.Y)) {
				return
			}
		case *ast.ParenExpr:
		case *ast.IfStmt:
			s = n
		default:
			return
		}
	}
	if !chained || s.Else != nil || !contains(took.in, s.Cond) {
		return
	}
	// A release outside of the branch may be the one for the false condition. It need not be on every path of
	// it: one such release shows that the author thought of the case.
	releases := 0
	for _, c := range f.on(on) {
		if c.op == release {
			if !contains(c.in, s.Body) {
				return
			}
			releases++
		}
	}
	if releases > 0 {
		p.Reportf(took.expr.Pos(), "the permits of this %s stay taken if the rest of the condition is false: "+
			"nest the conditions", takes(took))
	}
}
