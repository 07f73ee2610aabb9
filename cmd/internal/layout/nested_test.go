package layout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/gotool"
	"github.com/semabench/semabench/internal/longtest"
)

// explored is a test file that compiles without the explorer, which would cost seconds.
const explored = "package explored\n\nimport \"testing\"\n\nfunc TestMade(t *testing.T) {\n" +
	"\tif len(Made()) != 1 || Made()[0].Name != \"fifo\" {\n\t\tt.Error(Made())\n\t}\n}\n"

func nest(t *testing.T, cache string, given ...string) (*Nested, error) {
	t.Helper()
	var constructors []Constructor
	for _, g := range given {
		c, _, err := Parse(g)
		if err != nil {
			t.Fatal(err)
		}
		constructors = append(constructors, c)
	}
	return Nest(context.Background(), constructors, []string{"cond"}, cache, explored)
}

// The test imports an internal package of the user's module, which is of a second major version, in a
// folder with a space, and replaces a module by a relative path. GOFLAGS asks for a vendor folder.
func TestNestedTestRuns(t *testing.T) {
	longtest.Need(t, "TestNestedFolders")
	dir := module(t, map[string]string{
		"gr\u00f6\u00dfe 1/go.mod": strings.Replace(goMod, "example.org/mine", "example.org/mine/v2", 1) + requiringSuite +
			"\nrequire example.org/near v0.0.0\n\nreplace example.org/near => ../near\n",
		"gr\u00f6\u00dfe 1/a/internal/fifo/fifo.go": strings.Replace(fifo, "import ", "import _ \"example.org/near\"\nimport ", 1),
		"near/go.mod":  "module example.org/near\n\ngo 1.26.0\n",
		"near/near.go": "package near\n",
	})
	t.Chdir(filepath.Join(dir, "gr\u00f6\u00dfe 1"))
	t.Setenv("GOFLAGS", "-mod=vendor -buildvcs=false")
	before := tree(t, dir)
	n, err := nest(t, t.TempDir(), "./a/internal/fifo.New")
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if out, err := (gotool.Tool{Dir: n.Dir, Env: n.Env}).Run(context.Background(), "test", "-vet=off", "."); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if after := tree(t, dir); len(after) != len(before) {
		t.Errorf("the module was changed: it has %v now", after)
	}
}

// Two runs at once have two folders. The next run gets the first one again, for other constructors too.
func TestNestedFolders(t *testing.T) {
	module(t, map[string]string{"go.mod": goMod + requiringSuite, "fifo/fifo.go": fifo})
	cache := t.TempDir()
	first, err := nest(t, cache, "./fifo.New")
	if err != nil {
		t.Fatal(err)
	}
	second, err := nest(t, cache, "./fifo.New")
	if err != nil {
		t.Fatal(err)
	}
	if first.Dir == second.Dir {
		t.Error("two runs at once have one folder")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	third, err := nest(t, cache, "mine=./fifo.NewInt")
	if err != nil {
		t.Fatal(err)
	}
	if third.Dir != first.Dir {
		t.Errorf("the third run has %s, want the folder of the first", third.Dir)
	}
	text, err := os.ReadFile(filepath.Join(third.Dir, tableFile))
	if err != nil || !strings.Contains(string(text), "NewInt") {
		t.Errorf("the third run has the constructors of another one: %s (%v)", text, err)
	}
	complaint := fmt.Sprintf("# x\n./%s:%d:5: undefined: p0.NewInt", tableFile, third.linker.firstUse())
	if why := third.Explain(errors.New("exit status 1"), complaint); why.Error() != "mine=./fifo.NewInt: undefined: fifo.NewInt" {
		t.Errorf("explained as %q", why)
	}
}

// After -trimpath the recorded path begins with the module. With a version the module cache has it.
func TestSourceOf(t *testing.T) {
	cache := t.TempDir()
	dir := filepath.Join(cache, suite+"@v1.2.3")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		suite + "@v1.2.3/cmd/internal/layout/module.go": dir,
		suite + "@v1.2.4/cmd/internal/layout/module.go": "",
		suite + "/cmd/internal/layout/module.go":        "",
		dir + "/cmd/internal/layout/module.go":          dir,
	} {
		if got := sourceOf(file, cache); got != want {
			t.Errorf("the source of %s is %q, want %q", file, got, want)
		}
	}
	for version, want := range map[string]string{"v1.2.3": "v1.2.3", "(devel)": "", "v0.0.0-20260101000000-aabbccddeeff+dirty": ""} {
		if got := published(version); got != want {
			t.Errorf("%s is published as %q, want %q", version, got, want)
		}
	}
}
