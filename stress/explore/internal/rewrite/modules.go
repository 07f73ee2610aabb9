package rewrite

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// A replacement is a copy of a module outside the main one.
type replacement struct {
	module   *module
	dir      string // of the copy
	original string
	old      bool // its language has no type parameters yet
}

// replacement returns the copy of a module, which is made when a first file of it is written.
func (c *copies) replacement(m *module) (*replacement, error) {
	if r := c.replaced[m.Path]; r != nil {
		return r, nil
	}
	source := m
	if m.Replace != nil {
		source = m.Replace
	}
	work, err := exec.Command("go", "env", "GOWORK").Output()
	if err == nil && len(strings.TrimSpace(string(work))) > len("off") {
		return nil, fmt.Errorf("%s has to be instrumented, which needs -modfile, which go.work forbids: "+
			"set GOWORK=off", m.Path)
	}
	r := &replacement{
		module: m, original: m.Dir, dir: filepath.Join(c.dir, "mod", m.Path+"@"+source.Version),
		old: beforeGenerics(m.GoVersion),
	}
	if err := copyTree(r.original, r.dir); err != nil {
		return nil, fmt.Errorf("copying %s: %w", m.Path, err)
	}
	gomod := filepath.Join(r.dir, "go.mod")
	if _, err := os.Stat(gomod); err != nil {
		if err := writeIfNew(gomod, []byte("module "+m.Path+"\n")); err != nil {
			return nil, err
		}
	}
	c.replaced[m.Path] = r
	return r, nil
}

// beforeGenerics reports whether a language version is older than 1.18.
func beforeGenerics(version string) bool {
	minor, ok := strings.CutPrefix(version, "1.")
	minor, _, _ = strings.Cut(minor, ".")
	n, err := strconv.Atoi(minor)
	return version == "" || ok && err == nil && n < 18
}

// copyTree copies the files of a module, without what instrumenting will write.
func copyTree(from, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		case !d.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), text, 0o644)
	})
}

var buildLine = regexp.MustCompile(`(?m)^//go:build (.*)$`)

// write puts a file into the copy. Positions in it are those of the original.
func (r *replacement) write(original string, text []byte) error {
	rel, err := filepath.Rel(r.original, original)
	if err != nil {
		return err
	}
	head := ""
	if r.old { // what the copies call has type parameters
		if buildLine.Match(text) {
			text = buildLine.ReplaceAll(text, []byte("//go:build ($1) && go1.21"))
		} else {
			head = "//go:build go1.21\n\n"
		}
	}
	head += "//line " + original + ":1\n"
	return writeIfNew(filepath.Join(r.dir, rel), append([]byte(head), text...))
}

// modfile writes a go.mod in which the copies replace the originals.
func (c *copies) modfile() (path string, err error) {
	path = filepath.Join(c.dir, "go.mod")
	text, err := os.ReadFile(c.main.GoMod)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return "", err
	}
	sums, err := os.ReadFile(strings.TrimSuffix(c.main.GoMod, ".mod") + ".sum")
	if err == nil {
		err = os.WriteFile(filepath.Join(c.dir, "go.sum"), sums, 0o644)
	}
	if err != nil && !os.IsNotExist(err) {
		return "", err
	}
	args := []string{"mod", "edit"}
	for _, r := range c.replaced {
		at := r.module.Path
		if r.module.Version != "" {
			at += "@" + r.module.Version
		}
		args = append(args, "-replace="+at+"="+r.dir)
	}
	if err := c.absolute(path); err != nil {
		return "", err
	}
	if out, err := exec.Command("go", append(args, path)...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("go mod edit: %w\n%s", err, out)
	}
	return path, nil
}

var relativeReplace = regexp.MustCompile(`(?m)(=>\s+)(\.\.?/\S*)`)

// absolute makes the paths of replace lines absolute: the file is elsewhere now.
func (c *copies) absolute(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	dir := filepath.Dir(c.main.GoMod)
	text = relativeReplace.ReplaceAllFunc(text, func(m []byte) []byte {
		parts := relativeReplace.FindSubmatch(m)
		return append(append([]byte{}, parts[1]...), filepath.Join(dir, string(parts[2]))...)
	})
	return os.WriteFile(path, text, 0o644)
}
