package rewrite

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/doc"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/semabench/semabench/internal/gotool"
)

// Options say what to build.
//
// They decide what is built, so all but Cache and temp are in the key of the cache or in the
// name of the binary.
type Options struct {
	Dir     string // where the go command runs; of the package, if Package is empty
	Package string // a path or pattern of one package; "" is the package in Dir
	Cache   string // folder for copies and binaries, which later builds use again
	Race    bool   // build with the race detector
	Tags    string // build tags, separated by commas
	Suite   bool   // also let each Test function explore itself, see suite.go

	// Overlay has files that the go command reads in the place of others, as its flag -overlay does. Only
	// files of the user's modules can be replaced.
	Overlay map[string]string
	Env     []string // added to the environment of the go command

	temp string // for the temporary files of the go command; set by Build
}

// tool returns the go command of the build.
func (o Options) tool() gotool.Tool {
	return gotool.Tool{Dir: o.Dir, Env: append([]string{"GOTMPDIR=" + o.temp}, o.Env...)}
}

// overlayFlags writes o.Overlay for the flag -overlay of a listing, and returns the flags. The build has
// an overlay of its own, which holds these files as well.
func (o Options) overlayFlags() ([]string, error) {
	if len(o.Overlay) == 0 {
		return nil, nil
	}
	path := filepath.Join(o.temp, "overlay.json")
	return []string{"-overlay=" + path}, gotool.Overlay(o.Overlay).WriteFile(path)
}

// listed is a package as `go list -json` describes it, with the fields that a rewrite needs.
// ImportPath is the key of a package. It has the variant in brackets, if there is one, and is not
// always the path that a file imports: ImportMap translates.
type listed struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	CgoFiles   []string
	Imports    []string // import paths of the build, after ImportMap
	ImportMap  map[string]string
	Export     string
	Standard   bool
	ForTest    string
	Module     *module
	Error      *struct{ Err string }
}

// A module is the module of a package, as the go command prints it.
type module struct {
	Path, Version, Dir, GoMod, GoVersion string
	Main                                 bool
	Replace                              *module
}

// pattern returns the package for the go command.
func (o Options) pattern() string {
	if o.Package == "" {
		return "."
	}
	return o.Package
}

// list returns the packages that the test is made of, by import path. A package that is compiled
// anew for the test has a path such as "a [b.test]".
//
// golang.org/x/tools/go/packages would run the same command. It does not tell the ForTest of a
// package, which decides here whether the package or its variant for the test is rewritten. -export
// has the go command compile the imports and name the files with their types.
func list(ctx context.Context, o Options) (map[string]*listed, error) {
	const fields = "ImportPath,Dir,GoFiles,CgoFiles,Imports,ImportMap,Export,Standard,ForTest,Module,Error"
	flags, err := o.overlayFlags()
	if err != nil {
		return nil, err
	}
	out, err := o.tool().Run(ctx, "list", append(flags,
		"-deps", "-test", "-export", "-tags="+o.Tags, "-json="+fields, o.pattern())...)
	if err != nil {
		return nil, err
	}
	packages := map[string]*listed{}
	for d := json.NewDecoder(strings.NewReader(out)); ; {
		p := &listed{}
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading the output of go list: %w", err)
		}
		if p.Error != nil {
			return nil, fmt.Errorf("%s: %s", p.ImportPath, p.Error.Err)
		}
		packages[p.ImportPath] = p
	}
}

// checked is a package with its syntax trees and types. files, texts and GoFiles have the same
// order and length. A package is checked once and then only read, but for suite, reset and keep,
// which are set before its first file is rewritten.
type checked struct {
	*listed
	fset       *token.FileSet
	files      []*ast.File
	texts      [][]byte
	info       types.Info
	types      *types.Package
	reset      *reset          // nil if nothing has to be initialized again
	kept       map[string]bool // variables of all packages that the standard library refers to
	keep       []*types.Var    // variables of the standard library that the package changes
	keepFields map[string]bool // variables in keep that point to a struct, of which the package sets a field
	suite      *suite          // nil unless Options.Suite is set

	readsOutput bool // the program does, see output.go

	isStandard func(path string) bool
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

// A suite is the Test, Fuzz and Example functions of a package. Each of them is renamed,
//
//	func explore__TestX(t *explore__testing.T) {
//
// and an added file has a function of the old name that explores it:
//
//	func TestX(t *testing.T) { explore__testing.Explore(t, explore__TestX) }
//
// The new function has the old name, so -run patterns and reports name the test as the user wrote
// it. A function FuzzX is explored with its seeds, which go test plays as well. Go test calls the new
// function with a testing.T, and RunName returns the name of that function.
type suite struct {
	*listed
	name  string // of the package
	tests []string
	funcs map[types.Object]bool

	examples map[string]*doc.Example // by the names of their functions
}

// check parses and type-checks a package, against the export data of its imports. The go command
// has made them, so the types are the types of the build. Source importers would check every
// dependency anew, and could choose other files than the build does. An error is the user's: the
// package would not compile either. The rewrite ends there, before the cache has a copy of a broken
// file.
func check(p *listed, packages map[string]*listed, overlay gotool.Overlay) (*checked, error) {
	c := &checked{listed: p, fset: token.NewFileSet()}
	c.isStandard = func(path string) bool { return packages[path] != nil && packages[path].Standard }
	for _, name := range p.GoFiles {
		if !filepath.IsAbs(name) {
			name = filepath.Join(p.Dir, name)
		}
		text, err := os.ReadFile(cmp.Or(overlay[name], name))
		if err != nil {
			return nil, fmt.Errorf("reading a file to rewrite: %w", err)
		}
		// The type checker resolves the names, and comments hold directives such as go:linkname and
		// go:embed.
		const mode = parser.SkipObjectResolution | parser.ParseComments
		file, err := parser.ParseFile(c.fset, name, text, mode)
		if err != nil {
			return nil, err
		}
		c.files, c.texts = append(c.files, file), append(c.texts, text)
	}
	lookup := func(path string) (io.ReadCloser, error) {
		if mapped, ok := p.ImportMap[path]; ok {
			path = mapped
		}
		if to := packages[path]; to != nil && to.Export != "" {
			return os.Open(to.Export)
		}
		return nil, fmt.Errorf("no export data of %s", path)
	}
	c.info = types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{},
		FileVersions: map[*ast.File]string{},
		Defs:         map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	config := types.Config{Importer: importer.ForCompiler(c.fset, "gc", lookup)}
	if p.Module != nil {
		config.GoVersion = "go" + cmp.Or(p.Module.GoVersion, "1.16") // the default without a go line
	}
	path, _, _ := strings.Cut(p.ImportPath, " ")
	var err error
	if c.types, err = config.Check(path, c.fset, c.files, &c.info); err != nil {
		return nil, fmt.Errorf("type-checking %s: %w", p.ImportPath, err)
	}
	return c, nil
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

// fullName returns the name by which the tables of this package list a function: its path, and the
// type of its receiver if it is a method.
func fullName(f *types.Func) string {
	if f.Pkg() == nil {
		return f.Name()
	}
	return f.Pkg().Path() + "." + uncontrolledName(f)
}

// uncontrolledName returns the name of a function, for a method with the name of its type in front.
// An alias is resolved first: Go 1.23 and later keep it as a type of its own.
func uncontrolledName(f *types.Func) string {
	r := f.Signature().Recv()
	if r == nil {
		return f.Name()
	}
	t := types.Unalias(r.Type())
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	if n, ok := t.(*types.Named); ok {
		return n.Obj().Name() + "." + f.Name()
	}
	return f.Name()
}
