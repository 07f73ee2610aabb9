package rewrite

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Options say what to build.
type Options struct {
	Dir     string // where the go command runs: of the package, if that has no other name
	Package string // a path or pattern of one package; "" is that in Dir
	Cache   string // a folder to write to; what is there may be used again
	Race    bool
	Tags    string // separated by commas
	Suite   bool   // each Test function is explored, with a testing.T that is under control, too
}

// Tag is set in instrumented builds, and only there.
const Tag = "semabench_explore"

// A Binary is an instrumented test binary.
type Binary struct {
	Path  string
	Dir   string   // of the package, where its tests expect to run
	Tests []string // that can be explored, in the order of the source, if it is a suite
}

// Build makes a test binary of a package in which goroutines are under control.
func Build(o Options) (*Binary, error) {
	packages, err := list(o)
	if err != nil {
		return nil, err
	}
	c, err := newCopies(o)
	if err != nil {
		return nil, err
	}
	unlock, err := lock(c.dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	sweep(o.Cache)
	for _, path := range slices.Sorted(maps.Keys(packages)) {
		if p := packages[path]; p.wanted(packages) {
			if err := c.instrument(p, packages); err != nil {
				return nil, err
			}
		}
	}
	if o.Suite {
		if err := c.wrap(); err != nil {
			return nil, err
		}
		if len(c.testNames()) == 0 {
			return &Binary{}, nil
		}
	}
	path, err := c.build(o)
	return &Binary{Path: path, Dir: c.testDir(o), Tests: c.testNames()}, err
}

// copies are the instrumented files.
type copies struct {
	dir      string // in the cache, for this package and these options
	suite    bool
	around   surroundings
	overlay  map[string]string       // from files in the user's tree to their copies
	replaced map[string]*replacement // by path of the module
	suites   []*suite
}

func newCopies(o Options) (*copies, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	around, err := look(dir)
	if err != nil {
		return nil, err
	}
	key := fmt.Sprintf("%s\x00%s\x00%s\x00%v", dir, o.Package, o.Tags, o.Suite)
	c := &copies{
		dir:   filepath.Join(o.Cache, short(key, 16)),
		suite: o.Suite, around: around, overlay: map[string]string{}, replaced: map[string]*replacement{},
	}
	return c, os.MkdirAll(c.dir, 0o755)
}

// short is a name for a text.
func short(text string, digits int) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:digits]
}

// instrument writes the copies of one package.
func (c *copies) instrument(p *listed, packages map[string]*listed) error {
	if len(p.CgoFiles) > 0 {
		return fmt.Errorf("%s uses cgo, which cannot be put under control", p.ImportPath)
	}
	checked, err := check(p, packages)
	if err != nil {
		return err
	}
	if c.suite {
		s, err := checked.findTests()
		if err != nil {
			return err
		}
		c.suites = append(c.suites, s)
	}
	for i, file := range checked.files {
		text, err := checked.instrument(i)
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

// write puts the text into the place of a file, or of one that the package is to have in addition.
// Positions in it are those of the original.
func (c *copies) write(p *listed, original string, text []byte) error {
	text = p.Module.modern(append([]byte("//line "+original+":1\n"), text...))
	if m := p.Module; m != nil && !m.Main && !c.around.mayOverlay(original) {
		r, err := c.replacement(m)
		if err != nil {
			return err
		}
		return r.write(original, text)
	}
	copied := filepath.Join(c.dir, short(original, 12)+"_"+filepath.Base(original))
	c.overlay[original] = copied
	return writeIfNew(copied, text)
}

func inside(file, dir string) bool {
	rel, err := filepath.Rel(dir, file)
	return err == nil && !strings.HasPrefix(rel, "..")
}

// build runs the go command on the copies.
func (c *copies) build(o Options) (binary string, err error) {
	overlay, err := json.Marshal(map[string]any{"Replace": c.overlay})
	if err != nil {
		return "", err
	}
	overlayFile := filepath.Join(c.dir, "overlay.json")
	if err := writeIfNew(overlayFile, overlay); err != nil {
		return "", err
	}
	binary = filepath.Join(c.dir, "explore.test")
	if o.Race {
		binary = filepath.Join(c.dir, "explore.race.test")
	}
	args := []string{"test", "-c", "-o", binary, "-vet=off", "-overlay=" + overlayFile,
		"-tags=" + strings.Trim(o.Tags+","+Tag, ",")}
	if o.Race {
		args = append(args, raceFlags()...)
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = o.Dir
	cmd.Env = os.Environ()
	if len(c.replaced) > 0 {
		flags, env, err := c.redirect()
		if err != nil {
			return "", err
		}
		cmd.Args, cmd.Env = append(cmd.Args, flags...), append(cmd.Env, env...)
	}
	cmd.Args = append(cmd.Args, o.pattern())
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the instrumented test: %w\n%s", err, out)
	}
	return settle(binary)
}

// raceFlags are for a build with the race detector, which must not see the engine, nor what of it
// would be inlined elsewhere.
func raceFlags() []string {
	flags := []string{"-race"}
	for _, quiet := range []string{"/schedrt", "/shim/context", "/shim/time"} {
		flags = append(flags, "-gcflags="+engine+quiet+"=-race=false -l")
	}
	return flags
}
