package layout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
)

// findModule looks where the program can be built: in the module of the working directory, as what it
// needs has to be known there.
func (l *Linker) findModule(ctx context.Context) error {
	out, complaint, err := l.goTool(ctx, "env", "-json", "GOMOD", "GOWORK")
	if err != nil {
		return fmt.Errorf("go env: %w: %s", err, complaint)
	}
	var where struct{ GOMOD, GOWORK string }
	if err := json.Unmarshal([]byte(out), &where); err != nil {
		return fmt.Errorf("reading go env: %w", err)
	}
	if where.GOMOD == "" || where.GOMOD == os.DevNull {
		return errors.New("the working directory is in no Go module")
	}
	l.root = filepath.Dir(where.GOMOD)
	if where.GOWORK != "" && where.GOWORK != "off" {
		return l.copyWorkspace(ctx, where.GOWORK)
	}
	return l.copyModule(ctx, where.GOMOD)
}

func (l *Linker) knowsSuite(ctx context.Context) bool {
	_, _, err := l.goTool(ctx, "list", "-m", suite)
	return err == nil
}

// copyModule lets the go tool add to a copy of go.mod what the program needs, so that the user's own
// stays as it is.
func (l *Linker) copyModule(ctx context.Context, gomod string) error {
	copied, err := l.copyWithSums(gomod, "go.mod", filepath.Join(l.root, "go.sum"))
	if err != nil {
		return err
	}
	l.flags = []string{"-modfile=" + copied, "-mod=mod"}
	if l.knowsSuite(ctx) {
		return nil
	}
	if len(l.Constructors) == 0 {
		return errForeign(gomod)
	}
	edits := []string{"-require=" + suite + "@" + suiteVersion()}
	if source := SourceDir(); source != "" {
		edits = []string{"-require=" + suite + "@v0.0.0", "-replace=" + suite + "=" + source}
	}
	return l.edit(ctx, "mod", copied, edits)
}

// copyWithSums copies a go.mod or go.work under its own name, and beside it the checksums that belong to
// it, if there are any, with those of this suite.
func (l *Linker) copyWithSums(path, name, sumPath string) (copied string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	sum, err := os.ReadFile(sumPath)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	copied = filepath.Join(l.tmp, name)
	return copied, errors.Join(os.WriteFile(copied, text, 0o600),
		os.WriteFile(filepath.Join(l.tmp, filepath.Base(sumPath)), append(sum, sums()...), 0o600))
}

// errForeign is for a module that has nothing to do with what is measured. The suite could be added to it
// all the same, but its commit would then be in the text as that of the code.
func errForeign(file string) error { return fmt.Errorf("%s does not name %s", file, suite) }

// edit edits a copy of go.mod or go.work.
func (l *Linker) edit(ctx context.Context, kind, path string, edits []string) error {
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{kind, "edit"}, edits, []string{path})...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w: %s", cmd, err, out)
	}
	return nil
}

// sums are those of what the suite needs. Without them the go tool would have to ask the checksum
// database for what is on this machine already.
func sums() []byte {
	source := SourceDir()
	if source == "" {
		return nil
	}
	sums, _ := os.ReadFile(filepath.Join(source, "go.sum"))
	return append([]byte("\n"), sums...) // whoever wrote the file before may have left that out
}

// SourceDir is what this very binary was built from, if it is still there: a clone, or the module
// cache. It is empty after a build with -trimpath.
func SourceDir() string {
	_, file, _, ok := runtime.Caller(0)
	dir := filepath.Dir(filepath.Dir(filepath.Dir(file)))
	if !ok || !filepath.IsAbs(dir) {
		return ""
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		return ""
	}
	return dir
}

// suiteVersion is the version of the module in this binary.
func suiteVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "latest"
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == suite && m.Version != "(devel)" {
			return m.Version
		}
	}
	return "latest"
}
