package vet

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/cfg"
)

// A phase says what one path knows of the permits of one semaphore. A path goes from free over
// pending to held and done, or to failed, and a new acquire begins again. No phase means "held or
// not": pending splits at the branch that looks at the result.
type phase int

const (
	free    phase = iota // nothing was acquired yet
	pending              // acquired or not: the result was not looked at yet
	held                 // acquired
	failed               // not acquired: the result says so
	done                 // acquired and released
	owed                 // acquired and released, and a deferred release runs at the return as well
	lost                 // the path did something that the check does not follow
)

// A state holds the knowledge of one path. It is comparable, so a block has a set of them. Paths are not
// merged into “maybe”: a condition that appears twice decides the same way twice.
//
// One acquire is followed at a time. A second acquire before the release makes the path lost,
// because its permits would need a count, and weights are seldom constants.
type state struct {
	phase
	result   *types.Var // the variable with the result of the last acquire, until it is assigned again
	from     *call      // the last acquire
	deferred *call      // a release that runs at the return
	released *call      // the release that made the phase done or owed
}

// tooMany states in one block end the analysis of the function, without a report. A state has a
// phase, a result and a deferred release, and a function has few of each, so ordinary code has a
// handful of states.
const tooMany = 32

// A flow is the analysis of one body for one semaphore.
type flow struct {
	*checker
	f        *function
	graph    *cfg.CFG
	anew     *call            // at this take every path begins anew: each round of its loop is judged alone
	in       []map[state]bool // the states before each block of graph
	calls    map[*ast.CallExpr]*call
	releases map[*call]map[state]bool           // the states in which a release runs
	exits    map[*ast.ReturnStmt]map[state]bool // the states at a return
	unwinds  map[*ast.ExprStmt]map[state]bool   // the states at a panic, a Goexit or a FailNow
	starts   map[ast.Node]map[state]bool        // the states in which a literal is handed to a goroutine
	tags     map[ast.Stmt]ast.Expr              // the clauses of switches, and the tags that they are compared with
}

// follow plays the states through the control-flow graph of body until nothing changes. It returns
// nil if a block has too many states.
//
// It is a work list over sets of states. Sets only grow and are bounded, so it ends; the order of
// blocks does not matter, because a set is complete only when nothing changes any more.
func (p *checker) follow(f *function, body ast.Node, calls []*call, start state, anew *call) *flow {
	fl := &flow{checker: p, f: f, anew: anew, calls: map[*ast.CallExpr]*call{}, releases: map[*call]map[state]bool{},
		exits: map[*ast.ReturnStmt]map[state]bool{}, unwinds: map[*ast.ExprStmt]map[state]bool{}, starts: map[ast.Node]map[state]bool{}, tags: tags(body)}
	for _, c := range calls {
		fl.calls[c.expr] = c
	}
	var graph *cfg.CFG
	switch body := body.(type) {
	case *ast.FuncDecl:
		graph = p.graphs.FuncDecl(body)
	case *ast.FuncLit:
		graph = p.graphs.FuncLit(body)
	}
	if graph == nil || len(graph.Blocks) == 0 {
		return nil
	}
	// A block that no path reaches keeps a nil set. The rules read an empty set as no evidence, so code behind a
	// panic is never reported.
	in := make([]map[state]bool, len(graph.Blocks))
	fl.graph, fl.in = graph, in
	in[0] = map[state]bool{start: true}
	todo := []*cfg.Block{graph.Blocks[0]}
	for len(todo) > 0 {
		b := todo[0]
		todo = todo[1:]
		for s := range in[b.Index] {
			out := fl.through(b, s)
			for i, next := range b.Succs {
				for _, s := range fl.refine(b, i, out) {
					if in[next.Index] == nil {
						in[next.Index] = map[state]bool{}
					}
					if !in[next.Index][s] {
						in[next.Index][s] = true
						todo = append(todo, next)
					}
				}
				if len(in[next.Index]) > tooMany {
					return nil
				}
			}
		}
	}
	return fl
}

// tags returns the clauses of the switches in body with their tags. A switch without a tag has nil:
// its cases are conditions. The graph has the expression of a case as a node in both kinds of
// switches, so the syntax has to tell them apart.
func tags(body ast.Node) map[ast.Stmt]ast.Expr {
	clauses := map[ast.Stmt]ast.Expr{}
	ast.Inspect(body, func(n ast.Node) bool {
		if s, ok := n.(*ast.SwitchStmt); ok {
			for _, c := range s.Body.List {
				clauses[c] = s.Tag
			}
		}
		return true
	})
	return clauses
}

// through returns the state behind a block.
func (fl *flow) through(b *cfg.Block, s state) state {
	for _, n := range b.Nodes {
		s = fl.node(n, s)
	}
	return s
}

// node returns the state behind one node of the graph. The calls in it are met in the order of the
// text, which is the order of evaluation, except for operands whose order Go leaves open.
// Assignments come last: the value is computed before it is assigned.
func (fl *flow) node(n ast.Node, s state) state {
	switch n := n.(type) {
	case *ast.DeferStmt:
		return fl.deferStmt(n, s)
	case *ast.GoStmt:
		return fl.handOver(n.Call, s)
	case *ast.ExprStmt:
		if e, ok := n.X.(*ast.CallExpr); ok && callsGo(e) {
			return fl.handOver(e, s)
		} else if ok && fl.unwind(e) != "" {
			add(fl.unwinds, n, s)
		}
	}
	ast.Inspect(n, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.FuncLit:
			if fl.mentions(m) {
				s.phase = lost // it may run at any time, or never
			}
			return false
		case *ast.CallExpr:
			if c := fl.calls[m]; c != nil {
				s = fl.call(c, n, s)
			}
		}
		return true
	})
	if ret, ok := n.(*ast.ReturnStmt); ok {
		add(fl.exits, ret, s)
	}
	return fl.assignments(n, s)
}

// add puts s into the set at k. A set and not a list: the blocks of a loop are visited many times with the same
// states, and the rules ask whether all states of a set agree.
func add[K comparable](m map[K]map[state]bool, k K, s state) {
	if m[k] == nil {
		m[k] = map[state]bool{}
	}
	m[k][s] = true
}

// deferStmt registers a release that runs at the return. A deferred literal counts as a release
// whatever its conditions are: the check must not report permits that the literal gives back. Two
// different deferred releases on one path would give back twice, or under conditions, so the path
// is lost.
func (fl *flow) deferStmt(n *ast.DeferStmt, s state) state {
	for _, c := range fl.calls {
		if contains(c.in, n) {
			// A deferred acquire is the mirror of a release around other code: the function lends its permits
			// for a time. Nothing about it is judged.
			if c.op != release || s.deferred != nil && s.deferred != c {
				s.phase = lost
				return s
			}
			s.deferred = c
		}
	}
	return s
}

// handOver notes the state in which a literal starts on a goroutine. The permits are the
// goroutine's from then on, so this body is no longer followed. A call of a method Go counts like a
// go statement, as in errgroup and sync.WaitGroup.
func (fl *flow) handOver(e *ast.CallExpr, s state) state {
	var found bool
	for _, c := range fl.calls {
		found = found || contains(c.in, e)
	}
	if !found {
		return s
	}
	lit, ok := e.Fun.(*ast.FuncLit)
	if !ok && len(e.Args) == 1 {
		lit, _ = e.Args[0].(*ast.FuncLit)
	}
	if lit != nil {
		add(fl.starts, ast.Node(lit), s)
	}
	return state{phase: free} // the next round of a loop begins anew
}

// mentions reports whether a literal has one of the calls, itself or in a literal inside of it.
func (fl *flow) mentions(lit *ast.FuncLit) bool {
	for _, c := range fl.calls {
		if contains(c.in, lit) && c.body() != ast.Node(lit) || c.body() == ast.Node(lit) {
			return true
		}
	}
	return false
}

// call returns the state after c, which stands in n. A release in a state that is not held makes
// the path lost and not wrong: the permits may come from a function that handed them over. The
// states before each release are kept, and checkTwice decides which of them are wrong.
func (fl *flow) call(c *call, n ast.Node, s state) state {
	if c.op == release {
		add(fl.releases, c, s)
		switch {
		// Released and nothing left to do. The state keeps the release, so that a second one can name it.
		case s.phase == held && s.deferred == nil:
			s.phase, s.released = done, c
		case s.phase == held && s.deferred.direct() && fl.sameWeight(fl.f, c.weight, s.from.weight) &&
			fl.sameWeight(fl.f, c.weight, s.deferred.weight):
			s.phase, s.released = owed, c
		default:
			s.phase = lost
		}
		return s
	}
	// An acquire in a loop comes here again by the back edge. If the round before has released, its
	// phase is done, and the acquire begins anew; if it has not, the permits add up, which is not
	// followed.
	if c != fl.anew && (s.phase == held || s.phase == pending || s.phase == owed || s.phase == lost) {
		s.phase = lost
		return s
	}
	s.phase, s.from, s.result, s.released = pending, c, nil, nil
	switch m := c.up(1).(type) {
	case *ast.AssignStmt:
		if len(m.Lhs) == 1 && len(m.Rhs) == 1 {
			s.result, _ = fl.TypesInfo.ObjectOf(identOf(m.Lhs[0])).(*types.Var)
		}
	case *ast.ValueSpec:
		if len(m.Names) == 1 && len(m.Values) == 1 {
			s.result, _ = fl.TypesInfo.Defs[m.Names[0]].(*types.Var)
		}
	}
	if s.result != nil && isGlobal(s.result) {
		s.result = nil // others may assign it
	}
	return s
}

// assignments forgets the result once n assigns another value to it. The address is enough to
// forget, because a pointer may assign the variable later, unseen.
func (fl *flow) assignments(n ast.Node, s state) state {
	if s.result == nil {
		return s
	}
	forget := func(e ast.Expr) {
		if e != nil && s.result != nil && fl.TypesInfo.ObjectOf(identOf(e)) == s.result {
			s.result = nil
		}
	}
	ast.Inspect(n, func(m ast.Node) bool {
		switch m := m.(type) {
		case *ast.AssignStmt:
			// This is the assignment that the result comes from.
			if len(m.Rhs) == 1 && fl.calls[callOf(m.Rhs[0])] == s.from {
				return true
			}
			for _, e := range m.Lhs {
				forget(e)
			}
		case *ast.UnaryExpr:
			if m.Op == token.AND {
				forget(m.X)
			}
		case *ast.RangeStmt:
			forget(m.Key)
			forget(m.Value)
		}
		return true // also into literals: they may run at any time
	})
	return s
}

// callOf returns e as a call, or nil. Parentheses change nothing about a call, so they are seen through
// everywhere; a conversion or an operator around it does, and is not.
func callOf(e ast.Expr) *ast.CallExpr {
	c, _ := ast.Unparen(e).(*ast.CallExpr)
	return c
}

// refine returns the states of s that can take the i-th way out of b. Only blocks of an if, a for
// and a switch without a tag are branches on a condition. A select or range has two ways out for
// other reasons.
func (fl *flow) refine(b *cfg.Block, i int, s state) []state {
	if len(b.Succs) != 2 || len(b.Nodes) == 0 {
		return []state{s}
	}
	cond, ok := b.Nodes[len(b.Nodes)-1].(ast.Expr)
	if !ok {
		return []state{s}
	}
	// The kind of the first successor tells what the condition decides. The graph builder puts the branch of the
	// true condition first.
	switch yes := b.Succs[0]; yes.Kind {
	case cfg.KindIfThen, cfg.KindForBody:
	case cfg.KindSwitchCaseBody:
		tag, ok := fl.tags[yes.Stmt]
		switch {
		case !ok:
			return []state{s}
		case tag != nil:
			return fl.equal(tag, cond, i == 0, s)
		}
	default:
		return []state{s}
	}
	return fl.decide(cond, i == 0, s)
}

// decide returns the states in which cond is want: none if s excludes it.
//
// It works from the outside to the operands: !x turns the wish round, and of x && y both are true
// or one of them is false. For the second case the states are those where x decides, and those
// where x does not and y does. A condition that the check does not understand excludes no state.
func (fl *flow) decide(cond ast.Expr, want bool, s state) []state {
	switch e := ast.Unparen(cond).(type) {
	case *ast.UnaryExpr:
		if e.Op == token.NOT {
			return fl.decide(e.X, !want, s)
		}
	case *ast.BinaryExpr:
		switch e.Op {
		case token.LAND, token.LOR:
			if (e.Op == token.LAND) == want { // both sides are want
				return fl.each(fl.decide(e.X, want, s), e.Y, want)
			}
			return append(fl.decide(e.X, want, s), fl.each(fl.decide(e.X, !want, s), e.Y, want)...)
		case token.EQL, token.NEQ:
			if fl.isNil(e.Y) && fl.isResult(e.X, s) {
				return s.settle((e.Op == token.EQL) == want)
			}
		}
	case *ast.CallExpr:
		// An Acquire alone is no condition, as its result is an error. A TryAcquire is.
		if s.from != nil && s.from.op == try && fl.isResult(e, s) {
			return s.settle(want)
		}
		fn := fl.function(e)
		if want && fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == "errors" && len(e.Args) == 2 && fl.isResult(e.Args[0], s) {
			return s.settle(false) // errors.Is and errors.As of a nil error are false
		}
	case *ast.Ident:
		if s.from != nil && s.from.op == try && fl.isResult(e, s) {
			return s.settle(want)
		}
	}
	return []state{s}
}

// equal returns the states in which a switch finds that its tag is the value of a case, or that it is
// not. It decides for the value nil of an Acquire, and for true and false of a TryAcquire. Any other
// value excludes no state: a variable with the name of an error may hold nil.
func (fl *flow) equal(tag, value ast.Expr, same bool, s state) []state {
	if !fl.isResult(tag, s) {
		return []state{s}
	}
	if s.from.op == acquire && fl.isNil(value) {
		return s.settle(same)
	}
	if v := fl.TypesInfo.Types[value].Value; s.from.op == try && v != nil && v.Kind() == constant.Bool {
		return s.settle(constant.BoolVal(v) == same)
	}
	return []state{s}
}

// each returns the states in which cond is want, for a condition that is looked at in one of these
// states.
func (fl *flow) each(states []state, cond ast.Expr, want bool) (all []state) {
	for _, s := range states {
		all = append(all, fl.decide(cond, want, s)...)
	}
	return all
}

// isResult reports whether e is the result of the last acquire: its variable, or the call itself.
func (fl *flow) isResult(e ast.Expr, s state) bool {
	if s.from == nil {
		return false
	}
	if c := callOf(e); c != nil {
		return fl.calls[c] == s.from && s.phase == pending
	}
	return s.result != nil && fl.TypesInfo.ObjectOf(identOf(e)) == s.result
}

// settle returns s with the knowledge that the acquire succeeded or failed, and nothing if s knows
// the opposite. The result outlives the permits: a later branch on it decides the same way.
func (s state) settle(succeeded bool) []state {
	switch {
	case s.phase == pending && succeeded:
		s.phase = held
	case s.phase == pending:
		s.phase = failed
	case (s.phase == held || s.phase == done || s.phase == owed) && !succeeded, s.phase == failed && succeeded:
		return nil
	}
	return []state{s}
}

// isNil asks for the type of e and not for its name: a variable may have the name nil.
func (p *checker) isNil(e ast.Expr) bool { return p.TypesInfo.Types[e].IsNil() }
