package duel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/semabench/semabench/cmd/internal/instructions"
	"github.com/semabench/semabench/internal/gotool"
	"github.com/semabench/semabench/reports/gate"
	"golang.org/x/sys/cpu"
)

// A Source says where the code of a side comes from. The zero value is the
// working directory as it is.
type Source struct {
	Revision string // of the repository around Dir; "" means the files as they are
	Dir      string // "" means the working directory
}

// A side is a Source that is on disk and can be built.
type side struct {
	gate.Side
	label    string         // old or new
	bin      string         // directory for binaries
	overlay  string         // path of the build overlay that makes workers; "" for ordinary binaries
	noWorker error          // why no worker can be built; nil if it can
	names    *nameCache     // for ordinary binaries; nil for workers
	tree     string         // folder of all files of a revision; "" for a working tree
	work     string         // the go.work that it is built in; "" for none
	packages map[string]pkg // those with benchmarks, by import path
}

// A pkg is a package whose test files hold benchmarks, as go list describes it.
type pkg struct {
	ImportPath, Dir           string
	TestGoFiles, XTestGoFiles []string
	Error                     *struct{ Err string } // there is no such package, or it is broken
}

// benchmarks returns the benchmark functions in the source of a package, by name.
func (p pkg) benchmarks() (names []string) {
	files := token.NewFileSet()
	for _, name := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
		parsed, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			continue // the package does not build
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && benchmarkName.MatchString(f.Name.Name) {
				names = append(names, f.Name.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// benchmarkName matches what package testing takes for a benchmark: no small letter follows the word.
var benchmarkName = regexp.MustCompile(`^Benchmark($|\P{Ll})`)

// A binary is the test binary of a package, with a code layout of its own.
//
// Several pairs may use one binary, one after the other.
type binary struct {
	path   string
	dir    string             // where it runs: the directory of the package
	layout uint64             // seed of the linker
	meter  instructions.Meter // counts the instructions of its processes; nil for none
	names  *nameCache         // nil for a worker; else what is known of the benchmarks of this ordinary binary
}

// binaries are of one package and one side, with different layouts.
type binaries []binary

// remove deletes the binaries. All binaries of a run would take gigabytes. Errors
// do not matter, because Close removes the whole directory.
func (all binaries) remove() {
	for _, b := range all {
		os.Remove(b.path)
	}
}

// goTool runs the go command in the directory of the side, so that its go.mod and
// go.work apply.
func (s *side) goTool() gotool.Tool { return gotool.Tool{Dir: s.Dir} }

// noProgram matches build modes whose test binaries are no programs.
var noProgram = regexp.MustCompile(`(^|[\s'"])--?buildmode[= ]?['"]?(archive|c-archive|c-shared|shared|plugin)\b`)

// notRunnable says why this machine cannot run what the environment of the go command builds, or returns nil.
// Compiling the standard library for another system takes minutes, and only then would its binaries not start.
// A 64-bit processor runs the 32-bit programs of its own family.
func notRunnable(env map[string]string, goos, goarch string) error {
	if mode := noProgram.FindStringSubmatch(env["GOFLAGS"]); mode != nil {
		return fmt.Errorf("-buildmode=%s in GOFLAGS makes no program that could be measured: leave it out, or "+
			"use exe or pie", mode[2])
	}
	family := map[string]string{"amd64": "386", "arm64": "arm"}[goarch]
	if env["GOOS"] == goos && (env["GOARCH"] == goarch || env["GOARCH"] == family) {
		return nil
	}
	return fmt.Errorf("the build is for %s/%s, and this machine is %s/%s: unset GOOS and GOARCH, or run the gate "+
		"on such a machine", env["GOOS"], env["GOARCH"], goos, goarch)
}

// levelOfProcessor returns the highest GOAMD64 whose programs may run here. It looks at one feature of each
// level, which the Go runtime asks for and the oldest processors lack. A program that needs another feature
// says so itself.
func levelOfProcessor() string {
	switch {
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL:
		return "v4"
	case cpu.X86.HasAVX2:
		return "v3"
	case cpu.X86.HasSSE42:
		return "v2"
	}
	return "v1"
}

// beyondProcessor says that programs of a level do not start on a processor of another one, or returns nil. Otherwise
// the standard library would be compiled for that level first, and every row would fail. A level may have additions,
// as v3,… has.
func beyondProcessor(level, here string) error {
	if len(level) < 2 || level[:2] <= here {
		return nil
	}
	return fmt.Errorf("GOAMD64=%s makes programs that this processor does not run: its level is %s; set GOAMD64=%s, or run "+
		"the gate on a newer processor", level, here, here)
}

// fact returns the value of a fact of the side, or "".
func (s *side) fact(key string) string {
	for _, f := range s.Facts {
		if f.Key == key {
			return f.Value
		}
	}
	return ""
}

// findPackages finds the packages with benchmarks. Broken packages are among
// them: they become rows that failed, and do not keep the other packages from
// being judged. -e has go list go on after a broken package.
func (s *side) findPackages(ctx context.Context, patterns []string) error {
	args := append([]string{"-e", "-json=ImportPath,Dir,TestGoFiles,XTestGoFiles,Error"}, patterns...)
	out, err := s.goTool().Run(ctx, "list", args...)
	if err != nil {
		return s.namingModules(ctx, loadError(err, patterns))
	}
	for d := json.NewDecoder(strings.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading go list: %w", err)
		}
		if p.Error != nil && p.Dir == "" {
			return s.namingModules(ctx, loadError(errors.New(p.Error.Err), patterns))
		}
		has, err := p.hasBenchmarks()
		if err != nil {
			return err
		}
		if has || p.Error != nil { // go list may hide the test files of a broken package
			s.packages[p.ImportPath] = p
		}
	}
}

// loadError adds to an error of go list what a user can do about it.
func loadError(err error, patterns []string) error {
	if text := err.Error(); strings.Contains(text, "go.mod file not found") ||
		strings.Contains(text, "does not contain main module") {
		return fmt.Errorf("%w\nthere is no go.mod: run the gate in the folder of a module, or make one with go mod init "+
			"NAME; both sides need it", err)
	}
	if strings.Contains(err.Error(), "unknown GOEXPERIMENT") {
		return fmt.Errorf("%w\nthis Go has no such experiment: change GOEXPERIMENT, or choose the Go that has it by GOTOOLCHAIN", err)
	}
	if errors.Is(err, gotool.ErrNoGo) || strings.Contains(err.Error(), "GOTOOLCHAIN=local") ||
		strings.Contains(err.Error(), "build cache") {
		return err // the machine lacks something, and the error says what
	}
	return fmt.Errorf("%w\nthe packages must load on both sides: go list %s\n(./... leaves out what a side "+
		"does not have; of a workspace name the modules; a revision has no ignored files)",
		err, strings.Join(patterns, " "))
}

// namingModules adds the modules of a workspace to an error of loading its packages: a workspace has no ./... of its
// own.
func (s *side) namingModules(ctx context.Context, err error) error {
	if !strings.Contains(err.Error(), "go.work") {
		return err
	}
	out, listErr := s.goTool().Run(ctx, "list", "-m", "-f", "{{.Dir}}")
	if listErr != nil {
		return err
	}
	var patterns []string
	for dir := range strings.Lines(out) {
		if rel, relErr := filepath.Rel(s.Dir, strings.TrimSpace(dir)); relErr == nil && filepath.IsLocal(rel) {
			patterns = append(patterns, "./"+filepath.ToSlash(filepath.Join(rel, "...")))
		}
	}
	if len(patterns) == 0 {
		return err
	}
	return fmt.Errorf("%w\nthe modules of this workspace: %s", err, strings.Join(patterns, " "))
}

// hasBenchmarks looks for the words “func Benchmark” in the test files. That
// saves building packages without benchmarks; the binary then says exactly which
// benchmarks there are.
//
// A false hit, as in a comment, costs a build and no row.
func (p pkg) hasBenchmarks() (bool, error) {
	for _, name := range append(p.TestGoFiles, p.XTestGoFiles...) {
		text, err := os.ReadFile(filepath.Join(p.Dir, name))
		if err != nil {
			return false, err
		}
		if bytes.Contains(text, []byte("func Benchmark")) {
			return true, nil
		}
	}
	return false, nil
}
