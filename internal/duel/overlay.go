package duel

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// worker holds what is added to package testing. Not named .go: no package of ours is made of it.
//
//go:embed worker/*.go.txt
var worker embed.FS

// errTesting is of Go distributions that the worker was not written for.
var errTesting = errors.New("no worker can be added to package testing")

// overlay writes an overlay for the go command that makes test binaries of this Go distribution
// able to duel, and returns its path. Nothing but package testing differs from what `go test` builds,
// and runN, which times a benchmark, is the distribution's but for the forced collection.
func overlay(goroot, dir string) (string, error) {
	original := filepath.Join(goroot, "src", "testing", "benchmark.go")
	source, err := os.ReadFile(original)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errTesting, err)
	}
	patched, err := patch(source)
	if err != nil {
		return "", fmt.Errorf("%w: %s: %w", errTesting, original, err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	replace := map[string]string{}
	add := func(name string, text []byte) error {
		path := filepath.Join(dir, name)
		replace[filepath.Join(goroot, "src", "testing", name)] = path
		return os.WriteFile(path, text, 0o666)
	}
	if err := add("benchmark.go", patched); err != nil {
		return "", err
	}
	added, err := workerFiles()
	for name, text := range added {
		err = errors.Join(err, add(name, text))
	}
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, text, 0o666)
}

// workerFiles returns the files of the worker under the names that they get in package testing.
func workerFiles() (map[string][]byte, error) {
	files, err := worker.ReadDir("worker")
	if err != nil {
		return nil, err
	}
	texts := map[string][]byte{}
	for _, f := range files {
		text, err := worker.ReadFile("worker/" + f.Name())
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

// patch makes package testing call the worker in five places. They are looked for in the syntax,
// so that a line more or less in another Go version does no harm, and each must be there once.
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
			edits = append(edits, gather(f, at)...)
		}
	}
	const places = 5
	if len(edits) != places {
		return nil, fmt.Errorf("found %d of the %d places where a duel enters package testing", len(edits), places)
	}
	return apply(source, edits), nil
}

// gather returns the edits by which the goroutines of RunParallel gather before each calls the body,
// its parameter.
func gather(f *ast.FuncDecl, at func(token.Pos) int) []edit {
	begin, body := at(f.Body.Lbrace)+1, params(f)[0]
	edits := []edit{{begin, begin, " gathering := b.duelGather();"}}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if name, ok := call.Fun.(*ast.Ident); ok && name.Name == body {
				edits = append(edits, edit{at(call.Pos()), at(call.Pos()), "gathering.arrive(); "})
			}
		}
		return true
	})
	return edits
}

func params(f *ast.FuncDecl) (names []string) {
	for _, field := range f.Type.Params.List {
		for _, name := range field.Names {
			names = append(names, name.Name)
		}
	}
	return names
}

// rename returns the edits that make calls of x.method calls of another function.
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
