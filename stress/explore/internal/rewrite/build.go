package rewrite

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/internal/gotool"
)

// Tag is the build tag of rewritten builds. No other build has it. A file of a program may
// therefore have two versions, one for go test and one for the explorer.
const Tag = "semabench_explore"

// A Binary is a rewritten test binary. No build removes it before Close, however old it gets. The
// process that holds it shares a file lock on it. The lock ends with the process, so a process that
// dies without Close keeps nothing in the cache.
type Binary struct {
	Path  string
	Dir   string   // of the package, where its tests expect to run
	Tests []string // that can be explored, in the order of the source; only with Options.Suite

	release func() error
}

// Close lets later builds remove the binary when it has become old. It does not remove the binary,
// which other processes may hold as well.
func (b *Binary) Close() error {
	if b.release == nil {
		return nil
	}
	return b.release()
}

// Build makes a test binary of a package in which goroutines are under control. It waits while
// another process builds the same package with the same options, and ends early when ctx does. The
// caller must close the Binary. Without a Test function to explore, a suite has a Binary without a
// path.
//
// The go command gets a folder of its own for its temporary files. It removes them when it is
// interrupted, but not while it is still loading packages, and not when it is killed.
func Build(ctx context.Context, o Options) (b *Binary, err error) {
	if o.temp, err = os.MkdirTemp(os.Getenv("GOTMPDIR"), "explore-build"); err != nil {
		return nil, fmt.Errorf("making a folder for the go command: %w", err)
	}
	defer os.RemoveAll(o.temp)
	return buildIn(ctx, o)
}

// buildIn is Build with the folder for temporary files.
//
// The lock on the folder is held from before the first copy until the binary has its final name.
func buildIn(ctx context.Context, o Options) (*Binary, error) {
	packages, err := list(ctx, o)
	if err != nil {
		return nil, err
	}
	location, err := o.tool().Locate(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	// Race is not part of the key. Both builds have the same copies, and binaries with different
	// names.
	key := fmt.Sprintf("%s\x00%s\x00%s\x00%v", dir, o.Package, o.Tags, o.Suite)
	f, err := openFolder(ctx, o.Cache, short(key, 16))
	if err != nil {
		return nil, fmt.Errorf("opening the cache for instrumented tests: %w (another one is used if "+
			"XDG_CACHE_HOME, or LocalAppData on Windows, names it)", err)
	}
	defer f.unlock()
	// It only tries locks, so two builds that sweep at once do not wait for each other.
	f.sweep()
	c := &copies{
		folder: f, suite: o.Suite, location: location,
		overlay: gotool.Overlay{}, replaced: map[string]*moduleCopy{},
	}
	// A file of it that is rewritten is replaced below; a file that needs no rewrite stays.
	maps.Copy(c.overlay, o.Overlay)
	if err := c.prepare(ctx, o, packages); err != nil {
		return nil, err
	}
	if o.Suite && len(c.tests) == 0 {
		return &Binary{}, nil
	}
	b := &Binary{Dir: c.dirOfTests, Tests: c.tests}
	b.Path, b.release, err = c.build(ctx, o)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// prepare has the copies of the program in the folder: the copies of an earlier build, if their
// stamp is of this program, or else new ones.
func (c *copies) prepare(ctx context.Context, o Options, packages map[string]*listed) error {
	program, known := c.program(o, packages)
	if known {
		if s, ok := c.readStamp(program); ok {
			c.take(s)
			return nil
		}
	}
	if err := c.removeStamp(); err != nil {
		return err
	}
	if err := c.rewrite(ctx, packages, o.Overlay); err != nil {
		return err
	}
	c.dirOfTests, c.tests = c.testDir(o), c.testNames()
	if !known {
		return nil
	}
	return c.writeStamp(program)
}

// rewrite writes the copies of all packages. It checks all packages before it writes the first.
// Whether a variable can change is a property of the whole program: package a may assign to a
// variable of package b that looks constant in b.
//
// It looks at ctx between packages: checking all of them takes a second or two of computing.
//
// Packages are taken in the order of their paths, so two builds of one program write equal
// copies and the go command finds its cache.
func (c *copies) rewrite(ctx context.Context, packages map[string]*listed, overlay gotool.Overlay) error {
	reached := reached(packages)
	var all []*checked
	for _, path := range slices.Sorted(maps.Keys(packages)) {
		p := packages[path]
		if !reached[path] || !p.wanted(packages) {
			continue
		}
		if len(p.CgoFiles) > 0 {
			// The scheduler does not see a C function wait, and a callback from C would arrive on a
			// thread of its own.
			return fmt.Errorf("%s uses cgo, which cannot be put under control", p.ImportPath)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		checked, err := check(p, packages, overlay)
		if err != nil {
			return err
		}
		all = append(all, checked)
	}
	if c.suite {
		for _, checked := range all {
			s, err := checked.findTests()
			if err != nil {
				return err
			}
			c.suites = append(c.suites, s)
		}
	}
	state, output := findState(all), readsOutput(all)
	for _, checked := range all {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		checked.readsOutput = output
		if !checked.Standard { // see instrumented: its variables are restored instead
			state.prepare(checked)
			checked.keep = state.changedStandard(checked)
		}
		if err := c.rewritePackage(checked); err != nil {
			return err
		}
	}
	if c.suite {
		return c.addWrappers()
	}
	return nil
}

// rewritePackage writes the copies of one package. A file without anything to rewrite has none.
func (c *copies) rewritePackage(checked *checked) error {
	p := checked.listed
	for i, file := range checked.files {
		text, err := checked.rewrite(i)
		if err != nil {
			return err
		}
		if text == nil {
			continue
		}
		if err := c.write(p, checked.fset.Position(file.Package).Filename, text); err != nil {
			return err
		}
	}
	return nil
}

// build runs the go command on the copies. Vet is off: it would complain about the rewritten text,
// which no user can change.
func (c *copies) build(
	ctx context.Context, o Options,
) (path string, release func() error, err error) {
	overlay := filepath.Join(c.dir, "overlay.json")
	if err := c.overlay.WriteFile(overlay); err != nil {
		return "", nil, err
	}
	binary := filepath.Join(c.dir, "explore.test")
	// -trimpath=false, as GOFLAGS may say -trimpath. A trimmed position names no file of this machine: the report
	// could not quote its source line.
	flags := []string{"-vet=off", "-trimpath=false", "-overlay=" + overlay,
		"-tags=" + strings.Trim(o.Tags+","+Tag, ",")}
	if o.Race {
		binary = filepath.Join(c.dir, "explore.race.test")
		flags = append(flags, raceFlags()...)
	}
	tool := o.tool()
	flags = append(flags, gotool.WithoutDebugging(c.location.GoFlags)...)
	tool.Flags = append([]string{"-c", "-o", binary}, flags...)
	if len(c.replaced) > 0 {
		if tool, err = c.redirect(tool); err != nil {
			return "", nil, err
		}
	}
	// Not tool.Run, which drops standard output: go test writes compile errors there.
	args := slices.Concat([]string{"test"}, tool.Flags, []string{o.pattern()})
	cmd := exec.CommandContext(ctx, "go", args...)
	// GOTOOLCHAIN=local, as the go command would otherwise switch to the release that go.mod names,
	// whose files are in the module cache again.
	if c.goRoot != "" {
		cmd = exec.CommandContext(ctx, filepath.Join(c.goRoot, "bin", "go"), args...)
		tool.Env = append(tool.Env, "GOROOT="+c.goRoot, "GOTOOLCHAIN=local")
	}
	cmd.Dir, cmd.Env = o.Dir, append(os.Environ(), tool.Env...)
	child.InterruptOnDone(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		// The output of an interrupted compiler is no news to the caller.
		if ctx.Err() != nil {
			return "", nil, ctx.Err()
		}
		return "", nil, fmt.Errorf("building the instrumented test: %w\n%s", err, out)
	}
	return c.adopt(ctx, binary)
}

// raceFlags are for a build with the race detector. The detector must not watch the runtime of rewritten code, nor
// the shims that share memory between goroutines without edges. Neither may be inlined into a package that
// is watched. See the doc of package schedrt.
func raceFlags() []string {
	flags := []string{"-race"}
	for _, unwatched := range []string{"/schedrt", "/shim/context", "/shim/time", "/shim/os", "/shim/signal", "/shim/stream", "/shim/net"} {
		flags = append(flags, "-gcflags="+engine+unwatched+"=-race=false -l")
	}
	return flags
}
