package rewrite

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
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

// engine is the path of package explore. It and the packages below it are never rewritten.
const engine = "github.com/semabench/semabench/stress/explore"

// ofEngine reports whether a package is of the engine itself. The packages below package explore
// are, but for examples and test data. A rewritten engine would call itself at each step. Names are
// compared by whole elements of the path, as package explorer is none of them.
func ofEngine(path string) bool {
	rest, ok := strings.CutPrefix(path, engine)
	first, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	switch first {
	case "", "schedrt", "shim", "internal":
		return ok && (rest == "" || rest[0] == '/')
	}
	return false
}

// ofJudges reports whether a package is one of the other doors of this suite, stress and bench. A
// test file imports them beside package explore, and no body calls them: their goroutines watch real
// ones. If they were rewritten, the steps of their initialization would stand at the beginning of
// every trace of the user. Only a test of such a package itself explores its code.
func ofJudges(path string, packages map[string]*listed) bool {
	const module = "github.com/semabench/semabench/"
	return (path == module+"stress" || path == module+"bench") && packages[path+".test"] == nil
}

// reached returns the packages that the test reaches without going through the engine or the other
// judges of this suite. Other packages serve the engine alone: to edit go.mod files or to draw a page, for example. No schedule
// runs their code, so a rewrite would only cost time: the first build of one test took more than
// twice the CPU.
//
// A package that both import is reached, and the engine then calls the rewritten package. That is
// right: outside of a schedule, rewritten code does what the original does.
func reached(packages map[string]*listed) map[string]bool {
	seen := map[string]bool{}
	var visit func(path string)
	visit = func(path string) {
		p := packages[path]
		if p == nil || p.Standard || seen[path] {
			return
		}
		plain, _, _ := strings.Cut(path, " ")
		if ofEngine(plain) || ofJudges(plain, packages) {
			return
		}
		seen[path] = true
		for _, imported := range p.Imports {
			visit(imported)
		}
	}
	for path := range packages {
		if strings.HasSuffix(path, ".test") {
			visit(path)
		}
	}
	reachStandard(packages, seen)
	return seen
}

// wanted reports whether a package is rewritten, if it is reached. Of a package and its variant for
// the test only the variant is: both in one binary would be two packages with two sets of
// variables. The loop over all packages makes the rewrite quadratic in the number of packages,
// which is some hundreds.
func (p *listed) wanted(packages map[string]*listed) bool {
	path, _, variant := strings.Cut(p.ImportPath, " ")
	switch {
	case p.Standard:
		return isInstrumented(path)
	case strings.HasSuffix(path, ".test"):
		return false
	case ofEngine(path), ofJudges(path, packages):
		return false
	case variant:
		return true
	}
	for _, other := range packages { // the variant for the test has all files of the package, and more
		if other.ForTest == path && strings.HasPrefix(other.ImportPath, path+" [") {
			return false
		}
	}
	return true
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
	kept       map[string]bool // variables that the standard library has a hold on, of all packages
	keep       []*types.Var    // of the standard library, which the package changes
	keepFields map[string]bool // of these, pointers to structs of which a field is assigned to
	suite      *suite          // nil unless Options.Suite is set

	readsOutput bool // the program does, see output.go

	isStandard func(path string) bool
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
