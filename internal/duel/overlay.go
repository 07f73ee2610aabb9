package duel

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/gotool"
)

// workerSource holds the files that are added to package testing. Their names do
// not end in .go or .s, so that the go command does not take them for a package of this
// module.
//
//go:embed worker/*.txt
var workerSource embed.FS

// errNoWorker wraps every error of a Go distribution that the worker does not
// fit.
var errNoWorker = errors.New("no worker can be added to package testing")

// writeOverlay writes a build overlay into dir and returns its path. With it the
// go command builds test binaries of this Go distribution that are workers.
//
// Nothing but package testing differs from a build of `go test`. runN, the
// function that times a benchmark, is the distribution's own except for the
// forced garbage collection.
//
// An overlay changes a build without touching the distribution: nothing is written into GOROOT,
// and a build without the overlay does not change.
func writeOverlay(goroot, dir string) (string, error) {
	original := filepath.Join(goroot, "src", "testing", "benchmark.go")
	source, err := os.ReadFile(original)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNoWorker, err)
	}
	patched, err := patch(source)
	if err != nil {
		return "", fmt.Errorf("%w: %s: %w", errNoWorker, original, err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	files, err := workerFiles()
	if err != nil {
		return "", err
	}
	files["benchmark.go"] = patched
	overlay := gotool.Overlay{}
	for name, text := range files {
		path := filepath.Join(dir, name)
		overlay[filepath.Join(goroot, "src", "testing", name)] = path
		err = errors.Join(err, os.WriteFile(path, text, 0o666))
	}
	path := filepath.Join(dir, "overlay.json")
	return path, errors.Join(err, overlay.WriteFile(path))
}

// workerFiles returns the files of the worker, by the names that they get in
// package testing.
//
// The prefix of the names keeps them apart from every file that package testing may get.
func workerFiles() (map[string][]byte, error) {
	files, err := workerSource.ReadDir("worker")
	if err != nil {
		return nil, err
	}
	texts := map[string][]byte{}
	for _, f := range files {
		text, err := workerSource.ReadFile("worker/" + f.Name())
		if err != nil {
			return nil, err
		}
		texts["semabench_"+strings.TrimSuffix(f.Name(), ".txt")] = text
	}
	return texts, nil
}

// An edit replaces source[from:to].
type edit struct {
	from, to int
	text     string
}

// patch makes package testing call the worker in five places. It finds them in
// the syntax tree, so that another Go version may move lines. Each place must
// be there exactly once: a patch that silently misses one would measure
// something else. Edits of the text keep everything else as it is, down to the
// line numbers of a stack.
//
// A count that is wrong is an error of the distribution and not of the user: all rows then have
// fresh processes, and the run says why.
func patch(source []byte) ([]byte, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "benchmark.go", source, 0)
	if err != nil {
		return nil, err
	}
	at := func(p token.Pos) int { return files.Position(p).Offset }
	var edits []edit
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		switch f.Name.Name {
		case "runBenchmarks":
			begin, args := at(f.Body.Lbrace)+1, params(f)
			edits = append(edits, edit{begin, begin, fmt.Sprintf(" if duelBenchmarks(%s, func(%[1]s "+
				"[]InternalBenchmark) bool { return runBenchmarks(%s) }) { return true };",
				args[len(args)-1], strings.Join(args, ", "))})
		case "processBench":
			edits = append(edits, rename(f.Body, at, "doBench", "b.duelBench")...)
		case "runN":
			edits = append(edits, rename(f.Body, at, "GC", "duelGC")...)
		case "RunParallel":
			edits = append(edits, waitForAll(f, at)...)
		}
	}
	const places = 5
	if len(edits) != places {
		return nil, fmt.Errorf("found %d of the %d places where a duel enters package testing",
			len(edits), places)
	}
	return apply(source, edits), nil
}

// waitForAll returns the edits by which the goroutines of RunParallel wait for
// each other before each of them calls the parameter of RunParallel. Without
// the barrier, the first goroutine of a short slice would be done before the
// last one has started, and nothing would be contended.
//
// The call of the parameter is found by its name. Package testing calls it in one place.
func waitForAll(f *ast.FuncDecl, at func(token.Pos) int) []edit {
	begin, body := at(f.Body.Lbrace)+1, params(f)[0]
	edits := []edit{{begin, begin, " barrier := b.duelBarrier();"}}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if name, ok := call.Fun.(*ast.Ident); ok && name.Name == body {
				edits = append(edits, edit{at(call.Pos()), at(call.Pos()), "barrier.arrive(); "})
			}
		}
		return true
	})
	return edits
}

// params returns the names of the parameters of f.
func params(f *ast.FuncDecl) (names []string) {
	for _, field := range f.Type.Params.List {
		for _, name := range field.Names {
			names = append(names, name.Name)
		}
	}
	return names
}

// rename returns the edits that turn each call of x.method into a call of another
// function.
func rename(body *ast.BlockStmt, at func(token.Pos) int, method, other string) (edits []edit) {
	ast.Inspect(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if s, ok := call.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == method {
				edits = append(edits, edit{at(s.Pos()), at(s.End()), other})
			}
		}
		return true
	})
	return edits
}

// apply returns source with the edits, which must not overlap.
//
// Positions are of the original text, so the edits are applied from the front without
// recomputing them.
func apply(source []byte, edits []edit) []byte {
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Compare(a.from, b.from) })
	var out []byte
	last := 0
	for _, e := range edits {
		out = append(append(out, source[last:e.from]...), e.text...)
		last = e.to
	}
	return append(out, source[last:]...)
}
