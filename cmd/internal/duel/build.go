package duel

import (
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/semabench/semabench/internal/gotool"
	"github.com/semabench/semabench/internal/machine"
	"github.com/semabench/semabench/reports"
	"golang.org/x/sync/errgroup"
)

// buildVariables are the variables of the go command that decide how it compiles package testing.
var buildVariables = []string{
	"GOROOT", "GOVERSION", "GOOS", "GOARCH", "GOAMD64", "GOARM64", "GO386", "GOARM", "GOEXPERIMENT", "GOFLAGS",
	"CGO_ENABLED",
}

// prepareBuild writes the overlay for the Go distribution that builds the side,
// and notes what else decides how it is built. The go.mod of each side may want
// a distribution of its own. The facts of a side are about how it is built.
// They have to be equal for a fair comparison, and the gate says so if they are
// not.
//
// The distribution is asked for in the folder of the side, because a toolchain line in its
// go.mod may choose another one.
func (s *side) prepareBuild(ctx context.Context, temp string) error {
	env, err := s.goTool().Variables(ctx, append([]string{"GOWORK"}, buildVariables...)...)
	if err == nil {
		err = notRunnable(env, runtime.GOOS, runtime.GOARCH)
	}
	if err == nil && runtime.GOARCH == "amd64" && env["GOARCH"] == "amd64" {
		err = beyondProcessor(env["GOAMD64"], levelOfProcessor())
	}
	if err != nil {
		return err
	}
	if s.work = env["GOWORK"]; s.work == "off" {
		s.work = ""
	}
	s.Facts = []reports.Fact{
		{Key: "cpu", Value: machine.Read().CPU}, {Key: "go", Value: env["GOVERSION"]},
		{Key: "goflags", Value: env["GOFLAGS"]}, {Key: "goamd64", Value: env["GOAMD64"]},
		{Key: "goexperiment", Value: env["GOEXPERIMENT"]},
	}
	s.overlay, err = writeOverlay(env["GOROOT"], filepath.Join(temp, "overlay"))
	if err == nil {
		err = s.checkOverlay(ctx, env)
	}
	if errors.Is(err, errNoWorker) { // the side falls back to ordinary binaries
		s.noWorker, err = err, nil
	}
	return err
}

// workersFit holds what checkOverlay has built with success, by buildKey.
var workersFit sync.Map

// checkOverlay builds package testing with the worker in it. Another Go version
// may have renamed something that the worker uses. Every test binary needs that
// build, so the first one costs nothing extra.
//
// The second side of most runs would build the same once more, and the go command takes a tenth of a
// second to find that out. Only a success is kept: an error may be of the moment, as when the disk
// is full. A success that no longer holds does no harm, as the build of the first package fails.
func (s *side) checkOverlay(ctx context.Context, env map[string]string) error {
	key, err := s.buildKey(env)
	if err != nil {
		return err
	}
	if _, fits := workersFit.Load(key); fits {
		return nil
	}
	_, err = s.goTool().Run(ctx, "build", "-overlay="+s.overlay, "testing")
	if err == nil {
		workersFit.Store(key, true)
	} else if ctx.Err() == nil {
		return fmt.Errorf("%w: %w", errNoWorker, err)
	}
	return err
}

// buildKey returns a hash of all that decides whether package testing builds with the overlay: the
// variables of the go command, and the files of the overlay. The path of the overlay is not in it,
// as each side has a folder of its own.
func (s *side) buildKey(env map[string]string) (string, error) {
	h := sha256.New()
	for _, name := range buildVariables {
		fmt.Fprintf(h, "%s=%q\n", name, env[name])
	}
	dir := filepath.Dir(s.overlay)
	files, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	for _, f := range files {
		if filepath.Join(dir, f.Name()) == s.overlay {
			continue // nothing but paths
		}
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%s %d\n%s", f.Name(), len(text), text)
	}
	return string(h.Sum(nil)), nil
}

// build links the test binary of a package with a layout. The places of functions in memory change
// times by several percent. With one layout for all measurements, that chance effect would look
// like a difference between the sides, so each side gets several layouts that are drawn.
//
// The linker leaves out the symbols for debuggers, which saves a third of its time. Profiles do not
// need them. The name of the binary is its layout, one of 2^40 numbers, so all binaries of a side
// can be in one folder.
//
// -vet=off, because a complaint of vet says nothing about speed, and the old side may have some
// that the user cannot mend any more.
func (s *side) build(ctx context.Context, p pkg, layout uint64) (binary, error) {
	b := binary{
		path: filepath.Join(s.bin, fmt.Sprintf("%x.test", layout)), dir: p.Dir, layout: layout, names: s.names,
	}
	if runtime.GOOS == "windows" {
		b.path += ".exe"
	}
	_, err := s.goTool().Run(ctx, "test", "-c", "-vet=off", "-overlay="+s.overlay,
		s.ldflags(layout), "-o", b.path, p.ImportPath)
	if err != nil {
		return b, fmt.Errorf("%s: building %s: %w\nit must build: go test -c %[2]s",
			s.label, p.ImportPath, err)
	}
	return b, nil
}

// ldflags returns the flag of the linker, with the words of an -ldflags in GOFLAGS in front: the flag of a command
// replaces the one of GOFLAGS, and a variable that -X sets there belongs to the program that is measured.
func (s *side) ldflags(layout uint64) string {
	flag := "-ldflags="
	if users := ldflagsOf(s.fact("goflags")); users != "" {
		flag += users + " "
	}
	return fmt.Sprintf("%s-s -w -randlayout=%d", flag, layout)
}

// ldflagsOf returns the value of -ldflags in GOFLAGS, or "". As the go command does, it splits at blanks outside of
// quotation marks, which surround whole entries, and the last one decides.
func ldflagsOf(goflags string) (value string) {
	for rest := strings.TrimSpace(goflags); rest != ""; rest = strings.TrimSpace(rest) {
		var entry string
		if quote := rest[0]; quote == '\'' || quote == '"' {
			entry, rest, _ = strings.Cut(rest[1:], string(quote))
		} else if i := strings.IndexAny(rest, " \t\n"); i >= 0 {
			entry, rest = rest[:i], rest[i:]
		} else {
			entry, rest = rest, ""
		}
		if _, flags, is := strings.Cut(entry, "-ldflags="); is && strings.Trim(entry[:len(entry)-len(flags)-len("-ldflags=")], "-") == "" {
			value = strings.TrimSpace(flags)
		}
	}
	return value
}

// linkBoth links binaries of a package for both sides, with the given number of
// layouts each. Both sides are linked in one go and by turns, so that the
// machine is equally busy for both.
//
// If all binaries of one side came first, the other side would find warmer caches.
func (m *measurer) linkBoth(ctx context.Context, path string, layouts int) (old, new binaries, err error) {
	all, err := m.link(ctx, path, slices.Repeat([]*side{m.old, m.new}, layouts))
	for i, b := range all {
		if i%2 == 0 {
			old = append(old, b)
		} else {
			new = append(new, b)
		}
	}
	return old, new, err
}

// link links one binary for each of the given sides, on every core. It returns
// the first error only: the other builds of the package fail for the same
// reason. On an error the binaries that were linked stay until Close.
//
// Linking is the only work that runs on all cores. No pair is measured meanwhile.
func (m *measurer) link(ctx context.Context, path string, sides []*side) (binaries, error) {
	linked, began := make(binaries, len(sides)), time.Now()
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for i, s := range sides {
		layout := m.newLayout() // drawn here, because m.random is for one goroutine
		group.Go(func() (err error) {
			linked[i], err = s.build(ctx, s.packages[path], layout)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if n := len(sides); n > 0 { // what the plan supposes of the links to come
		rounds := (n + runtime.NumCPU() - 1) / runtime.NumCPU()
		m.linkTime = time.Since(began) / time.Duration(rounds)
	}
	return linked, nil
}

// newLayout draws the seed of a layout. It is never 0, which means the usual
// layout of the linker.
func (m *measurer) newLayout() uint64 { return 1 + m.random.Uint64N(1<<40) }

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
