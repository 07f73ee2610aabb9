package rewrite

import (
	"context"
	"crypto/sha256"
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

// copies are the rewritten files of a build.
type copies struct {
	*folder
	suite    bool
	location gotool.Location
	overlay  gotool.Overlay         // from files in the user's tree to their copies
	replaced map[string]*moduleCopy // by module path
	suites   []*suite
	goRoot   string // the Go release by another path, see standardPath; "" if none is needed

	// Both are known after prepare.
	dirOfTests string   // folder of the tested package
	tests      []string // that can be explored, in the order of the source
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
		if !checked.Standard { // standard.go says why
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

// short is a name for a text: the first digits of its hash. Sixteen digits are 64 bits, twelve are
// 48: enough for the folders of one cache and the files of one build. A hash and not the text: a
// path may be too long for a file name, and has separators.
func short(text string, digits int) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:digits]
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

// write has the go command see text at the path of a file, which need not exist. Positions in it
// are positions of the original, by a line directive. There are three ways, by the owner of the
// file. A file in the user's tree is replaced by the overlay. A file of another module is written
// into a copy of the module. A file of the standard library is replaced by the overlay, too, if
// need be under another path (see standardPath).
//
// The line directive names the path of the original, so compile errors, stacks and positions are
// in the user's source.
func (c *copies) write(p *listed, original string, text []byte) (err error) {
	// allowGenerics gets the text with the line directive, so a line that it adds above moves no
	// position.
	text = p.Module.allowGenerics(append([]byte("//line "+original+":1\n"), text...))
	if m := p.Module; m != nil && !m.Main && !c.mayOverlay(original) {
		r, err := c.copyOf(m)
		if err != nil {
			return err
		}
		return r.write(original, text)
	}
	if p.Standard {
		if original, err = c.standardPath(original); err != nil {
			return err
		}
	}
	// The hash of the path keeps two files of the same name apart. The base name stays readable for
	// errors.
	copied := filepath.Join(c.dir, short(original, 12)+"_"+filepath.Base(original))
	c.overlay[original] = copied
	return gotool.WriteIfChanged(copied, text)
}

// mayOverlay reports whether the go command lets an overlay replace the file: it belongs to the
// main module or workspace, or is vendored there.
func (c *copies) mayOverlay(file string) bool {
	return inside(file, c.location.Root()) && !inside(file, c.location.ModCache)
}

// inside reports whether a file is in a folder or below it.
func inside(file, dir string) bool {
	rel, err := filepath.Rel(dir, file)
	return err == nil && !strings.HasPrefix(rel, "..")
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

// raceFlags are for a build with the race detector. The detector must not watch the runtime of
// rewritten code, nor the shims that share memory between goroutines without edges, nor a part of
// these that is inlined into a package that is watched. See the doc of package schedrt.
func raceFlags() []string {
	flags := []string{"-race"}
	for _, unwatched := range []string{"/schedrt", "/shim/context", "/shim/time", "/shim/os", "/shim/stream", "/shim/net"} {
		flags = append(flags, "-gcflags="+engine+unwatched+"=-race=false -l")
	}
	return flags
}
