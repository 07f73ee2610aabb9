package rewrite

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Options say what to build.
type Options struct {
	Dir   string // of the package that is tested
	Cache string // a folder to write to; what is there may be used again
	Race  bool
	Tags  string // separated by commas
}

// Tag is set in instrumented builds, and only there.
const Tag = "semabench_explore"

// Build returns the path of a test binary of the package in which goroutines are under control.
func Build(o Options) (binary string, err error) {
	packages, err := list(o.Dir, o.Tags)
	if err != nil {
		return "", err
	}
	c, err := newCopies(o, packages)
	if err != nil {
		return "", err
	}
	unlock, err := lock(c.dir)
	if err != nil {
		return "", err
	}
	defer unlock()
	for _, path := range sortedPaths(packages) {
		if p := packages[path]; p.wanted(packages) {
			if err := c.instrument(p, packages); err != nil {
				return "", err
			}
		}
	}
	return c.build(o)
}

func sortedPaths(packages map[string]*listed) (paths []string) {
	for path := range packages {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	return paths
}

// copies are the instrumented files.
type copies struct {
	dir      string            // in the cache, for this package
	overlay  map[string]string // of files in the main module
	replaced map[string]*replacement
	main     *module
}

func newCopies(o Options, packages map[string]*listed) (*copies, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	c := &copies{
		dir:     filepath.Join(o.Cache, fmt.Sprintf("%x", sha256.Sum256([]byte(dir+"\x00"+o.Tags)))[:16]),
		overlay: map[string]string{}, replaced: map[string]*replacement{},
	}
	for _, p := range packages {
		if p.Module != nil && p.Module.Main {
			c.main = p.Module
		}
	}
	if c.main == nil {
		return nil, fmt.Errorf("%s is in no module: explore needs one with a go.mod", dir)
	}
	return c, os.MkdirAll(c.dir, 0o755)
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

func (c *copies) write(p *listed, original string, text []byte) error {
	if m := p.Module; m != nil && !m.Main && !inside(original, c.main.Dir) {
		r, err := c.replacement(m)
		if err != nil {
			return err
		}
		return r.write(original, text)
	}
	copied := filepath.Join(c.dir, fmt.Sprintf("%x", sha256.Sum256([]byte(original)))[:12]+"_"+filepath.Base(original))
	c.overlay[original] = copied
	return writeIfNew(copied, text)
}

func inside(file, dir string) bool {
	rel, err := filepath.Rel(dir, file)
	return err == nil && !strings.HasPrefix(rel, "..")
}

// writeIfNew leaves a file alone that has this text already.
func writeIfNew(path string, text []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
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
	args := []string{"test", "-c", "-o", binary, "-vet=off", "-overlay=" + overlayFile}
	args = append(args, "-tags="+strings.Trim(o.Tags+","+Tag, ","))
	if o.Race {
		binary = filepath.Join(c.dir, "explore.race.test")
		args[3] = binary
		args = append(args, "-race")
		for _, quiet := range []string{"/sched", "/shim/context"} {
			// The detector must not see the engine, nor what of it would be inlined elsewhere.
			args = append(args, "-gcflags="+engine+quiet+"=-race=false -l")
		}
	}
	if len(c.replaced) > 0 {
		modfile, err := c.modfile()
		if err != nil {
			return "", err
		}
		args = append(args, "-modfile="+modfile, "-mod=mod")
	}
	cmd := exec.Command("go", append(args, ".")...)
	cmd.Dir = o.Dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the instrumented test: %w\n%s", err, out)
	}
	return settle(binary)
}
