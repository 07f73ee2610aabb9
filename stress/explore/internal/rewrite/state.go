package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Every schedule has to start from the same package variables. So a rewritten package registers a
// function that initializes it again, and package schedrt calls these functions at the begin of
// each execution, in the order in which Go initialized the packages:
//
//	func explore__var_0() { table = map[string]int{} }
//	func explore__init_0_0() { … }               // was: func init() { … }
//	func init() { explore__init_0_0() }
//	func init() {
//		explore__.OnReset(true, func() { explore__.Zero(&mu); explore__var_0(); explore__init_0_0() })
//	}
//
// Initializing takes time, so variables that cannot change are left out. A variable can change if
// something assigns to it, takes its address or passes its map or slice on, or if its value may
// have a state: a pointer, a closure that a function made. As long as no package of a program has
// a variable that can change, none is initialized again.

// A state has the uses of package variables in all packages of a build. The analysis errs to one
// side only. A variable that is taken for changing costs time in each schedule. A variable taken
// for constant and changes makes the second schedule start from another state than the first, and a
// replay may then differ. So each case that is not understood counts as a change.
type state struct {
	changes map[string]bool // variables that can change by a use, by path and name
	kept    map[string]bool // variables that the standard library has a hold on, for example a flag
	fields  map[string]bool // see assignsField
}

// findState goes through all packages. It looks at uses and not at the flow of data: whether a use
// is reached does not matter. One pass over all trees, whose cost is a small part of their type
// check.
func findState(all []*checked) *state {
	s := &state{changes: map[string]bool{}, kept: map[string]bool{}, fields: map[string]bool{}}
	for _, c := range all {
		for _, file := range c.files {
			var parents []ast.Node
			ast.Inspect(file, func(n ast.Node) bool {
				if n == nil {
					parents = parents[:len(parents)-1]
					return true
				}
				s.visit(c, n, parents)
				parents = append(parents, n)
				return true
			})
		}
	}
	return s
}

// variableName returns the key of a package variable, "" for another object. A string and not the
// object: each package was checked against export data, so the same variable is another object in
// each package that uses it.
func variableName(o types.Object) string {
	v, ok := o.(*types.Var)
	if !ok || v.Pkg() == nil || v.Parent() != v.Pkg().Scope() {
		return ""
	}
	return v.Pkg().Path() + "." + v.Name()
}

// visit notes what the use of a package variable does to it.
func (s *state) visit(c *checked, n ast.Node, parents []ast.Node) {
	if call, ok := n.(*ast.CallExpr); ok {
		if name := c.onceOnly(call); name != "" && (!restored[name] || ofInit(parents)) {
			s.keep(c, call, parents)
		}
	}
	id, ok := n.(*ast.Ident)
	if !ok {
		return
	}
	if key := variableName(c.info.Uses[id]); key != "" && c.mayChange(id, parents) {
		s.changes[key] = true
		s.fields[key] = s.fields[key] || c.assignsField(id, parents)
	}
}

// keep notes the variables in the arguments of a call, and the variables that get its result. A
// flag variable, for example, was registered in the process under its address. An initialization
// would create it anew, and the flag set would still write to the old one.
func (s *state) keep(c *checked, call *ast.CallExpr, parents []ast.Node) {
	names := []ast.Node{call}
	if a, ok := parents[len(parents)-1].(*ast.AssignStmt); ok {
		for _, e := range a.Lhs {
			names = append(names, e)
		}
	}
	for _, n := range names {
		ast.Inspect(n, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				if key := variableName(c.info.Uses[id]); key != "" {
					s.kept[key] = true
				}
			}
			return true
		})
	}
}

// mayChange reports whether a use of a variable can change it or what it contains. It goes outward
// from the name through fields and elements. At each step e is the part of the expression that is
// known to be the variable or a part of it, and the parent decides. A read ends the walk with
// false, a write with true. Where e is copied, isShared tells whether the copy still leads to the
// same memory.
func (c *checked) mayChange(id *ast.Ident, parents []ast.Node) bool {
	var e ast.Node = id
	for i := len(parents) - 1; i >= 0; i-- {
		switch p := parents[i].(type) {
		case *ast.ParenExpr:
		case *ast.SelectorExpr:
			if p.Sel != e { // otherwise e is the name in pkg.name
				if sel := c.info.Selections[p]; sel != nil && sel.Kind() != types.FieldVal {
					// A method of a map or slice type changes the elements without a pointer.
					return hasPointerReceiver(sel) || c.isShared(e)
				}
			}
		case *ast.IndexExpr:
			if p.X != e {
				return c.isShared(e)
			}
		case *ast.UnaryExpr:
			return p.Op == token.AND
		case *ast.IncDecStmt:
			return true
		case *ast.AssignStmt:
			return slices.ContainsFunc(p.Lhs, func(l ast.Expr) bool { return l == e }) || c.isShared(e)
		case *ast.RangeStmt:
			return p.Key == e || p.Value == e || c.sharesElements(e)
		case *ast.CallExpr:
			if fun, ok := ast.Unparen(p.Fun).(*ast.Ident); ok {
				if b, ok := c.info.Uses[fun].(*types.Builtin); ok && (b.Name() == "len" || b.Name() == "cap") {
					return false
				}
			}
			return p.Fun != e && c.isShared(e)
		case *ast.SliceExpr:
			return p.X == e && !isString(c.info.Types[p.X].Type)
		// A dereferenced pointer leads to another object than the variable. hasState has counted
		// the pointer itself.
		case *ast.BinaryExpr, *ast.StarExpr:
			return false
		default:
			return c.isShared(e)
		}
		e = parents[i]
	}
	return true
}

// hasPointerReceiver reports whether a method of a variable gets its address.
func hasPointerReceiver(s *types.Selection) bool {
	if _, ok := s.Recv().Underlying().(*types.Pointer); ok {
		return false
	}
	f, ok := s.Obj().(*types.Func)
	if !ok || f.Signature().Recv() == nil {
		return false
	}
	_, pointer := f.Signature().Recv().Type().(*types.Pointer)
	return pointer
}

func isString(t types.Type) bool {
	b, ok := core(t).(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

// isShared reports whether a copy of a value has memory in common with it that can change.
func (c *checked) isShared(n ast.Node) bool {
	e, ok := n.(ast.Expr)
	return ok && shares(c.info.TypeOf(e))
}

// sharesElements is isShared for the elements that a range loop copies. Iterating reads the
// elements. It changes nothing by itself, and a copy of an int cannot be used to change the map.
func (c *checked) sharesElements(n ast.Node) bool {
	e, ok := n.(ast.Expr)
	if !ok {
		return true
	}
	switch t := core(c.info.TypeOf(e)).(type) {
	case *types.Map:
		return shares(t.Key()) || shares(t.Elem())
	case *types.Slice:
		return shares(t.Elem())
	case *types.Array:
		return shares(t.Elem())
	case *types.Basic:
		return false
	}
	return true
}

// shares reports whether a type has maps or slices in it. The values behind pointers and in
// interfaces are judged by what makes them, see hasState. The recursion ends, since a struct
// contains itself only behind a pointer, a map or a slice, and each of these gives an answer.
func shares(t types.Type) bool {
	switch u := core(t).(type) {
	case *types.Basic, *types.Pointer, *types.Interface, *types.Signature:
		return false
	case *types.Array:
		return shares(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			if shares(f.Type()) {
				return true
			}
		}
		return false
	}
	return true
}

// pure are functions of the standard library whose results never change.
var pure = map[string]bool{
	"errors.New": true, "fmt.Errorf": true, "regexp.MustCompile": true, "reflect.TypeOf": true,
	"reflect.TypeFor": true, "regexp.MustCompilePOSIX": true,
}

// hasState reports whether the value of an initializer may have a state of its own: something in it
// was made by a function, or is a pointer. A use of such a variable may be read-only in syntax and
// change the value all the same: v.Method() on a pointer, or f() on a closure that counts its
// calls. So the initializer decides and not the uses.
func (c *checked) hasState(e ast.Expr) bool {
	if tv := c.info.Types[e]; tv.Value != nil || tv.IsNil() || tv.IsType() {
		return false
	}
	switch x := ast.Unparen(e).(type) {
	case *ast.FuncLit: // of a package variable: it has no variables around it
		return false
	case *ast.CompositeLit:
		for _, elt := range x.Elts {
			if kv, ok := elt.(*ast.KeyValueExpr); ok {
				if _, isMap := core(c.info.TypeOf(x)).(*types.Map); isMap && c.hasState(kv.Key) {
					return true // a pointer, whose target can change
				}
				elt = kv.Value
			}
			if lit, ok := elt.(*ast.CompositeLit); ok && lit.Type == nil {
				if _, pointer := core(c.info.TypeOf(lit)).(*types.Pointer); pointer {
					return true
				}
			}
			if c.hasState(elt) {
				return true
			}
		}
		return false
	case *ast.CallExpr:
		if f := c.callee(x); f != nil && pure[fullName(f)] || immutable(c.info.TypeOf(x)) {
			return false
		}
		if c.info.Types[x.Fun].IsType() && len(x.Args) == 1 {
			return c.hasState(x.Args[0])
		}
		return true
	case *ast.Ident, *ast.SelectorExpr:
		var o types.Object
		if id, ok := x.(*ast.Ident); ok {
			o = c.info.Uses[id]
		} else {
			o = c.info.Uses[x.(*ast.SelectorExpr).Sel]
		}
		if f, ok := o.(*types.Func); ok && f.Signature().Recv() == nil {
			return false
		}
	}
	return !immutable(c.info.TypeOf(e))
}

// immutable reports whether a value of a type can only change by an assignment to it. Strings count
// as immutable, since their bytes cannot be written. A reflect.Type is an interface, whose
// implementations are never written.
func immutable(t types.Type) bool {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		return u.Kind() != types.UnsafePointer
	case *types.Array:
		return immutable(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			if !immutable(f.Type()) {
				return false
			}
		}
		return true
	}
	if n, ok := types.Unalias(t).(*types.Named); ok && n.Obj().Pkg() != nil {
		return n.Obj().Pkg().Path() == "reflect" && n.Obj().Name() == "Type"
	}
	return false
}

// callee returns the function that a call calls, nil if it is a value. Conversions and calls of
// function values have no callee.
func (c *checked) callee(call *ast.CallExpr) *types.Func {
	var id *ast.Ident
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		id = f
	case *ast.SelectorExpr:
		id = f.Sel
	case *ast.IndexExpr:
		if s, ok := f.X.(*ast.SelectorExpr); ok {
			id = s.Sel
		}
	}
	f, _ := c.info.Uses[id].(*types.Func)
	return f
}

func fullName(f *types.Func) string {
	if f.Pkg() == nil {
		return f.Name()
	}
	return f.Pkg().Path() + "." + uncontrolledName(f)
}

// calls reports whether an initializer calls something that may change other variables: a function
// that is rewritten, or a value. Such an initializer runs again even if its own variable is
// constant: the function it calls may have filled another variable, which was reset.
func (c *checked) calls(e ast.Expr) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || c.info.Types[call.Fun].IsType() || c.info.Types[call.Fun].IsBuiltin() {
			// The body of a literal does not run when the literal is made.
			_, lit := n.(*ast.FuncLit)
			return !lit
		}
		f := c.callee(call)
		found = found || f == nil || f.Pkg() != nil && !c.isStandard(f.Pkg().Path())
		return true
	})
	return found
}

// onceOnly are functions of the standard library that register something in the process, and most
// of which panic when they do so again. Under control a call is refused; when a package is
// initialized again, a statement that is such a call does nothing.
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

// ofInit reports whether a node with these parents runs when its package is initialized: it is in an
// init function or outside of functions.
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
// the initializer of a package variable that registers.
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
// standard library has a hold on, as in
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
// nil for the result of a call.
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

// mayRegister reports whether initializing the package may come to a function of the package, other
// than init, that does what the standard library allows once in a process, or uses a flag set: a
// second call would panic, "flag redefined". Such a package keeps its variables from schedule to
// schedule.
func (c *checked) mayRegister() bool {
	todo := c.initialCode()
	seen := map[*types.Func]bool{}
	for len(todo) > 0 {
		n := todo[0]
		todo = todo[1:]
		if f, ok := n.(*ast.FuncDecl); ok && (f.Recv != nil || f.Name.Name != "init") && c.registers(f) {
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
// called by way of an interface, so any method with its name counts.
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

// prepare decides what to initialize again in a package. InitOrder is the order of the language,
// which respects the dependencies between variables. The initializers run again in this order. A
// variable that nothing changes is left out, unless its initializer calls something that may change
// others.
func (s *state) prepare(c *checked) {
	c.kept = s.kept
	if c.mayRegister() {
		return
	}
	r := &reset{vars: map[int][]string{}}
	assigned := map[types.Object]bool{}
	for n, init := range c.info.InitOrder {
		again, once := c.calls(init.Rhs), false
		for _, v := range init.Lhs {
			assigned[v] = true
			key := variableName(v)
			if v.Name() != "_" && (s.changes[key] || c.hasState(init.Rhs)) {
				again, r.state = true, true
			}
			once = once || s.kept[key]
		}
		ast.Inspect(init.Rhs, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				once = once || c.onceOnly(call) != ""
			}
			return true
		})
		if again && !once {
			r.again = append(r.again, n)
		}
	}
	for i, file := range c.files {
		r.findInFile(c, s, i, file, assigned)
	}
	if len(r.again)+len(r.zero)+len(r.inits) > 0 {
		c.reset = r
	}
}

// A reset is how to initialize a package again. Order at run time: zero, again, inits. A variable
// without an initializer is zero before any initializer runs, and an init function runs after all
// of them, as in Go.
type reset struct {
	state bool             // there is a variable that can change
	again []int            // initializers, by their index in InitOrder
	zero  []string         // variables without initializer
	inits []string         // names of the functions that were init functions
	vars  map[int][]string // the former init functions of a file
}

// findInFile adds the init functions of a file, and its variables without initializer. All init
// functions are in the list. They run again only if some package of the program has a variable that
// can change: package schedrt decides that for all packages at once.
func (r *reset) findInFile(
	c *checked, s *state, i int, file *ast.File, assigned map[types.Object]bool,
) {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" && f.Body != nil {
			name := fmt.Sprintf("explore__init_%d_%d", i, len(r.vars[i]))
			r.vars[i], r.inits = append(r.vars[i], name), append(r.inits, name)
		}
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR || isEmbedded(g.Doc) {
			continue
		}
		for _, spec := range g.Specs {
			if isEmbedded(spec.(*ast.ValueSpec).Doc) {
				continue
			}
			for _, id := range spec.(*ast.ValueSpec).Names {
				v := c.info.Defs[id]
				key := variableName(v)
				if v != nil && id.Name != "_" && !assigned[v] && s.changes[key] && !s.kept[key] {
					r.zero, r.state = append(r.zero, id.Name), true
				}
			}
		}
	}
}

// isEmbedded reports whether a variable gets its value from a go:embed directive.
func isEmbedded(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool {
		return strings.HasPrefix(c.Text, "//go:embed")
	})
}

// renameInit renames the init functions of a file that is initialized again. A function named init
// cannot be called. Its renamed form can, and a new init calls it at the start of the process, so
// the first initialization is the one of Go.
func (w *writer) renameInit(f *ast.FuncDecl) {
	if w.pkg.reset == nil || f.Recv != nil || f.Name.Name != "init" || f.Body == nil {
		return
	}
	name := w.pkg.reset.vars[w.index][w.initsSeen]
	w.initsSeen++
	w.replace(f.Name.Pos(), f.Name.End(), func() string { return name })
}

// initializers returns the functions that initialize the variables of a file again, and call its
// former init functions. The last file of a package registers them all. Each initializer stays in
// the file where it was, since names of imports belong to a file. One file registers all of them,
// so that they run in InitOrder and not file by file.
func (w *writer) initializers() string {
	r := w.pkg.reset
	if r == nil {
		return ""
	}
	var b strings.Builder
	for _, n := range r.again {
		init := w.pkg.info.InitOrder[n]
		if init.Rhs.Pos() < w.file.FileStart || init.Rhs.Pos() >= w.file.FileEnd {
			continue
		}
		var left []string
		for _, v := range init.Lhs {
			left = append(left, v.Name())
		}
		fmt.Fprintf(&b, "\nfunc explore__var_%d() { %s = %s%s }\n", n, strings.Join(left, ", "),
			w.line(init.Rhs.Pos()), w.node(init.Rhs))
	}
	for _, name := range r.vars[w.index] {
		fmt.Fprintf(&b, "\nfunc init() { %s() }\n", name)
	}
	if w.index < len(w.pkg.files)-1 {
		return b.String()
	}
	fmt.Fprintf(&b, "\nfunc init() { %s.OnReset(%v, func() {", engineName, r.state)
	for _, name := range r.zero {
		fmt.Fprintf(&b, " %s.Zero(&%s);", engineName, name)
	}
	for _, n := range r.again {
		fmt.Fprintf(&b, " explore__var_%d();", n)
	}
	for _, name := range r.inits {
		fmt.Fprintf(&b, " %s();", name)
	}
	b.WriteString(" }")
	for _, name := range r.zero {
		fmt.Fprintf(&b, ", &%s", name)
	}
	for _, n := range r.again {
		for _, v := range w.pkg.info.InitOrder[n].Lhs {
			if v.Name() != "_" {
				fmt.Fprintf(&b, ", &%s", v.Name())
			}
		}
	}
	b.WriteString(") }\n")
	return b.String()
}

// needsInitializers reports whether a file gets text from initializers. It must be asked before
// whole sorts the edits and writes the imports: the last file needs the engine even if it has no
// other edit.
func (w *writer) needsInitializers() bool {
	r := w.pkg.reset
	if r == nil {
		return false
	}
	if w.index == len(w.pkg.files)-1 {
		w.engine()
		return true
	}
	return len(r.vars[w.index]) > 0 || slices.ContainsFunc(r.again, func(n int) bool {
		at := w.pkg.info.InitOrder[n].Rhs.Pos()
		return at >= w.file.FileStart && at < w.file.FileEnd
	})
}
