package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"
)

// A lookAlike stands for some names of a package of the standard library.
type lookAlike struct {
	alias string
	keep  string   // a use of the real one, so that its import is not unused
	names []string // nil is all
}

var lookAlikes = map[string]lookAlike{
	"sync":        {"explore__sync", "Locker", nil},
	"sync/atomic": {"explore__atomic", "Int32", nil},
	"runtime":     {"explore__runtime", "Error", []string{"Gosched"}},
	"time": {"explore__time", "Duration", []string{
		"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Timer", "Ticker",
	}},
	"context": {"explore__context", "Context", []string{
		"WithCancel", "WithCancelCause", "WithDeadline", "WithDeadlineCause", "WithTimeout",
		"WithTimeoutCause", "AfterFunc", "Cause", "WithoutCancel",
	}},
	"math/rand": {"explore__rand", "Source", []string{
		"Seed", "Int", "Intn", "Int31", "Int31n", "Int63", "Int63n", "Uint32", "Uint64", "Float32", "Float64",
		"ExpFloat64", "NormFloat64", "Perm", "Shuffle", "Read",
	}},
	"math/rand/v2": {"explore__rand2", "Source", []string{
		"Int", "IntN", "Int32", "Int32N", "Int64", "Int64N", "Uint", "UintN", "Uint32", "Uint32N", "Uint64",
		"Uint64N", "Float32", "Float64", "ExpFloat64", "NormFloat64", "Perm", "Shuffle", "N",
	}},
}

// name puts the look-alike in the place of a package, if it has the name that is selected.
func (w *writer) name(s *ast.SelectorExpr) {
	x, ok := s.X.(*ast.Ident)
	if !ok {
		return
	}
	p, ok := w.pkg.info.Uses[x].(*types.PkgName)
	if !ok {
		return
	}
	path := p.Imported().Path()
	like, ok := lookAlikes[path]
	if !ok || !like.has(s.Sel.Name) {
		return
	}
	w.replace(x.Pos(), x.End(), func() string { return like.alias })
	w.uses[like.alias] = engine + "/shim/" + folder(path)
}

// folder is the last element of a path, with its version.
func folder(path string) string {
	return path[strings.LastIndex(strings.TrimSuffix(path, "/v2"), "/")+1:]
}

func (l lookAlike) has(name string) bool {
	for _, n := range l.names {
		if n == name {
			return true
		}
	}
	return l.names == nil
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
		name := strings.TrimSuffix(folder(path), "/v2")
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if name != "_" && name != "." {
			fmt.Fprintf(&b, "\nvar _ %s.%s\n", name, like.keep)
		}
	}
	return b.String()
}

// refuse notes what cannot be instrumented.
func (w *writer) refuse(at token.Pos, format string, args ...any) {
	if w.refusal == nil {
		w.refusal = fmt.Errorf("%v: %s", w.pkg.fset.Position(at), fmt.Sprintf(format, args...))
	}
}

// imports refuses what the look-alikes cannot stand for.
func (w *writer) imports() {
	for _, spec := range w.file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		if _, ok := lookAlikes[path]; ok && spec.Name != nil && spec.Name.Name == "." {
			w.refuse(spec.Pos(), "import . %q cannot be instrumented: import it by name", path)
		}
	}
}
