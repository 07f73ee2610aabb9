package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// Every schedule has to start from the same package variables. So a rewritten package registers a
// function that initializes it again, and package schedrt calls these functions at the beginning of
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

// prepare decides what to initialize again in a package. InitOrder is the order of the language,
// which respects the dependencies between variables. The initializers run again in this order. A
// variable that nothing changes is left out, unless its initializer calls something that may change
// others. The blank variable has no state. Its initializer still runs again if it calls something.
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

// findInFile adds the init functions of a file, and its variables without initializer. All init
// functions are in the list. They run again only if some package of the program has a variable that
// can change: package schedrt decides that for all packages at once. A variable without an
// initializer is zeroed only if something changes it, as for the others.
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

// isEmbedded reports whether a variable gets its value from a go:embed directive. The compiler
// fills such a variable, and there is no initializer that could run again.
func isEmbedded(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool {
		return strings.HasPrefix(c.Text, "//go:embed")
	})
}

// renameInit renames the init functions of a file that is initialized again. A function named init
// cannot be called. Its renamed form can, and a new init calls it at the start of the process, so
// the first initialization is the one of Go. The numbers count the init functions of a file, since
// a file may have several with the same name.
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
//
// Each function has the line of its initializer, so a panic in it points at the source of the
// program.
//
// The addresses at the end let the engine note the values of the variables before TestMain runs.
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

// keeps returns an init function that has variables restored before each schedule that are not
// initialized again: of the standard library, and variables that it refers to. An instrumented
// package restores its own variables; another package restores the variables that it assigns to,
// such as time.Local. A package with tests calls schedrt.InitDone. The last file of a package has
// the function. Keep saves a value before the first schedule and not in this init function: what
// TestMain sets is part of the start.
func (w *writer) keeps() string {
	if w.index < len(w.pkg.files)-1 {
		return ""
	}
	var b strings.Builder
	for _, name := range instrumented[w.pkg.ImportPath] {
		address := "&" + name
		keep := "Keep"
		if rest, ok := strings.CutPrefix(name, "*"); ok {
			address = rest
		}
		if rest, ok := strings.CutPrefix(name, "~"); ok {
			keep, address = "KeepAll", "&"+rest
		}
		fmt.Fprintf(&b, " %s.%s(%s);", w.engine(), keep, address)
	}
	for _, v := range w.pkg.keep {
		alias := "explore__of_" + strings.NewReplacer("/", "_", ".", "_").Replace(v.Pkg().Path())
		w.uses[alias] = v.Pkg().Path()
		fmt.Fprintf(&b, " %s.Keep(&%s.%s);", w.engine(), alias, v.Name())
		if w.pkg.keepFields[variableName(v)] { // http.DefaultClient.Timeout = …
			fmt.Fprintf(&b, " %s.Keep(%s.%s);", w.engine(), alias, v.Name())
		}
	}
	for _, name := range w.pkg.types.Scope().Names() { // in their order, see changedStandard
		if w.pkg.kept[w.pkg.types.Path()+"."+name] {
			fmt.Fprintf(&b, " %s.KeepAll(&%s);", w.engine(), name)
		}
	}
	if w.pkg.ForTest != "" { // it is initialized after all packages that it imports
		fmt.Fprintf(&b, " %s.InitDone();", w.engine())
	}
	if b.Len() == 0 {
		return ""
	}
	return "\nfunc init() {" + b.String() + " }\n"
}

// changedStandard returns the variables of the standard library that a package changes. The order
// is by name, since the order of a map would give each build another text, and with it another
// binary.
func (s *state) changedStandard(c *checked) (all []*types.Var) {
	found := map[string]*types.Var{}
	for _, o := range c.info.Uses {
		if key := variableName(o); s.changes[key] && c.isStandard(o.Pkg().Path()) {
			found[key] = o.(*types.Var)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(found)) {
		all = append(all, found[key])
	}
	c.keepFields = s.fields
	return all
}
