package rewrite

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// surroundings are where the go command takes modules from.
type surroundings struct {
	GOMOD, GOWORK, GOMODCACHE string
	root                      string // of what GOMOD or GOWORK describes
}

func look(dir string) (s surroundings, err error) {
	cmd := exec.Command("go", "env", "-json", "GOMOD", "GOWORK", "GOMODCACHE")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return s, fmt.Errorf("go env: %w", err)
	}
	if err := json.Unmarshal(out, &s); err != nil {
		return s, fmt.Errorf("reading the output of go env: %w", err)
	}
	if s.GOWORK == "off" {
		s.GOWORK = ""
	}
	switch {
	case s.GOWORK != "":
		s.root = filepath.Dir(s.GOWORK)
	case s.GOMOD == "" || s.GOMOD == os.DevNull:
		return s, fmt.Errorf("%s is in no module: explore needs one with a go.mod", dir)
	default:
		s.root = filepath.Dir(s.GOMOD)
	}
	return s, nil
}

// mayOverlay reports whether the go command lets an overlay replace the file: it belongs to the main
// module, or is vendored there.
func (s surroundings) mayOverlay(file string) bool {
	return inside(file, s.root) && !inside(file, s.GOMODCACHE)
}

// redirect returns what has the go command take the copies of modules for the modules.
func (c *copies) redirect() (flags, env []string, err error) {
	if c.around.GOWORK != "" {
		path, err := c.workfile()
		return nil, []string{"GOWORK=" + path}, err
	}
	path, err := c.modfile()
	return []string{"-modfile=" + path, "-mod=mod"}, nil, err
}

// modfile writes a go.mod in which the copies replace the originals.
func (c *copies) modfile() (path string, err error) {
	path = filepath.Join(c.dir, "go.mod")
	sums := strings.TrimSuffix(c.around.GOMOD, ".mod") + ".sum"
	if err := copyFile(c.around.GOMOD, path); err != nil {
		return "", err
	}
	if err := copyFile(sums, filepath.Join(c.dir, "go.sum")); err != nil && !os.IsNotExist(err) {
		return "", err
	}
	return path, c.edit("mod", path)
}

// workfile writes a go.work that uses the user's modules, with the copies in the place of others.
func (c *copies) workfile() (path string, err error) {
	path = filepath.Join(c.dir, "go.work")
	if err := copyFile(c.around.GOWORK, path); err != nil {
		return "", err
	}
	err = copyFile(c.around.GOWORK+".sum", path+".sum")
	if err != nil && !os.IsNotExist(err) {
		return "", err
	}
	return path, c.edit("work", path)
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o644)
}

// A described file is what of `go mod edit -json` or `go work edit -json` is needed here.
type described struct {
	Use     []struct{ DiskPath string }
	Replace []struct {
		Old, New struct{ Path, Version string }
	}
}

// edit makes the paths in a copied go.mod or go.work absolute, as the file is elsewhere now, and
// adds the copies of modules.
func (c *copies) edit(kind, path string) error {
	out, err := exec.Command("go", kind, "edit", "-json", path).Output()
	if err != nil {
		return fmt.Errorf("go %s edit: %w", kind, err)
	}
	var d described
	if err := json.Unmarshal(out, &d); err != nil {
		return fmt.Errorf("reading the output of go %s edit: %w", kind, err)
	}
	args := []string{kind, "edit"}
	for _, u := range d.Use {
		args = append(args, "-dropuse="+u.DiskPath, "-use="+absolute(c.around.root, u.DiskPath))
	}
	for _, r := range d.Replace {
		if r.New.Version == "" {
			args = append(args, "-replace="+at(r.Old.Path, r.Old.Version)+"="+absolute(c.around.root, r.New.Path))
		}
	}
	for _, r := range c.replaced {
		args = append(args, "-replace="+at(r.module.Path, r.module.Version)+"="+r.dir)
	}
	if out, err := exec.Command("go", append(args, path)...).CombinedOutput(); err != nil {
		return fmt.Errorf("go %s edit: %w\n%s", kind, err, out)
	}
	return nil
}

func absolute(root, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(root, filepath.FromSlash(path))
}

func at(path, version string) string {
	if version == "" {
		return path
	}
	return path + "@" + version
}
