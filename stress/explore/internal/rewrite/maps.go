package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
)

// mapOf returns the map type of an expression, nil if it is not a map.
func (w *writer) mapOf(e ast.Expr) *types.Map {
	t := w.pkg.info.Types[e].Type
	if t == nil {
		return nil
	}
	m, _ := t.Underlying().(*types.Map)
	if u, ok := t.Underlying().(*types.Interface); ok && u.NumEmbeddeds() == 1 { // a type parameter
		if union, ok := u.EmbeddedType(0).(*types.Union); ok && union.Len() == 1 {
			m, _ = union.Term(0).Type().Underlying().(*types.Map)
		}
	}
	return m
}

// rangeMap rewrites a range over a map, so that the loop has the same order in every execution.
func (w *writer) rangeMap(n *ast.RangeStmt) {
	if w.mapOf(n.X) == nil {
		return
	}
	w.replace(n.For, n.Body.Lbrace+1, func() string {
		loop := fmt.Sprintf("for explore__r := %s.RangeMap(%s); explore__r.Next(); {",
			w.engine(), w.moved(n.X, n.For))
		switch {
		case isBlank(n.Key) && isBlank(n.Value):
			return loop
		case isBlank(n.Value):
			return fmt.Sprintf("%s %s %v explore__r.Key();", loop, w.node(n.Key), n.Tok)
		}
		return fmt.Sprintf("%s %s, %s %v explore__r.Key(), explore__r.Value();",
			loop, w.node(n.Key), w.node(n.Value), n.Tok)
	})
	w.engine()
}

// isBlank reports whether a loop variable is left out or _.
func isBlank(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return e == nil || ok && id.Name == "_"
}

// insertions rewrites assignments to elements of a map whose keys may contain addresses: the
// engine ranks these keys in the order in which they come.
func (w *writer) insertions(left ...ast.Expr) {
	for _, e := range left {
		x, ok := ast.Unparen(e).(*ast.IndexExpr)
		if !ok {
			continue
		}
		if m := w.mapOf(x.X); m == nil || !hasAddress(m.Key()) || w.pkg.info.Types[x.Index].IsNil() {
			continue
		}
		w.replace(x.Index.Pos(), x.Index.End(), func() string {
			return fmt.Sprintf("%s.RankKey(%s)", w.engine(), w.node(x.Index))
		})
		w.engine()
	}
}

// hasAddress reports whether a value of a type may be or contain a pointer or a channel.
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
