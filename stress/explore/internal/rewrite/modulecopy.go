package rewrite

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/semabench/semabench/internal/gotool"
)

// redirect returns tool changed so that it takes the copies of modules for the modules. It changes
// a copy of go.mod, or of go.work, which -modfile or GOWORK names. The user's file is only read.
func (c *copies) redirect(tool gotool.Tool) (gotool.Tool, error) {
	manifest, err := gotool.ReadManifest(c.location.Manifest())
	if err != nil {
		return tool, err
	}
	for _, r := range c.replaced {
		if err := manifest.Replace(r.module.Path, r.module.Version, r.dir); err != nil {
			return tool, err
		}
	}
	return manifest.Redirect(tool, c.dir)
}

// A moduleCopy is a copy of a whole module that is not the user's. The go command does not let an
// overlay replace files in the module cache, so it is told to take the copy for the module.
type moduleCopy struct {
	module   *module
	dir      string // of the copy
	original string
}

// copyOf returns the copy of a module, which it makes for the first file that is written to it. A
// module that is replaced by a folder or by another version is copied from there: its Dir says
// where.
func (c *copies) copyOf(m *module) (*moduleCopy, error) {
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
	r := &moduleCopy{module: m, original: m.Dir, dir: filepath.Join(c.dir, "mod", name)}
	if err := copyTree(r.original, r.dir); err != nil {
		return nil, fmt.Errorf("copying %s: %w", m.Path, err)
	}
	gomod := filepath.Join(r.dir, "go.mod")
	if _, err := os.Stat(gomod); err != nil { // the module was made before Go had modules
		if err := gotool.WriteIfChanged(gomod, []byte("module "+m.Path+"\n")); err != nil {
			return nil, err
		}
	}
	c.replaced[m.Path] = r
	return r, nil
}

// copyTree copies the regular files of a module. The files of the module cache are read-only; their
// copies are not. It starts from an empty folder: a file that an older copy rewrote, and that this
// build does not, would otherwise stay rewritten. Links are left out, as the go command leaves them
// out of a module.
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

// write puts a file into the copy.
func (r *moduleCopy) write(original string, text []byte) error {
	rel, err := filepath.Rel(r.original, original)
	if err != nil {
		return err
	}
	return gotool.WriteIfChanged(filepath.Join(r.dir, rel), text)
}

var buildLine = regexp.MustCompile(`(?m)^//go:build (.*)$`)

// allowGenerics lets a file of an old module use type parameters by the rules of Go 1.21: the calls in
// its copy need them. Before Go 1.20, for example, RangeMap took no map whose keys are interfaces.
// A go:build line may raise the language version of its file, to 1.21 at least. Only the copied
// file gets the new version. The other files of the module keep theirs, with its go.mod.
func (m *module) allowGenerics(text []byte) []byte {
	switch {
	case m == nil || !before121(m.GoVersion):
		return text
	case buildLine.Match(text):
		return buildLine.ReplaceAll(text, []byte("//go:build ($1) && go1.21"))
	}
	return append([]byte("//go:build go1.21\n\n"), text...)
}

// before121 reports whether a language version is older than 1.21. No version means go 1.16 for
// the go command, which is older too.
func before121(version string) bool {
	minor, ok := strings.CutPrefix(version, "1.")
	minor, _, _ = strings.Cut(minor, ".")
	n, err := strconv.Atoi(minor)
	return version == "" || ok && err == nil && n < 21
}
