package layout

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func build(t *testing.T, given ...string) error {
	t.Helper()
	l, err := prepare(t, given...)
	if err != nil {
		return err
	}
	p, err := l.Build(context.Background(), 1)
	if err != nil {
		return err
	}
	out, err := exec.Command(p.Path, "-table").CombinedOutput()
	if err != nil {
		return errors.New(string(out))
	}
	return nil
}

func prepare(t *testing.T, given ...string) (*Linker, error) {
	t.Helper()
	var constructors []Constructor
	for _, g := range given {
		c, ok, err := Parse(g)
		if err != nil || !ok {
			t.Fatalf("Parse(%q) = %v, %v", g, ok, err)
		}
		constructors = append(constructors, c)
	}
	l, err := New(context.Background(), Sampler, constructors, []string{"cond", "channel", "spin", "weighted"})
	if err == nil {
		t.Cleanup(func() { l.Close() })
	}
	return l, err
}

func mustPrepare(t *testing.T, given ...string) *Linker {
	t.Helper()
	l, err := prepare(t, given...)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func mustBuild(t *testing.T, l *Linker, seed uint32) Program {
	t.Helper()
	p, err := l.Build(context.Background(), seed)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustSample(t *testing.T, path, impl string) {
	t.Helper()
	row := "workload=uncontended/impl=" + impl + "/permits=1/goroutines=1"
	out, err := exec.Command(path, "-row", row, "-benchtime", "1ms").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "BenchmarkSemaphore/"+row) {
		t.Errorf("the sample of %s is %q (%v)", impl, out, err)
	}
}

const goMod = "module example.org/mine\n\ngo 1.26.0\n\nrequire golang.org/x/sync v0.24.0\n"

// requiringSuite is an addition to goMod. module replaces SUITE by the folder of the suite.
const requiringSuite = "\nrequire " + suite + " v0.0.0\n\nreplace " + suite + " => SUITE\n"

// module writes files below a temporary folder, and makes it the working directory. There is no
// go.sum, as in a module that does not use the suite yet.
func module(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	suiteDir, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		text = strings.ReplaceAll(text, "SUITE", suiteDir)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	return dir
}

func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
