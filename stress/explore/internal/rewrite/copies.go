package rewrite

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/semabench/semabench/internal/gotool"
)

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

// standardPath returns the path under which the overlay replaces a file of the standard library.
// The go command refuses to replace a file of the module cache, and a Go release that it downloaded
// itself is there. So it is run from a folder with links to that release, by whose paths the files
// are not in the module cache. The overlay names a file by the path that the go command uses for
// it. Through the links that path is below the folder, so the check for the module cache does not
// match.
func (c *copies) standardPath(file string) (string, error) {
	if !inside(file, c.location.ModCache) {
		return file, nil
	}
	rel, err := filepath.Rel(c.location.GoRoot, file)
	if err != nil {
		return "", err
	}
	if c.goRoot == "" {
		c.goRoot = filepath.Join(c.dir, "goroot-"+short(c.location.GoRoot, 8))
		if err := linkAll(c.location.GoRoot, c.goRoot); err != nil {
			return "", fmt.Errorf("linking the Go release: %w", err)
		}
	}
	return filepath.Join(c.goRoot, rel), nil
}

// linkAll makes a folder with a link to each entry of another. Links that are there already stay.
// The top level is enough: a path below a linked folder keeps the folder's prefix. Two builds may
// make the links at once, so a link that exists is no error.
func linkAll(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, e := range entries {
		link := filepath.Join(to, e.Name())
		if err := os.Symlink(filepath.Join(from, e.Name()), link); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return nil
}

// inside reports whether a file is in a folder or below it.
func inside(file, dir string) bool {
	rel, err := filepath.Rel(dir, file)
	return err == nil && !strings.HasPrefix(rel, "..")
}

// short is a name for a text: the first digits of its hash. Sixteen digits are 64 bits, twelve are
// 48: enough for the folders of one cache and the files of one build. A hash and not the text: a
// path may be too long for a file name, and has separators.
func short(text string, digits int) string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(text)))[:digits]
}
