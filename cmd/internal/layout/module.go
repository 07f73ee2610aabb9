package layout

import (
	"context"
	"errors"
	"fmt"
	gobuild "go/build"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/gotool"
)

// redirect makes every later go command read a copy of the user's go.mod or go.work. The program is
// built in the module of the working directory, because the go command must know there what the
// constructors need.
//
// The copy makes two things possible without a change of the user's files: the go command may add
// what the program needs (it writes checksums even when it only lists), and the copy can name this
// suite where the original does not. It is called once. An error leaves the user's files as they
// were, since only copies were written.
//
// The manifest is redirected twice at most: once to ask whether the suite is known, and again
// with what was added.
func (l *Linker) redirect(ctx context.Context) error {
	where, err := l.tool.Locate(ctx)
	if errors.Is(err, gotool.ErrNoModule) || err == nil && where.GoMod == "" {
		return errors.New("the working directory is in no Go module")
	}
	if err != nil {
		return err
	}
	l.root, l.origin = filepath.Dir(where.GoMod), where.Root()
	manifest, err := gotool.ReadManifest(where.Manifest())
	if err != nil {
		return err
	}
	// Without the checksums of the suite the go command would ask the checksum database for modules
	// that are on this machine already.
	manifest.AddSums(suiteSums())
	original := l.tool
	if l.tool, err = manifest.Redirect(original, l.tmp); err != nil {
		return err
	}
	known := l.knowsSuite(ctx)
	if known && !l.hasRivals() {
		return nil
	}
	if len(l.Constructors) == 0 {
		// The suite could be added all the same. But nothing of that module would be measured, and the
		// text would name its commit as the commit of the code.
		return fmt.Errorf("%s does not name %s", where.Manifest(), suite)
	}
	if !known {
		if where.GoWork != "" {
			err = useSuite(manifest, where.GoWork)
		} else {
			err = requireSuite(manifest)
		}
	}
	if err == nil && l.hasRivals() {
		err = addRivals(manifest, where.GoWork)
	}
	if err != nil {
		return err
	}
	l.tool, err = manifest.Redirect(original, l.tmp)
	return err
}

// hasRivals reports whether some constructor is in the module of the rivals.
func (l *Linker) hasRivals() bool {
	return slices.ContainsFunc(l.Constructors, func(c Constructor) bool { return c.Path == rivals })
}

// addRivals adds the module of the rivals, as requireSuite and useSuite add the suite. The user's
// module then also sees the modules that the rivals need, in this copy of its go.mod only.
//
// The versions that the rivals need may be newer than the user's. The user's code then is built
// with those, in this program only.
func addRivals(m *gotool.Manifest, gowork string) error {
	source := SourceDir()
	if source == "" {
		return fmt.Errorf("the rivals are a module of their own, and not in this binary: run it in a "+
			"clone of %s", suite)
	}
	dir := filepath.Join(source, "bench", "rivals")
	sums, err := os.ReadFile(filepath.Join(dir, "go.sum"))
	if err != nil {
		return fmt.Errorf("reading the checksums of the rivals: %w", err)
	}
	m.AddSums(sums)
	if gowork != "" {
		return m.Use(dir)
	}
	return errors.Join(m.Require(rivals, "v0.0.0"), m.Replace(rivals, "", dir))
}

// knowsSuite reports whether the module or workspace names this suite, in any version.
func (l *Linker) knowsSuite(ctx context.Context) bool {
	_, err := l.tool.Run(ctx, "list", "-m", suite)
	return err == nil
}

// requireSuite adds the suite to a go.mod: from its source on this machine, or else in the version
// of this binary.
//
// The source is preferred to a version, because a clone may have changes that no version has.
func requireSuite(m *gotool.Manifest) error {
	source := SourceDir()
	if version := suiteVersion(); source == "" && version == "" {
		return noSource("it needs the source of this suite")
	} else if source == "" {
		return m.Require(suite, version)
	}
	return errors.Join(m.Require(suite, "v0.0.0"), m.Replace(suite, "", source))
}

// useSuite adds the suite to a go.work, which can use folders only.
func useSuite(m *gotool.Manifest, gowork string) error {
	source := SourceDir()
	if source == "" {
		return fmt.Errorf("%s does not use %s: add a clone with go work use", gowork, suite)
	}
	return m.Use(source)
}

// suiteSums returns the checksums of the modules that the suite needs, or nil without its source.
func suiteSums() []byte {
	source := SourceDir()
	if source == "" {
		return nil
	}
	sums, _ := os.ReadFile(filepath.Join(source, "go.sum")) // without it the go command asks a server
	return sums
}

// SourceDir returns the folder of the source that this binary was built from, if it still exists: a
// clone, or a folder in the module cache. It returns "" if a build with -trimpath took the path out
// of the binary, and the source is not in the module cache.
//
// The compiler records the path of this file. The module is the folder above the folder of this
// package. After -trimpath the path begins with the module and its version instead of a folder.
func SourceDir() string {
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		return ""
	}
	return sourceOf(file, moduleCache())
}

func sourceOf(file, cache string) string {
	dir, ok := strings.CutSuffix(path.Dir(file), "/cmd/internal/layout")
	if !ok {
		return "" // this package was moved, or copied out of its module
	}
	dir = filepath.FromSlash(dir)
	if !filepath.IsAbs(dir) {
		if cache == "" || !strings.Contains(dir, "@") {
			return "" // of a clone, which has no version
		}
		dir = filepath.Join(cache, dir)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		return ""
	}
	return dir
}

// moduleCache returns the folder of the module cache as the environment has it. A value that only
// go env -w has set is missed: the go command may be missing where this is asked.
func moduleCache() string {
	if dir := os.Getenv("GOMODCACHE"); dir != "" {
		return dir
	}
	list := filepath.SplitList(gobuild.Default.GOPATH)
	if len(list) == 0 {
		return ""
	}
	return filepath.Join(list[0], "pkg", "mod")
}

// FindSource is SourceDir, or else the folder of the suite that the module of the working directory
// names. The error says what to do.
func FindSource(ctx context.Context) (string, error) {
	if dir := SourceDir(); dir != "" {
		return dir, nil
	}
	dir, err := gotool.Tool{}.Run(ctx, "list", "-m", "-f", "{{.Dir}}", suite)
	if err == nil && dir != "" {
		return dir, nil
	}
	if errors.Is(err, gotool.ErrNoGo) || ctx.Err() != nil {
		return "", err
	}
	return "", noSource("it needs the source of this suite")
}

// noSource is the error of a binary that was built with -trimpath in a clone, or whose clone is gone.
func noSource(what string) error {
	return fmt.Errorf("%s, and this executable does not know where that is (it was built with -trimpath, or the "+
		"source is gone): run semabench in a module whose go.mod names %s, by\n"+
		"\tgo mod edit -require=%[2]s@v0.0.0 -replace=%[2]s=/path/to/your/clone", what, suite)
}

// suiteVersion returns the version of the module in this binary, or "" if no server can have the
// version. A build in a clone has no version, or a version that the go command derived from the
// commit. The mark "+dirty" says that the clone had changes.
func suiteVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == suite {
			return published(m.Version)
		}
	}
	return ""
}

func published(version string) string {
	if version == "(devel)" || strings.Contains(version, "+") {
		return ""
	}
	return version
}
