package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"go/version"
)

// mapOf returns the map type of an expression, nil if it is not a map.
func (w *writer) mapOf(e ast.Expr) *types.Map {
	m, _ := core(w.pkg.info.Types[e].Type).(*types.Map)
	return m
}

// core returns the underlying type of a type. Of a type parameter it is the underlying type that
// all types of the constraint share, however deep the constraint embeds them; for channels, the
// underlying type of the first. It is nil if there is none. The language has the same term for the operations that it
// allows on a type parameter. A range or a receive on one compiles only if core finds a type, so a
// nil result means that there is nothing to rewrite. Channels may differ in their direction.
func core(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	p, ok := types.Unalias(t).(*types.TypeParam)
	if !ok {
		return t.Underlying()
	}
	var shared types.Type
	for _, u := range termsOf(p.Constraint()) {
		_, isChan := u.(*types.Chan)
		_, wasChan := shared.(*types.Chan)
		if shared != nil && !types.Identical(shared, u) && !(isChan && wasChan) {
			return nil
		}
		if shared == nil {
			shared = u
		}
	}
	return shared
}

// termsOf returns the underlying types of all types that a constraint lists.
func termsOf(constraint types.Type) (all []types.Type) {
	switch c := types.Unalias(constraint).(type) {
	case *types.Union:
		for term := range c.Terms() {
			all = append(all, termsOf(term.Type())...)
		}
		return all
	case *types.TypeParam:
		return termsOf(c.Constraint())
	}
	i, ok := constraint.Underlying().(*types.Interface)
	if !ok {
		return []types.Type{constraint.Underlying()}
	}
	for e := range i.EmbeddedTypes() {
		all = append(all, termsOf(e)...)
	}
	return all
}

// rangeMap rewrites a range over a map, so that the loop has the same order in every execution:
//
//	for explore__r := explore__.RangeMap(m); explore__r.Next(); {
//		k, v := explore__r.Key(), explore__r.Value(); { …
//	}}
//
// The body keeps a block of its own, as it may declare k and v again. Go leaves the order of a
// range over a map open and draws it at random. Without this a recorded schedule would not be
// repeatable. The engine does not explore other orders: a program that depends on one of them is
// found only if it fails in this order.
func (w *writer) rangeMap(n *ast.RangeStmt) {
	if w.mapOf(n.X) == nil {
		return
	}
	w.loop(n, func() string {
		loop := fmt.Sprintf("for explore__r := %s.RangeMap(%s); explore__r.Next(); {",
			w.engine(), w.moved(n.X, n.For))
		key, value := "_", "_"
		if !isBlank(n.Key) {
			key = w.node(n.Key)
		}
		if !isBlank(n.Value) {
			value = w.node(n.Value)
		}
		switch {
		case key == "_" && value == "_":
			return loop
		case n.Tok == token.DEFINE && w.sharesLoopVariables():
			return w.sharedMapLoop(n, key, value)
		case value == "_":
			return fmt.Sprintf("%s %s %v explore__r.Key();", loop, key, n.Tok)
		}
		return fmt.Sprintf("%s %s, %s %v explore__r.Key(), explore__r.Value();",
			loop, key, value, n.Tok)
	})
}

// sharesLoopVariables reports whether all rounds of a loop share one variable in this file, as
// before Go 1.22.
func (w *writer) sharesLoopVariables() bool {
	v := w.pkg.info.FileVersions[w.file]
	return v != "" && version.Compare(v, "go1.22") < 0
}

// sharedMapLoop returns the head of a loop whose rounds share their variables. A variable without a
// name gets one, as its address is taken. Before Go 1.22 a closure that a round starts sees the
// variable change in later rounds. Tests look for just this bug, so a loop must not be modernised
// by its rewrite.
func (w *writer) sharedMapLoop(n *ast.RangeStmt, key, value string) string {
	if key == "_" {
		key = "explore__k"
	}
	if value == "_" {
		value = "explore__v"
	}
	return fmt.Sprintf("for explore__r, %s, %s := %s.RangeMapInto(%s); explore__r.NextInto(&%s, &%s); {",
		key, value, w.engine(), w.moved(n.X, n.For), key, value)
}

// loop replaces the head of a range loop, and puts the body into a block of its own.
func (w *writer) loop(n *ast.RangeStmt, head func() string) {
	w.engine()
	w.replace(n.For, n.Body.Lbrace+1, func() string { return head() + "{" })
	w.replace(n.Body.Rbrace, n.Body.Rbrace+1, func() string { return "}}" })
}

// isBlank reports whether a loop variable is left out or _.
func isBlank(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return e == nil || ok && id.Name == "_"
}

// insertions rewrites assignments to elements of a map whose keys may contain addresses: the engine
// ranks these keys in the order in which they come. An address differs from process to process, so
// it cannot give an order that all executions share. The rank of first insertion can.
func (w *writer) insertions(left ...ast.Expr) {
	for _, e := range left {
		x, ok := ast.Unparen(e).(*ast.IndexExpr)
		if !ok {
			continue
		}
		if m := w.mapOf(x.X); m != nil {
			w.rankKey(m, x.Index)
		}
	}
}

// literal does the same for the keys of a map literal. Keys without a type of their own are left
// out: the rewriter would have to name it.
func (w *writer) literal(n *ast.CompositeLit) {
	m, ok := core(w.pkg.info.Types[n].Type).(*types.Map)
	if !ok {
		return
	}
	for _, e := range n.Elts {
		key := e.(*ast.KeyValueExpr).Key
		if lit, ok := key.(*ast.CompositeLit); !ok || lit.Type != nil {
			w.rankKey(m, key)
		}
	}
}

// rankKey has the engine rank a key of a map. A constant has no address.
func (w *writer) rankKey(m *types.Map, key ast.Expr) {
	tv := w.pkg.info.Types[key]
	if !hasAddress(m.Key()) || tv.IsNil() || tv.Value != nil {
		return
	}
	w.replace(key.Pos(), key.End(), func() string {
		return fmt.Sprintf("%s.RankKey(%s)", w.engine(), w.node(key))
	})
	w.engine()
}

// hasAddress reports whether a value of a type may be or contain a pointer or a channel. Channels
// and pointers compare by identity, an interface may hold either, and a type parameter may be
// either. Strings and numbers have an order of their own, which is the same in each process.
func hasAddress(t types.Type) bool {
	if _, ok := t.(*types.TypeParam); ok {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer, *types.Chan, *types.Interface:
		return true
	case *types.Basic:
		return u.Kind() == types.UnsafePointer
	case *types.Array:
		return hasAddress(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			if hasAddress(f.Type()) {
				return true
			}
		}
	}
	return false
}
