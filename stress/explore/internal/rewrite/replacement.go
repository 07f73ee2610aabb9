package rewrite

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// A replacement is a copy of a module that is not the user's: the go command does not let an
// overlay replace files in the module cache.
type replacement struct {
	module   *module
	dir      string // of the copy
	original string
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
	name := filepath.FromSlash(m.Path)
	if source.Version != "" {
		name += "@" + source.Version
	}
	r := &replacement{module: m, original: m.Dir, dir: filepath.Join(c.dir, "mod", name)}
	if err := copyTree(r.original, r.dir); err != nil {
		return nil, fmt.Errorf("copying %s: %w", m.Path, err)
	}
	gomod := filepath.Join(r.dir, "go.mod")
	if _, err := os.Stat(gomod); err != nil { // the module is older than modules
		if err := writeIfNew(gomod, []byte("module "+m.Path+"\n")); err != nil {
			return nil, err
		}
	}
	c.replaced[m.Path] = r
	return r, nil
}

// copyTree copies the files of a module. The copies can be written to, unlike those in the module
// cache.
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
		return copyFile(path, filepath.Join(to, rel))
	})
}

// write puts a file into the copy.
func (r *replacement) write(original string, text []byte) error {
	rel, err := filepath.Rel(r.original, original)
	if err != nil {
		return err
	}
	return writeIfNew(filepath.Join(r.dir, rel), text)
}

var buildLine = regexp.MustCompile(`(?m)^//go:build (.*)$`)

// modern lets a file of an old module use type parameters, as what the copies call has some. A line
// with go:build may raise the language version of its file, to 1.21 at least.
func (m *module) modern(text []byte) []byte {
	switch {
	case m == nil || !beforeGenerics(m.GoVersion):
		return text
	case buildLine.Match(text):
		return buildLine.ReplaceAll(text, []byte("//go:build ($1) && go1.21"))
	}
	return append([]byte("//go:build go1.21\n\n"), text...)
}

// beforeGenerics reports whether a language version is older than 1.18.
func beforeGenerics(version string) bool {
	minor, ok := strings.CutPrefix(version, "1.")
	minor, _, _ = strings.Cut(minor, ".")
	n, err := strconv.Atoi(minor)
	return version == "" || ok && err == nil && n < 18
}
