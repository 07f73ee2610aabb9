package mutation

import (
	"bufio"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/semabench/semabench/stress/internal/mutate"
)

// ErrNothing says that there is nothing to judge; the error names the reason.
var ErrNothing = errors.New("nothing was mutated")

// A target is the package whose synchronization is broken, as the go command lists it.
type target struct {
	ImportPath, Dir           string
	GoFiles, CgoFiles         []string
	TestGoFiles, XTestGoFiles []string
	ImportMap                 map[string]string
	Export                    string
	DepOnly                   bool
	Module                    *struct {
		Path, Dir, GoVersion string
		Main                 bool
	}
	Error *struct{ Err string }

	exports map[string]string // by import path of a dependency: the file with its types
	blocks  []block           // parts of the files, with how often the tests of the original ran each
}

// A block is a part of a file between two lines, with the count of the cover tool.
type block struct {
	file     string
	from, to int
	count    int
}

// check returns why a package cannot be mutated. Nothing to judge is ErrNothing, and every other reason is a mistake in
// the call: the command gives both exit code 2, and callers in Go can tell them apart.
func (t *target) check() error {
	switch {
	case t.Error != nil:
		return fmt.Errorf("%s: %s", t.ImportPath, t.Error.Err)
	case len(t.CgoFiles) > 0:
		return fmt.Errorf("%s uses cgo, whose files cannot be mutated", t.ImportPath)
	case t.Module == nil || !t.Module.Main:
		// The go command takes no overlay for the module cache and the standard library.
		return fmt.Errorf("%s is in no module of yours: copy its module into a folder, and start there",
			t.ImportPath)
	case len(t.TestGoFiles)+len(t.XTestGoFiles) == 0:
		return fmt.Errorf("%w: %s has no tests", ErrNothing, t.ImportPath)
	case len(t.GoFiles) == 0:
		return fmt.Errorf("%w: %s has tests only, and nothing that they test", ErrNothing, t.ImportPath)
	}
	return nil
}

// mutants returns the mutants of the package. Files are known by their whole paths, which an overlay
// needs. Generated files belong to the package and are not changed: the generator would write the bug again.
func (t *target) mutants() ([]mutate.Mutant, int, error) {
	s := mutate.Source{Files: map[string]string{}, Only: []string{}}
	for _, name := range t.GoFiles {
		path := filepath.Join(t.Dir, name)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, 0, err
		}
		s.Files[path] = string(text)
		const mode = parser.ParseComments | parser.PackageClauseOnly
		if f, err := parser.ParseFile(token.NewFileSet(), path, text, mode); err != nil || !ast.IsGenerated(f) {
			s.Only = append(s.Only, path)
		}
	}
	if t.Module.GoVersion != "" {
		s.Version = "go" + t.Module.GoVersion
	}
	// The types come from the export data of the build, as they do for the compiler. Checking the source of
	// all imports would take longer than many mutants.
	s.Importer = importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		if mapped, ok := t.ImportMap[path]; ok {
			path = mapped
		}
		if file := t.exports[path]; file != "" {
			return os.Open(file)
		}
		return nil, fmt.Errorf("no export data of %s", path)
	})
	return mutate.Synchronization(s)
}

// relative returns the path of a file as a user of the module names it, with slashes on every system: a report is
// compared between machines.
func (t *target) relative(file string) string {
	if rel, err := filepath.Rel(t.Module.Dir, file); err == nil {
		return filepath.ToSlash(rel)
	}
	return file
}

// readCover reads a profile of the cover tool: lines such as "path/file.go:12.3,14.5 2 1". The profile
// is of one package, in which the name of a file is unique, so the path before the name is dropped. A line of
// another form is skipped: the first line names the mode.
func (t *target) readCover(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		at := strings.LastIndexByte(s.Text(), ':')
		if at < 0 {
			continue
		}
		b := block{file: filepath.Base(s.Text()[:at])}
		var fromColumn, toColumn, statements int
		if _, err := fmt.Sscanf(s.Text()[at+1:], "%d.%d,%d.%d %d %d",
			&b.from, &fromColumn, &b.to, &toColumn, &statements, &b.count); err == nil {
			t.blocks = append(t.blocks, b)
		}
	}
	return nil
}

// reached reports whether the tests of the original executed a line. A line outside of all blocks is a
// declaration, which has no count, and counts as reached. A line that two blocks share counts as reached if either ran.
// Both err in one direction: "not reached" is said only of a line that no test executes.
func (t *target) reached(file string, line int) bool {
	known := false
	for _, b := range t.blocks {
		if b.file != filepath.Base(file) || line < b.from || line > b.to {
			continue
		}
		if known = true; b.count > 0 {
			return true
		}
	}
	return !known
}
