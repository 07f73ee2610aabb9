// Command survey runs the check of package vet on modules whose dependencies are not there, and
// prints a row of a Markdown table for each, and each report before it.
//
//	go run ./vet/internal/survey DIR...
//
// semabench vet has the go command compile what a package imports, which for a large module takes
// gigabytes and an hour. This command type-checks one package at a time against the standard
// library, golang.org/x/sync and impls/semaphore. An import of any other package stays unresolved,
// and expressions of its types have no type. The check says nothing about these, so the survey may
// miss a report that semabench vet has. The other difference is a function of an unresolved package
// that never returns: the survey assumes that such a function returns, so it may report code that
// cannot be reached. A person reads each report before it counts.
package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/build"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/ctrlflow"
	"golang.org/x/tools/go/analysis/passes/inspect"

	"github.com/semabench/semabench/internal/gotool"
	"github.com/semabench/semabench/vet"
)

// resolved are the packages that users of semaphores import and that can be resolved here.
var resolved = []string{"std", "golang.org/x/sync/semaphore", "golang.org/x/sync/errgroup",
	"github.com/semabench/semabench/impls/semaphore"}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "survey: want the folders of modules")
		os.Exit(2)
	}
	exports, err := exportFiles()
	if err != nil {
		fmt.Fprintln(os.Stderr, "survey:", err)
		os.Exit(2)
	}
	// One module after the other, so that the reports of a module stand before its row. An error ends the survey: a
	// table without one of its modules would look complete.
	for _, root := range os.Args[1:] {
		s := survey{root: root, exports: exports}
		if err := s.run(); err != nil {
			fmt.Fprintf(os.Stderr, "survey: %s: %v\n", root, err)
			os.Exit(2)
		}
		fmt.Printf("| %s | %d | %d | %d | %d |\n", moduleName(root), s.files, s.packages, s.calls, s.reports)
	}
}

// exportFiles returns the file with the types of each package that can be resolved. The go command
// runs in the current module, not in the module under survey: the versions of x/sync may differ,
// but the methods of Weighted have never changed.
func exportFiles() (map[string]string, error) {
	out, err := gotool.Tool{}.Run(context.Background(), "list",
		append([]string{"-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, resolved...)...)
	files := map[string]string{}
	for line := range strings.Lines(out) {
		if path, file, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			files[path] = file
		}
	}
	return files, err
}

// moduleName cuts the folder of the module cache off. The rest has the version, so a report names
// the text that it is about.
func moduleName(root string) string {
	if _, name, ok := strings.Cut(filepath.ToSlash(root), "/pkg/mod/"); ok {
		return name
	}
	return filepath.Base(root)
}

// A survey is the check of one module. Its counts are the evidence for a row without reports: many calls without a
// report say that the check is quiet about ordinary code, and no calls say nothing.
type survey struct {
	root                            string
	exports                         map[string]string // by import path: the file with the types
	files, packages, calls, reports int
}

// run finds the folders that may use a semaphore, and judges each of them. A search for text comes
// before any parsing: of the files of a module few use a semaphore. The search may find too many
// folders, such as one with a TryAcquire of another kind of lock; these cost time, and the check
// says nothing about them.
func (s *survey) run() error {
	folders := map[string]bool{}
	err := filepath.WalkDir(s.root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "vendor"):
			return fs.SkipDir // no code of the module: examples that may be wrong on purpose, and other modules
		case d.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.Contains(string(text), `"golang.org/x/sync/semaphore"`) {
			s.files++
			folders[filepath.Dir(path)] = true
		}
		// Types of the module's own, and users of such types in other packages.
		if strings.Contains(string(text), "TryAcquire(") {
			folders[filepath.Dir(path)] = true
		}
		return nil
	})
	for _, dir := range slices.Sorted(maps.Keys(folders)) { // sorted, so that two surveys can be compared
		s.folder(dir)
	}
	return err
}

// folder judges the package of a folder with its tests, and the external tests. The tests of a
// package are judged with it, since they use its unexported semaphores.
func (s *survey) folder(dir string) {
	// The files of one platform, since a function may have one version for each and a package may
	// hold it only once. Files with cgo are included, with FakeImportC below: no C compiler is
	// needed for types.
	c := build.Default
	c.CgoEnabled = true
	p, _ := c.ImportDir(dir, 0) // an error names files that are left out
	s.packages++
	for _, names := range [][]string{slices.Concat(p.GoFiles, p.CgoFiles, p.TestGoFiles), p.XTestGoFiles} {
		if len(names) > 0 {
			s.check(dir, names)
		}
	}
}

// check judges the files of one package. A file that cannot be parsed leaves out its package: types
// of a part of a package may be wrong, and reports about them false.
func (s *survey) check(dir string, names []string) {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.ParseComments)
		if err != nil {
			return
		}
		files = append(files, f)
	}
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Instances: map[*ast.Ident]types.Instance{},
		Scopes: map[ast.Node]*types.Scope{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
		FileVersions: map[*ast.File]string{},
	}
	config := types.Config{FakeImportC: true, Error: func(error) {}, Importer: importer.ForCompiler(fset, "gc",
		func(path string) (io.ReadCloser, error) { return os.Open(s.exports[path]) })}
	pkg, _ := config.Check(dir, fset, files, info) // unresolved imports are errors, too
	// The calls tell how much code the reports are about: no report in no call would mean nothing.
	for sel := range info.Selections {
		if f, ok := info.Uses[sel.Sel].(*types.Func); ok && f.Pkg() != nil && f.Pkg().Path() == "golang.org/x/sync/semaphore" {
			s.calls++
		}
	}
	// The facts of analyzers about other packages are all unknown: no analyzer ran on those
	// packages. For ctrlflow that means the functions that never return, see the package comment.
	pass := analysis.Pass{
		Fset: fset, Files: files, Pkg: pkg, TypesInfo: info, TypesSizes: types.SizesFor("gc", "amd64"),
		ResultOf:          map[*analysis.Analyzer]any{},
		ImportObjectFact:  func(types.Object, analysis.Fact) bool { return false },
		ExportObjectFact:  func(types.Object, analysis.Fact) {},
		ImportPackageFact: func(*types.Package, analysis.Fact) bool { return false },
		ExportPackageFact: func(analysis.Fact) {},
		Report: func(d analysis.Diagnostic) {
			s.reports++
			at := fset.Position(d.Pos)
			fmt.Printf("%s:%d: %s\n", moduleName(at.Filename), at.Line, d.Message)
		},
	}
	// In this order, because each analyzer reads the results of the ones before it. The driver of
	// x/tools would do the same, but it skips packages with type errors.
	for _, a := range []*analysis.Analyzer{inspect.Analyzer, ctrlflow.Analyzer, vet.Analyzer} {
		own := pass
		own.Analyzer = a
		result, err := a.Run(&own)
		if err != nil {
			fmt.Fprintf(os.Stderr, "survey: %s: %v\n", dir, err)
			return
		}
		pass.ResultOf[a] = result
	}
}
