package layout

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
)

// workspace is what of `go work edit -json` names folders.
type workspace struct {
	Use     []struct{ DiskPath string }
	Replace []struct {
		Old, New struct{ Path, Version string }
	}
}

// copyWorkspace does for go.work what copyModule does for go.mod: the go tool takes no other go.mod in
// a workspace, and writes sums beside go.work even if it only lists. The suite is one more folder to use.
func (l *Linker) copyWorkspace(ctx context.Context, gowork string) error {
	out, complaint, err := l.goTool(ctx, "work", "edit", "-json", gowork)
	var w workspace
	if err == nil {
		err = json.Unmarshal([]byte(out), &w)
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w: %s", gowork, err, complaint)
	}
	copied, err := l.copyWithSums(gowork, "go.work", filepath.Join(filepath.Dir(gowork), "go.work.sum"))
	if err != nil {
		return err
	}
	l.env = append(l.env, "GOWORK="+copied)
	if err := l.edit(ctx, "work", copied, w.absolute(filepath.Dir(gowork))); err != nil {
		return err
	}
	if l.knowsSuite(ctx) {
		return nil
	}
	if len(l.Constructors) == 0 {
		return errForeign(gowork)
	}
	source := SourceDir()
	if source == "" {
		return fmt.Errorf("%s does not use %s: add a clone with go work use", gowork, suite)
	}
	return l.edit(ctx, "work", copied, []string{"-use=" + source})
}

// absolute returns the edits that let a go.work of dir mean the same elsewhere.
func (w workspace) absolute(dir string) (edits []string) {
	from := func(path string) string {
		if filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(dir, path)
	}
	for _, u := range w.Use {
		edits = append(edits, "-dropuse="+u.DiskPath, "-use="+from(u.DiskPath))
	}
	for _, r := range w.Replace {
		if r.New.Version != "" {
			continue // not a folder
		}
		old := r.Old.Path
		if r.Old.Version != "" {
			old += "@" + r.Old.Version
		}
		edits = append(edits, "-replace="+old+"="+from(r.New.Path))
	}
	return edits
}
