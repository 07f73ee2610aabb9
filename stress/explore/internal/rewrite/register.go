package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// onceOnly are functions of the standard library that register something in the process, and most
// of which panic when they do so again. Under control a call is refused; when a package is
// initialized again, a statement that is such a call does nothing. Most of the registries have no
// function that takes an entry back, so the engine cannot restore them.
var onceOnly = map[string][]string{
	"flag": {
		"Bool", "BoolFunc", "BoolVar", "Duration", "DurationVar", "Float64", "Float64Var", "Func", "Int",
		"Int64", "Int64Var", "IntVar", "String", "StringVar", "TextVar", "Uint", "Uint64", "Uint64Var",
		"UintVar", "Var",
	},
	"expvar":        {"NewFloat", "NewInt", "NewMap", "NewString", "Publish"},
	"net/http":      {"Handle", "HandleFunc"},
	"net/rpc":       {"HandleHTTP", "Register", "RegisterName"},
	"database/sql":  {"Register"},
	"image":         {"RegisterFormat"},
	"archive/zip":   {"RegisterCompressor", "RegisterDecompressor"},
	"runtime/pprof": {"NewProfile"},
}

// restored are functions of the table whose registry is restored before each schedule, see
// instrumented. A body may call them. The initialization of a package may not call them again: what it
// registered at the start of the process is there already.
var restored = map[string]bool{
	"net/http.Handle": true, "net/http.HandleFunc": true, "net/rpc.HandleHTTP": true,
}

// ofInit reports whether a node with these parents runs when its package is initialized: it is in
// an init function or outside of functions. Without a function around it, a call is in the value of
// a package variable.
func ofInit(parents []ast.Node) bool {
	for _, p := range parents {
		if f, ok := p.(*ast.FuncDecl); ok {
			return f.Recv == nil && f.Name.Name == "init"
		}
	}
	return true
}

// onceOnly returns the name of a function of the table that a call calls, or "".
func (c *checked) onceOnly(call *ast.CallExpr) string {
	f := c.callee(call)
	if f == nil || f.Pkg() == nil || f.Signature().Recv() != nil ||
		!slices.Contains(onceOnly[f.Pkg().Path()], f.Name()) {
		return ""
	}
	return fullName(f)
}

// guardOnce lets a statement that calls such a function do nothing when the package is initialized
// again. Only whole statements are guarded, since an expression cannot be left out. keep leaves out
// the initializer of a package variable that registers. FirstInit is true while the process starts,
// and false in every later initialization.
func (w *writer) guardOnce(n ast.Stmt) {
	var e ast.Expr
	switch s := n.(type) {
	case *ast.ExprStmt:
		e = s.X
	case *ast.AssignStmt:
		if s.Tok == token.ASSIGN && len(s.Rhs) == 1 {
			e = s.Rhs[0]
		}
	}
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if (!ok || w.pkg.onceOnly(call) == "") && !w.makesKept(n) {
		return
	}
	w.engine()
	w.replace(n.Pos(), n.End(), func() string {
		return fmt.Sprintf("if %s.FirstInit() { %s }", w.engine(), w.source(n.Pos(), n.End()))
	})
}

// makesKept reports whether a statement of an init function gives a value to a variable that the
// standard library refers to, as in
//
//	func init() { pool = &driver{}; sql.Register("mock", pool) }
//
// database/sql would not know a second driver in pool. A function literal in the
// init function may be called in a schedule, so its statements stay.
func (w *writer) makesKept(n ast.Stmt) bool {
	assign, ok := n.(*ast.AssignStmt)
	if !ok || assign.Tok != token.ASSIGN {
		return false
	}
	for _, e := range assign.Lhs {
		id := root(e)
		if id == nil || !w.pkg.kept[variableName(w.pkg.info.Uses[id])] {
			return false
		}
	}
	for _, d := range w.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || f.Name.Name != "init" || n.Pos() < f.Pos() || n.End() > f.End() {
			continue
		}
		inLiteral := false
		ast.Inspect(f.Body, func(m ast.Node) bool {
			lit, ok := m.(*ast.FuncLit)
			inLiteral = inLiteral || ok && lit.Pos() <= n.Pos() && n.End() <= lit.End()
			return true
		})
		return !inLiteral
	}
	return false
}

// root returns the variable of which an expression is a part: v of v, v.f, v[i] and *v. It returns
// nil for the result of a call. An element or a dereference belongs to a different object from the
// variable. It counts all the same: a statement that fills a kept value has to stay out as well.
func root(e ast.Expr) *ast.Ident {
	switch x := ast.Unparen(e).(type) {
	case *ast.Ident:
		return x
	case *ast.SelectorExpr:
		return root(x.X)
	case *ast.IndexExpr:
		return root(x.X)
	case *ast.StarExpr:
		return root(x.X)
	}
	return nil
}

// mayRegister reports whether initializing the package may call a function of the package, other than init, that
// registers something. The standard library allows a registration once in a process, and a flag once in a flag
// set: a second call would panic, "flag redefined". Such a package keeps its variables from schedule to
// schedule. So does a package whose init functions look at what they have registered, see once.
//
// It follows calls within the package by name only, and takes every function that is mentioned for
// a function that is called. A package that keeps its variables without need is explored a little less
// exactly; a second registration would end the process.
func (c *checked) mayRegister() bool {
	todo := c.initialCode()
	seen := map[*types.Func]bool{}
	for len(todo) > 0 {
		n := todo[0]
		todo = todo[1:]
		f, ok := n.(*ast.FuncDecl)
		if ok && (f.Recv != nil || f.Name.Name != "init") && c.registers(f) || c.once(n) {
			return true
		}
		ast.Inspect(n, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			if f, ok := c.info.Uses[id].(*types.Func); ok && !seen[f] {
				seen[f] = true
				todo = append(todo, c.declarations(f)...)
			}
			return true
		})
	}
	return false
}

// initialCode returns the init functions of the package and the values of its variables.
func (c *checked) initialCode() (code []ast.Node) {
	for _, init := range c.info.InitOrder {
		code = append(code, init.Rhs)
	}
	for _, file := range c.files {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				code = append(code, f)
			}
		}
	}
	return code
}

// declarations returns the functions of the package that a use of f may call. A method may be
// called by way of an interface, so any method with its name counts. Origin leads from an instance
// of a generic function to its declaration.
func (c *checked) declarations(f *types.Func) (found []ast.Node) {
	for _, file := range c.files {
		for _, d := range file.Decls {
			decl, ok := d.(*ast.FuncDecl)
			if ok && (c.info.Defs[decl.Name] == f.Origin() ||
				decl.Recv != nil && f.Signature().Recv() != nil && decl.Name.Name == f.Name()) {
				found = append(found, decl)
			}
		}
	}
	return found
}

// registers reports whether a function calls one of onceOnly or uses package flag.
func (c *checked) registers(f *ast.FuncDecl) (found bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			found = found || c.onceOnly(n) != ""
		case *ast.Ident:
			o := c.info.Uses[n]
			found = found || o != nil && o.Pkg() != nil && o.Pkg().Path() == "flag"
		}
		return !found
	})
	return found
}

// registries are the variables of the standard library in which a package may register something by a
// method.
var registries = map[string]bool{
	"flag.CommandLine": true, "net/http.DefaultServeMux": true, "net/rpc.DefaultServer": true,
}

// once reports whether code of an initialization could fail the second time, although guardOnce leaves
// out its calls of onceOnly. It calls a method of a registry, or it registers something and may also
// panic or end the process: x/net/trace panics if the default mux of net/http has its path already.
func (c *checked) once(n ast.Node) bool {
	registers, mayFail, found := false, false, false
	ast.Inspect(n, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		registers = registers || c.onceOnly(call) != ""
		if id, ok := ast.Unparen(call.Fun).(*ast.Ident); ok {
			b, ok := c.info.Uses[id].(*types.Builtin)
			mayFail = mayFail || ok && b.Name() == "panic"
		}
		if s, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr); ok {
			f, ok := c.info.Uses[s.Sel].(*types.Func)
			mayFail = mayFail || ok && f.Pkg() != nil &&
				(f.FullName() == "os.Exit" || f.Pkg().Path() == "log" && !strings.HasPrefix(f.Name(), "Print"))
			found = found || registries[c.standardVariable(s.X)]
		}
		return true
	})
	return found || registers && mayFail
}

// standardVariable returns the name of the package variable that an expression is, with the path of
// its package, or "".
func (c *checked) standardVariable(e ast.Expr) string {
	s, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if v, ok := c.info.Uses[s.Sel].(*types.Var); ok && !v.IsField() && v.Pkg() != nil {
		return v.Pkg().Path() + "." + v.Name()
	}
	return ""
}
