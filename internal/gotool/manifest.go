package gotool

import (
	"bytes"
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	mod "golang.org/x/mod/module"
)

// A Manifest is the content of a go.mod or a go.work that is to be edited and written elsewhere,
// with the checksums beside it.
//
//	m, err := gotool.ReadManifest(location.Manifest())
//	err = m.Replace("example.org/a", "v1.2.3", copied)
//	tool, err := m.Redirect(tool, tmp)
//	out, err := tool.Run(ctx, "build", "./...") // builds with the copy
//
// Package modfile edits the syntax tree, so comments and the order of lines stay. The paths that
// name folders in a go.work are made absolute, because the go command resolves them against the
// folder of the file it reads. Those in a go.mod stay: with -modfile the go command resolves them
// against the folder of the user's own go.mod.
type Manifest struct {
	path string // of the original
	mod  *modfile.File
	work *modfile.WorkFile // nil for a go.mod
	sums []byte
}

// ReadManifest reads a go.mod or a go.work, which it tells apart by the end of the name. Checksums
// in go.sum or go.work.sum may be missing.
func ReadManifest(path string) (*Manifest, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m := &Manifest{path: path}
	if m.isWork() {
		m.work, err = modfile.ParseWork(path, text, nil)
	} else {
		m.mod, err = modfile.Parse(path, text, nil)
	}
	if err != nil {
		return nil, err // has the file and the line
	}
	if m.sums, err = os.ReadFile(sumPath(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if m.work != nil {
		return m, m.makeAbsolute()
	}
	return m, nil
}

func (m *Manifest) isWork() bool { return filepath.Ext(m.path) == ".work" }

// sumPath is where the go command looks for checksums: go.sum for go.mod, go.work.sum for go.work.
func sumPath(path string) string {
	if base, ok := strings.CutSuffix(path, ".mod"); ok {
		return base + ".sum"
	}
	return path + ".sum"
}

func (m *Manifest) makeAbsolute() error {
	root := filepath.Dir(m.path)
	absolute := func(path string) string {
		if filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(root, filepath.FromSlash(path))
	}
	for _, use := range m.work.Use {
		path, module := use.Path, use.ModulePath
		if filepath.IsAbs(path) {
			continue
		}
		if err := m.work.DropUse(path); err != nil { // also clears *use
			return err
		}
		if err := m.work.AddUse(absolute(path), module); err != nil {
			return err
		}
	}
	for _, r := range m.work.Replace {
		if r.New.Version != "" {
			continue // another module and no folder
		}
		// Not AddReplace: for a module without a version it drops the lines for single versions.
		r.New.Path = absolute(r.New.Path)
		r.Syntax.Token[len(r.Syntax.Token)-1] = modfile.AutoQuote(r.New.Path)
	}
	m.work.Cleanup()
	return nil
}

// Require makes a go.mod require a module. A go.work requires none: the result is an error.
func (m *Manifest) Require(module, version string) error {
	if m.work != nil {
		return fmt.Errorf("%s cannot require %s: use a folder", m.path, module)
	}
	return m.mod.AddRequire(module, version)
}

// Use adds the folder of a module to a go.work. A go.mod uses none: the result is an error. The Go
// version of the workspace rises to the module's, since the go command refuses a workspace with an
// older one.
func (m *Manifest) Use(dir string) error {
	if m.work == nil {
		return fmt.Errorf("%s cannot use the folder %s: require a module", m.path, dir)
	}
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	f, err := modfile.ParseLax(filepath.Join(dir, "go.mod"), text, nil)
	if err != nil {
		return err
	}
	if f.Go != nil && (m.work.Go == nil || version.Compare("go"+m.work.Go.Version, "go"+f.Go.Version) < 0) {
		err = m.work.AddGoStmt(f.Go.Version)
	}
	return errors.Join(err, m.work.AddUse(dir, ""))
}

// KeepSettings gives a go.work the settings of GODEBUG that another manifest has. By default the go
// command derives them from the Go version of the main module or workspace. When that version rises,
// rand.Seed, http.ServeMux and others would do what they do in newer modules.
func (m *Manifest) KeepSettings(other *Manifest) error {
	goLine, lines := (*modfile.Go)(nil), []*modfile.Godebug(nil)
	if other.work != nil {
		goLine, lines = other.work.Go, other.work.Godebug
	} else {
		goLine, lines = other.mod.Go, other.mod.Godebug
	}
	values := map[string]string{"default": "go1.16"} // the language without a go line
	if goLine != nil {
		values["default"] = "go" + goLine.Version
	}
	for _, g := range lines {
		values[g.Key] = g.Value
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if err := m.work.AddGodebug(key, values[key]); err != nil {
			return err
		}
	}
	return nil
}

// Replace makes the go command read a module from a folder. The empty version stands for every
// version.
func (m *Manifest) Replace(module, version, dir string) error {
	if m.work != nil {
		return m.work.AddReplace(module, version, dir, "")
	}
	return m.mod.AddReplace(module, version, dir, "")
}

// Below turns the copy of a go.mod into the go.mod of another module, which requires the original
// from its folder. Everything else stays: the versions, and the folders of replaced modules, which
// become absolute.
//
// The copy must name all requirements of the original again, because replace directives count in
// the main module only.
func (m *Manifest) Below(module, original string) error {
	if m.mod == nil || m.mod.Module == nil {
		return fmt.Errorf("%s names no module", m.path)
	}
	path := m.mod.Module.Mod.Path
	for _, r := range m.mod.Replace {
		if r.New.Version != "" || filepath.IsAbs(r.New.Path) {
			continue
		}
		r.New.Path = filepath.Join(original, filepath.FromSlash(r.New.Path))
		r.Syntax.Token[len(r.Syntax.Token)-1] = modfile.AutoQuote(r.New.Path)
	}
	local := "v0.0.0"
	if _, major, ok := mod.SplitPathVersion(path); ok && major != "" {
		local = mod.PathMajorPrefix(major) + ".0.0"
	}
	return errors.Join(m.mod.AddModuleStmt(module), m.Require(path, local), m.Replace(path, "", original))
}

// Text returns the content of the copy with its checksums, to tell two copies apart.
func (m *Manifest) Text() string {
	text, err := m.format()
	return fmt.Sprintf("%s\x00%v\x00%s", text, err, m.sums)
}

// AddSums adds checksums, in the format of go.sum. With them the go command need not ask a server
// for modules that are on this machine already.
func (m *Manifest) AddSums(sums []byte) {
	if n := len(m.sums); n > 0 && m.sums[n-1] != '\n' {
		m.sums = append(m.sums, '\n') // the user's editor may have left it out
	}
	m.sums = append(m.sums, sums...)
}

// WriteTo writes the manifest and its checksums into a folder, as go.mod and go.sum or go.work and
// go.work.sum, and returns the path of the former. Files that have the same content already stay
// untouched.
func (m *Manifest) WriteTo(dir string) (path string, err error) {
	name := "go.mod"
	if m.work != nil {
		name = "go.work"
	}
	path = filepath.Join(dir, name)
	text, err := m.format()
	if err != nil {
		return "", fmt.Errorf("writing a copy of %s: %w", m.path, err)
	}
	if err := WriteIfChanged(path, text); err != nil {
		return "", err
	}
	if len(bytes.TrimSpace(m.sums)) == 0 {
		return path, nil
	}
	return path, WriteIfChanged(sumPath(path), m.sums)
}

func (m *Manifest) format() ([]byte, error) {
	if m.work != nil {
		m.work.Cleanup()
		return modfile.Format(m.work.Syntax), nil
	}
	m.mod.Cleanup()
	return m.mod.Format()
}

// Redirect writes the manifest into a folder, as [Manifest.WriteTo] does, and returns t changed so
// that its commands read the copy. They may also change the copy: with -mod=mod the go command
// adds what a build needs.
func (m *Manifest) Redirect(t Tool, dir string) (Tool, error) {
	path, err := m.WriteTo(dir)
	if err != nil {
		return t, err
	}
	// Clipped, so that two tools made from t do not share the memory behind its slices.
	t.Env, t.Flags = t.Env[:len(t.Env):len(t.Env)], t.Flags[:len(t.Flags):len(t.Flags)]
	if m.work != nil {
		t.Env = append(t.Env, "GOWORK="+path) // the go command takes no -modfile in a workspace
	} else {
		t.Flags = append(t.Flags, "-modfile="+path, "-mod=mod")
	}
	return t, nil
}
