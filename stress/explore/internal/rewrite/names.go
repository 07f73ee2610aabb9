package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// A lookAlike stands for some names of a package of the standard library.
type lookAlike struct {
	alias string
	keep  string   // a use of the real one, so that its import is not unused
	names []string // nil is all
	suite bool     // in suites only: elsewhere package testing is that of go test
}

var lookAlikes = map[string]lookAlike{
	"sync":        {alias: "explore__sync", keep: "Locker"},
	"sync/atomic": {alias: "explore__atomic", keep: "Int32"},
	"runtime": {alias: "explore__runtime", keep: "Error", names: []string{
		"Gosched", "NumGoroutine", "Stack", "SetFinalizer", "AddCleanup", "NumCPU", "GOMAXPROCS",
	}},
	"time": {alias: "explore__time", keep: "Duration", names: []string{
		"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Timer", "Ticker",
	}},
	"context": {alias: "explore__context", keep: "Context", names: []string{
		"WithCancel", "WithCancelCause", "WithDeadline", "WithDeadlineCause", "WithTimeout",
		"WithTimeoutCause", "AfterFunc", "Cause", "WithoutCancel",
	}},
	"testing": {alias: "explore__testing", keep: "TB", suite: true, names: []string{
		"T", "InternalTest", "RunTests", "AllocsPerRun", "Benchmark",
	}},
}

func (l lookAlike) has(name string) bool { return l.names == nil || slices.Contains(l.names, name) }

// lookAlikeOf returns what stands for a name of a package, if anything does.
func (w *writer) lookAlikeOf(path, name string) (like lookAlike, ok bool) {
	like, ok = lookAlikes[path]
	return like, ok && like.has(name) && (!like.suite || w.pkg.suite != nil)
}

// use imports a look-alike and returns what it is called.
func (w *writer) use(like lookAlike, path string) string {
	w.uses[like.alias] = engine + "/shim/" + path[strings.LastIndex(path, "/")+1:]
	return like.alias
}

// qualified puts the look-alike in the place of a package, if it has the name that is selected.
func (w *writer) qualified(s *ast.SelectorExpr) {
	x, ok := s.X.(*ast.Ident)
	if !ok {
		return
	}
	p, ok := w.pkg.info.Uses[x].(*types.PkgName)
	if !ok {
		return
	}
	w.hidden[s.Sel] = true
	if like, ok := w.lookAlikeOf(p.Imported().Path(), s.Sel.Name); ok {
		alias := w.use(like, p.Imported().Path())
		w.replace(x.Pos(), x.End(), func() string { return alias })
	}
}

// unqualified does the same for a name that import . has made one of the file.
func (w *writer) unqualified(id *ast.Ident) {
	object := w.pkg.info.Uses[id]
	if object == nil || object.Pkg() == nil || object.Parent() != object.Pkg().Scope() || w.hidden[id] {
		return
	}
	if like, ok := w.lookAlikeOf(object.Pkg().Path(), id.Name); ok {
		alias := w.use(like, object.Pkg().Path())
		w.replace(id.Pos(), id.End(), func() string { return alias + "." + id.Name })
	}
}

// keepImports uses every package that has a look-alike once more.
func (w *writer) keepImports() string {
	var b strings.Builder
	for _, spec := range w.file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		like, ok := lookAlikes[path]
		if !ok || w.uses[like.alias] == "" {
			continue
		}
		name := path[strings.LastIndex(path, "/")+1:] + "."
		if spec.Name != nil {
			name = spec.Name.Name + "."
		}
		switch name {
		case "_.":
			continue
		case "..":
			name = ""
		}
		fmt.Fprintf(&b, "\nvar _ %s%s\n", name, like.keep)
	}
	return b.String()
}

// refuse notes what cannot be instrumented.
func (w *writer) refuse(at token.Pos, format string, args ...any) {
	if w.refusal == nil {
		w.refusal = fmt.Errorf("%v: %s", w.pkg.fset.Position(at), fmt.Sprintf(format, args...))
	}
}
