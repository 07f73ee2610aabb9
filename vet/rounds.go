package vet

import (
	"go/ast"
	"go/token"

	"golang.org/x/tools/go/cfg"
)

// checkRounds reports a continue that keeps the permits of its round, and a break that does so.
//
// The only take of a loop and every release of the function stand in this loop, and nothing hands the
// semaphore on. So no later code gives back what the round keeps. A break is reported for a shared
// semaphore only, as the permits of a local one may end with it.
func (p *checker) checkRounds(f *function, on place, body ast.Node, calls []*call) {
	took := f.takeOfRounds(on)
	if took == nil || took.body() != body || on.shared() && !p.balanced(on) || !on.shared() && !p.madeHere(f, on) {
		return
	}
	// The analysis begins anew at the take, or the permits of a round that kept them would make the next round
	// lost: then only the first round would be judged, and its states depend on the code before the loop.
	fl := p.follow(f, body, calls, state{}, took)
	if fl == nil {
		return
	}
	loop, defaults := took.loop(), defaultsOf(body)
	for _, b := range fl.graph.Blocks {
		end := endOf(b, defaults)
		if end == nil {
			continue
		}
		if ends, leaves := roundEnd(body, loop, end); !ends || leaves && !on.shared() {
			continue
		}
		// The states at the end of the block and not at its beginning: the branch may release before its
		// continue.
		out := map[state]bool{}
		for s := range fl.in[b.Index] {
			out[fl.through(b, s)] = true
		}
		if s, ok := all(out, held); ok && s.from == took && s.deferred == nil {
			p.Reportf(end.Pos(), "this %s keeps the permits of the %s in line %d", end.Tok, takes(took), p.line(took))
		}
	}
}

// takeOfRounds returns the take whose loop has every release of on and no other take, or nil. A take
// outside of the loop does not matter: it is often the barrier at the end, which waits for all permits
// and so for ever if a round kept one.
func (f *function) takeOfRounds(on place) (took *call) {
	var loop ast.Node
	for _, c := range f.on(on) {
		if c.op != release {
			continue
		}
		// A release behind the loop, or in another one, may give back what the rounds kept.
		if c.loop() == nil || loop != nil && c.loop() != loop {
			return nil
		}
		loop = c.loop()
	}
	for _, c := range f.on(on) {
		if c.op == release || loop == nil || !contains(c.in, loop) {
			continue
		}
		// With two takes the states of one round belong to either, and a take of an inner loop may run many
		// times for one release.
		if took != nil || c.loop() != loop {
			return nil
		}
		took = c
	}
	return took
}

// endOf returns the break or continue that ends the branch that b is, or nil. The
// statements before it must be simple, else b is not the whole branch, and the states at its end are
// not the states at the end of b.
func endOf(b *cfg.Block, defaults map[ast.Stmt][]ast.Stmt) *ast.BranchStmt {
	if len(b.Succs) != 1 {
		return nil // a call before the end never returns, or the branch is no single block
	}
	var stmts []ast.Stmt
	switch s := b.Stmt.(type) {
	case *ast.IfStmt:
		if b.Kind == cfg.KindIfThen {
			stmts = s.Body.List
		} else if block, ok := s.Else.(*ast.BlockStmt); ok && b.Kind == cfg.KindIfElse {
			stmts = block.List
		}
	case *ast.CaseClause:
		if b.Kind == cfg.KindSwitchCaseBody {
			stmts = s.Body
		}
	case *ast.CommClause:
		switch b.Kind {
		case cfg.KindSelectCaseBody:
			stmts = s.Body
		case cfg.KindSelectAfterCase:
			stmts = defaults[s]
		}
	}
	// An if or a loop between would split the branch into blocks, and b would be only the first of them. A
	// call that may end the function, such as log.Fatal, keeps nothing: the list stands in sequence.go.
	for i, s := range stmts {
		switch s := s.(type) {
		case *ast.ExprStmt, *ast.AssignStmt, *ast.IncDecStmt, *ast.DeclStmt, *ast.SendStmt, *ast.GoStmt:
			if mayLeave(s) {
				return nil
			}
		case *ast.BranchStmt:
			if i == len(stmts)-1 && (s.Tok == token.BREAK || s.Tok == token.CONTINUE) {
				return s
			}
			return nil
		default:
			return nil
		}
	}
	return nil
}

// defaultsOf returns the body of the default of each select, by the last other clause of the select. The
// graph has no block of its own for a default: its statements stand behind the last other clause.
func defaultsOf(body ast.Node) map[ast.Stmt][]ast.Stmt {
	defaults := map[ast.Stmt][]ast.Stmt{}
	ast.Inspect(body, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectStmt); ok {
			var last ast.Stmt
			var stmts []ast.Stmt
			for _, c := range s.Body.List {
				if c := c.(*ast.CommClause); c.Comm == nil {
					stmts = c.Body
				} else {
					last = c
				}
			}
			defaults[last] = stmts
		}
		return true
	})
	return defaults
}

// roundEnd reports whether end ends a round of loop, and whether it leaves the loop as well. A label
// decides it: a continue of a loop around this one leaves this one, and a break of a loop inside of it
// does not end the round.
func roundEnd(body, loop ast.Node, end *ast.BranchStmt) (ends, leaves bool) {
	if !within(end, loop) {
		return false, false
	}
	// Without a label, a break of a switch or a select in the loop ends no round either; targetOf knows.
	if end.Label == nil {
		return targetOf(loop, end) == loop, end.Tok == token.BREAK
	}
	// A label belongs to its function literal, and two literals may use one name. The label of end is the one
	// around it: Go has no jump into a loop.
	var target ast.Node
	ast.Inspect(body, func(n ast.Node) bool {
		if l, ok := n.(*ast.LabeledStmt); ok && l.Label.Name == end.Label.Name && within(end, l) {
			target = l.Stmt
		}
		return true
	})
	if target == nil || !within(loop, target) {
		return false, false
	}
	return true, end.Tok == token.BREAK || target != loop
}

// within reports whether inner stands in outer, or is it. Two nodes of one file never overlap in part.
func within(inner, outer ast.Node) bool {
	return outer.Pos() <= inner.Pos() && inner.End() <= outer.End()
}

// targetOf returns the statement in loop, or loop itself, that end leaves or begins anew. A break may
// leave a switch or a select.
func targetOf(loop ast.Node, end *ast.BranchStmt) (target ast.Node) {
	ast.PreorderStack(loop, nil, func(n ast.Node, above []ast.Node) bool {
		if n != ast.Node(end) {
			return target == nil
		}
		for i := len(above) - 1; i >= 0 && target == nil; i-- {
			switch n := above[i].(type) {
			case *ast.ForStmt, *ast.RangeStmt:
				target = n
			case *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
				if end.Tok == token.BREAK {
					target = n
				}
			}
		}
		return false
	})
	return target
}
