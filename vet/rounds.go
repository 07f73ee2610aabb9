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
	fl := p.follow(f, body, calls, state{}, took)
	if fl == nil {
		return
	}
	loop := took.loop()
	for _, b := range fl.graph.Blocks {
		end := endOf(b)
		if end == nil || targetOf(loop, end) != loop || end.Tok == token.BREAK && !on.shared() {
			continue
		}
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
		if c.loop() == nil || loop != nil && c.loop() != loop {
			return nil
		}
		loop = c.loop()
	}
	for _, c := range f.on(on) {
		if c.op == release || loop == nil || !contains(c.in, loop) {
			continue
		}
		if took != nil || c.loop() != loop {
			return nil
		}
		took = c
	}
	return took
}

// endOf returns the break or continue without a label that ends the branch that b is, or nil. The
// statements before it must be simple, else b is not the whole branch, and the states at its end are
// not the states at the end of b.
func endOf(b *cfg.Block) *ast.BranchStmt {
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
		if b.Kind == cfg.KindSelectCaseBody {
			stmts = s.Body
		}
	}
	for i, s := range stmts {
		switch s := s.(type) {
		case *ast.ExprStmt, *ast.AssignStmt, *ast.IncDecStmt, *ast.DeclStmt, *ast.SendStmt, *ast.GoStmt:
			if mayLeave(s) {
				return nil
			}
		case *ast.BranchStmt:
			if i == len(stmts)-1 && s.Label == nil && (s.Tok == token.BREAK || s.Tok == token.CONTINUE) {
				return s
			}
			return nil
		default:
			return nil
		}
	}
	return nil
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
