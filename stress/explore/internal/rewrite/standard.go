package rewrite

import (
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// instrumented lists the packages of the standard library that are rewritten, if the test's own code
// imports them. Their types have locks inside, and call code of the program while a lock is held: a
// handler or a logger calls the program's io.Writer. Left alone, such a lock would block a goroutine
// behind the scheduler's back, and the order of two calls would be no decision of the schedule.
//
// The go command replaces these files through the overlay, so types keep their identity, and the
// standard packages that import them use the copies, too. Outside of a schedule the copies do what
// the originals do.
//
// A package can be in the list if package schedrt and the look-alikes do not import it: an import
// cycle otherwise. Each package that is rewritten makes its importers be compiled again, once for
// each Go release, so packages whose state no program can observe, such as caches, stay as they are.
//
// Each package has its variables that calls of the program change. They get their values back before
// each schedule, see package schedrt.Keep. An initialization as in reset.go would undo what the test
// did before it called package explore, such as log.SetOutput(io.Discard) in TestMain. With a star the
// entry is a pointer, whose target is restored; with a tilde it is restored with all that it leads to.
var instrumented = map[string][]string{
	"crypto/tls":              {},
	"database/sql":            {},
	"log":                     {"*std"},
	"log/slog":                {"defaultLogger", "logLoggerLevel"},
	"net/http":                {"DefaultClient", "*DefaultClient", "DefaultTransport", "*DefaultTransport.(*Transport)", "DefaultServeMux", "~defaultServeMux"},
	"net/http/cookiejar":      {},
	"net/http/internal/http2": {}, // since Go 1.27
	"net/http/httptest":       {},
	"net/http/httputil":       {},
	"net/rpc":                 {},
	"net/smtp":                {},
	"net/textproto":           {},
}

func isInstrumented(path string) bool { _, ok := instrumented[path]; return ok }

// ofSync returns the look-alike for a name of package sync in an instrumented package. Pools only save
// memory, and are empty, see package unpooled. The Onces among the package variables are done by the
// first schedule for all, and their functions take no step; a Once in a struct is under control, as
// other goroutines wait for its function. The only Map that a program reaches, of an rpc.Server, may
// have been filled before the first schedule, which the look-alike would forget, so Maps stay standard.
func (w *writer) ofSync(name string, at token.Pos) (like lookAlike, ok bool) {
	switch name {
	case "Pool":
		return unpooled, true
	case "Map":
		return like, false
	case "Once":
		return lookAlikes["sync"], slices.ContainsFunc(w.file.Decls, func(d ast.Decl) bool {
			g, ok := d.(*ast.GenDecl)
			return ok && g.Tok == token.TYPE && g.Pos() <= at && at < g.End()
		})
	}
	return lookAlikes["sync"], lookAlikes["sync"].has(name)
}

// unpooled is the look-alike for the Pools of instrumented packages.
var unpooled = lookAlike{name: "sync", shim: "unpooled", alias: "explore__unpooled", keep: "Locker"}

// reachStandard adds the packages of the list that the reached packages import, and that these
// import in turn. A package that only the standard library imports stays as it is. A lock in it is
// held by code that never calls the program back.
func reachStandard(packages map[string]*listed, seen map[string]bool) {
	var visit func(path string)
	visit = func(path string) {
		p := packages[path]
		if p == nil || !p.Standard || !isInstrumented(path) || seen[path] {
			return
		}
		seen[path] = true
		for _, imported := range p.Imports {
			visit(imported)
		}
	}
	for path := range packages {
		if p := packages[path]; seen[path] && !p.Standard {
			for _, imported := range p.Imports {
				visit(imported)
			}
		}
	}
}

// standardPath returns the path under which the overlay replaces a file of the standard library.
// The go command refuses to replace a file of the module cache, and a Go release that it downloaded
// itself is there. So it is run from a folder with links to that release, by whose paths the files
// are not in the module cache. The overlay names a file by the path that the go command uses for
// it. Through the links that path is below the folder, so the check for the module cache does not
// match.
func (c *copies) standardPath(file string) (string, error) {
	if !inside(file, c.location.ModCache) {
		return file, nil
	}
	rel, err := filepath.Rel(c.location.GoRoot, file)
	if err != nil {
		return "", err
	}
	if c.goRoot == "" {
		c.goRoot = filepath.Join(c.dir, "goroot-"+short(c.location.GoRoot, 8))
		if err := linkAll(c.location.GoRoot, c.goRoot); err != nil {
			return "", fmt.Errorf("linking the Go release: %w", err)
		}
	}
	return filepath.Join(c.goRoot, rel), nil
}

// linkAll makes a folder with a link to each entry of another. Links that are there already stay.
// The top level is enough: a path below a linked folder keeps the folder's prefix. Two builds may
// make the links at once, so a link that exists is no error.
func linkAll(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, e := range entries {
		link := filepath.Join(to, e.Name())
		if err := os.Symlink(filepath.Join(from, e.Name()), link); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}

// keeps returns an init function that has variables restored before each schedule that are not
// initialized again: of the standard library, and variables that it has a hold on. An instrumented package restores its own variables; another package restores the
// variables that it assigns to, such as time.Local. A package with tests calls schedrt.InitDone. The
// last file of a package has the function. Keep saves a value before the first schedule and not in
// this init function: what TestMain sets is part of the start.
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

// assignsField reports whether a use of a package variable is the assignment to a field of the
// struct that the variable points to. Keep saves the value of a variable. For a pointer that is the
// address alone, so the struct behind it has to be kept as well.
func (c *checked) assignsField(id *ast.Ident, parents []ast.Node) bool {
	o := c.info.Uses[id]
	if variableName(o) == "" || !c.isStandard(o.Pkg().Path()) {
		return false
	}
	var e ast.Node = id
	inside := false // e is a part of the struct, and not the variable
	for _, p := range slices.Backward(parents) {
		switch p := p.(type) {
		case *ast.SelectorExpr:
			inside, e = inside || p.Sel != e, p
			continue
		case *ast.ParenExpr, *ast.StarExpr:
			e = p
			continue
		case *ast.AssignStmt:
			_, pointer := o.Type().Underlying().(*types.Pointer)
			return pointer && inside && slices.ContainsFunc(p.Lhs, func(l ast.Expr) bool { return l == e })
		}
		return false
	}
	return false
}
