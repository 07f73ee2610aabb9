package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

// A type of the standard library with a lock or an atomic field is made to be shared by goroutines,
// and its state is none that the scheduler sees. The order in which goroutines call its methods can
// still decide what a program does: of two http.ServeMux.Handle the second may panic, and a
// cookiejar.Jar keeps the cookie that was set last. So each call of such a method is a step, see
// schedrt.Outside. There is no list of these types: their fields tell.
//
// Types without a lock are shared only under a lock of the program, or it has a data race. In both
// cases the order of the calls is decided by steps that are seen anyway, or the race detector reports
// the race.

// settled are packages whose types have locks only around what no program can observe, such as
// values that are computed once, and packages with look-alikes or rules of their own.
var settled = map[string]bool{
	"archive/zip": true, "debug/gosym": true, "go/types": true, "strings": true, // computed once
	"os": true, "os/exec": true, "io": true, "log/syslog": true, // see uncontrolled
	"testing": true, "sync": true, "sync/atomic": true, "time": true, "context": true,
}

// outsideCall makes a call of a method of such a type a step.
func (w *writer) outsideCall(s *ast.SelectorExpr, f *types.Func) {
	path := f.Pkg().Path()
	r := f.Signature().Recv()
	if r == nil || w.pkg.Standard || !w.pkg.isStandard(path) || settled[path] || isInstrumented(path) {
		return
	}
	t := types.Unalias(r.Type())
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	n, ok := t.(*types.Named)
	if !ok || lookAlikes[path].stands(n.Obj().Name()) || !hasLock(n, n.Obj().Pkg(), map[types.Type]bool{}) {
		return
	}
	w.engine()
	w.replace(s.Pos(), s.End(), func() string {
		return fmt.Sprintf("%s.Outside(%s, %q, %q)", w.engine(), w.node(s), path+"."+n.Obj().Name(), f.Name())
	})
}

// stands reports whether l, which may be the zero value, stands for a name.
func (l lookAlike) stands(name string) bool { return l.name != "" && l.has(name) }

// hasLock reports whether a type of package pkg contains a lock or an atomic value: in itself, or
// behind a pointer to a type that only its package can name.
func hasLock(t types.Type, pkg *types.Package, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	if n, ok := types.Unalias(t).(*types.Named); ok && n.Obj().Pkg() != nil {
		path := n.Obj().Pkg().Path()
		if path == "sync" || strings.HasPrefix(path, "sync/") {
			return n.Obj().Name() != "Pool" && n.Obj().Name() != "Once" // what these keep is not seen
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for f := range u.Fields() {
			if hasLock(f.Type(), pkg, seen) {
				return true
			}
		}
	case *types.Array:
		return hasLock(u.Elem(), pkg, seen)
	case *types.Pointer:
		n, ok := types.Unalias(u.Elem()).(*types.Named)
		if !ok || n.Obj().Pkg() == nil {
			return false
		}
		private := n.Obj().Pkg() == pkg && !n.Obj().Exported()
		return (private || n.Obj().Pkg().Path() == "sync") && hasLock(n, pkg, seen)
	}
	return false
}
