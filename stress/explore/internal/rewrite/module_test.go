package rewrite_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore/internal/rewrite"
)

// A tree is the files of a test, by path. $SEMABENCH in a text stands for the root of this module.
type tree map[string]string

// goMod requires this module.
const goMod = "module example.org/m\n\ngo 1.26.0\n\nrequire github.com/semabench/semabench v0.0.0\n\n" +
	"replace github.com/semabench/semabench => $SEMABENCH\n"

// write writes the files to a new folder.
func (files tree) write(t *testing.T) (dir string) {
	t.Helper()
	root, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		text = strings.ReplaceAll(text, "$SEMABENCH", root)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// with returns the files together with others.
func (files tree) with(others tree) tree {
	all := maps.Clone(files)
	maps.Copy(all, others)
	return all
}

// sum returns a hash of the content of a folder.
func sum(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		fmt.Fprintln(h, path, info.ModTime(), len(text), string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// plays is a test that plays the function Work of each package of a list, and fails if Work takes no
// steps: then it is not under control.
const plays = `package m

import (
	"testing"

	IMPORTS
	"github.com/semabench/semabench/stress/explore/schedrt"
)

type first struct{}

func (first) Pick(*schedrt.Point) int { return 0 }
func (first) Choose(int) int        { return 0 }

func TestM(t *testing.T) {
	for path, work := range map[string]func(){WORKS} {
		x := schedrt.New(schedrt.Limits{})
		defer x.Close()
		if out := x.Play(first{}, work); out.Kind != schedrt.Passed || len(x.Trace.Steps) < 3 {
			t.Errorf("%s: %v after %d steps: %s", path, out.Kind, len(x.Trace.Steps), out.Message)
		}
	}
}
`

// work is package dep.
const work = `package dep

import "sync"

func Work() {
	var mu sync.Mutex
	ch := make(chan int)
	go func() { mu.Lock(); ch <- 1; mu.Unlock() }()
	<-ch
	mu.Lock()
}
`

// playing is the test that plays Work of some packages.
func playing(paths ...string) string {
	var imports, works strings.Builder
	for i, path := range paths {
		fmt.Fprintf(&imports, "dep%d %q\n\t", i, path)
		fmt.Fprintf(&works, "%q: dep%d.Work, ", path, i)
	}
	return strings.NewReplacer("IMPORTS", imports.String(), "WORKS", works.String()).Replace(plays)
}

// surroundings are the places in which the go command finds a package. In each of them the package
// must come under control, and nothing may be written there. A build takes a second, so one build
// has all places that fit into one program; a failure names the package.
var surroundings = map[string]struct {
	files tree
	dir   string // of the package
	tags  string
	setup []string // a command that is run in dir first
}{
	// Packages of the module: plain, chosen by build tags, with assembly. Modules that a folder
	// replaces: of this release, older than type parameters, older than interfaces that are
	// comparable.
	"packages and replaced modules": {files: tree{
		"m/go.mod": goMod + "require (\n\texample.org/dep v1.0.0\n\texample.org/old12 v1.0.0\n\texample.org/old18 v1.0.0\n)\n" +
			"\nreplace (\n\texample.org/dep => \"../a dep\"\n\texample.org/old12 => ../old12\n\texample.org/old18 => ../old18\n)\n",
		"m/m_test.go": playing("example.org/m/internal/dep", "example.org/m/tagged", "example.org/m/assembly",
			"example.org/dep", "example.org/old12", "example.org/old18"),
		"m/internal/dep/dep.go": work,
		"m/tagged/doc.go":       "package dep\n", "m/tagged/dep.go": "//go:build special && !other\n\n" + work,
		"m/assembly/dep.go":       work,
		"m/assembly/add_amd64.go": "package dep\n\nfunc add(a, b int64) int64\n\nvar three = add(1, 2)\n",
		"m/assembly/add_amd64.s":  "TEXT ·add(SB), 4, $0-24\n\tMOVQ a+0(FP), AX\n\tADDQ b+8(FP), AX\n\tMOVQ AX, ret+16(FP)\n\tRET\n",
		"a dep/go.mod":            "module example.org/dep\n\ngo 1.26.0\n", "a dep/dep.go": work,
		"old12/go.mod": "module example.org/old12\n\ngo 1.12\n", "old12/dep.go": work,
		"old12/other.go": "// +build !other\n\n//go:build !other\n\npackage dep\n\nfunc other() { close(make(chan int)) }\n",
		"old18/go.mod":   "module example.org/old18\n\ngo 1.18\n", "old18/dep.go": work,
		"old18/other.go": "package dep\n\nfunc init() {\n\tfor range map[any]int{1: 1} {\n\t}\n}\n",
	}, dir: "m", tags: "special"},
	"vendored": {files: tree{
		"m/go.mod":      goMod + "require example.org/dep v1.0.0\n\nreplace example.org/dep => ../dep\n",
		"m/m_test.go":   playing("example.org/dep"),
		"m/use_test.go": "package m\n\nimport _ \"github.com/semabench/semabench/stress/explore\"\n",
		"dep/go.mod":    "module example.org/dep\n\ngo 1.12\n", "dep/dep.go": work,
	}, dir: "m", setup: []string{"sh", "-c", "go mod tidy && go mod vendor"}},
	// A module of the workspace, and one outside of its folder.
	"workspace": {files: tree{
		"w/go.work":     "go 1.26.0\n\nuse (\n\t./m\n\t./dep\n)\n\nreplace example.org/outside => ../outside\n",
		"w/m/go.mod":    goMod + "require example.org/outside v1.0.0\n",
		"w/m/m_test.go": playing("example.org/dep", "example.org/outside"),
		"w/dep/go.mod":  "module example.org/dep\n\ngo 1.26.0\n", "w/dep/dep.go": work,
		"outside/go.mod": "module example.org/outside\n\ngo 1.26.0\n", "outside/dep.go": work,
	}, dir: "w/m"},
}

func TestSurroundings(t *testing.T) {
	for name, c := range surroundings {
		t.Run(name, func(t *testing.T) {
			if c.setup != nil {
				longtest.Need(t, "the other surroundings")
			}
			if name == "workspace" {
				longtest.NeedCI(t, "packages and replaced modules")
			}
			t.Setenv("GOFLAGS", "")
			root := c.files.write(t)
			dir := filepath.Join(root, c.dir)
			if c.setup != nil {
				cmd := exec.Command(c.setup[0], c.setup[1:]...)
				cmd.Dir = dir
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
			}
			before := sum(t, root)
			b, err := rewrite.Build(t.Context(), rewrite.Options{Dir: dir, Cache: t.TempDir(), Tags: c.tags})
			if err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command(b.Path).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			if sum(t, root) != before {
				t.Error("something was written beside the package")
			}
		})
	}
}

// A module of the module cache is rewritten in a copy: nothing may be written to the cache.
func TestModuleCache(t *testing.T) {
	files := tree{
		"go.mod":    goMod + "require golang.org/x/sync v0.24.0\n",
		"m_test.go": playing("example.org/m/dep"),
		"dep/dep.go": "package dep\n\nimport \"golang.org/x/sync/errgroup\"\n\n" +
			"func Work() {\n\tvar g errgroup.Group\n\tg.Go(func() error { return nil })\n\tg.Wait()\n}\n",
	}
	dir := files.write(t)
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/sync").Output()
	if err != nil {
		t.Fatal(err)
	}
	module := strings.TrimSpace(string(out))
	sums, err := os.ReadFile("../../../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o644); err != nil {
		t.Fatal(err)
	}
	before := sum(t, module)
	b, err := rewrite.Build(t.Context(), rewrite.Options{Dir: dir, Cache: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(b.Path).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if sum(t, module) != before {
		t.Error("something was written to the module cache")
	}
}

// A goroutine that a test starts outside of control is reported with its position. A
// goroutine that a package starts when it is initialized is not: it runs again under control.
func TestUncontrolledGoroutines(t *testing.T) {
	dir := tree{"go.mod": goMod, "m_test.go": playing("example.org/m/dep"),
		"dep/dep.go": work + "\nvar _ = Start()\n\nfunc Start() int {\n\tgo func() { select {} }()\n\treturn 0\n}\n",
		"told_test.go": "package m\n\nimport (\n\t\"strings\"\n\t\"testing\"\n\n\t\"example.org/m/dep\"\n\n\t\"github.com/semabench/semabench/stress/explore/schedrt\"\n)\n\n" +
			"func TestTold(t *testing.T) {\n\tif s := schedrt.UncontrolledGoroutines(); s != \"\" {\n\t\tt.Error(s)\n\t}\n" +
			"\tdep.Start()\n\tif s := schedrt.UncontrolledGoroutines(); !strings.HasSuffix(s, \"dep.go:16\") {\n\t\tt.Error(s)\n\t}\n}\n",
	}.write(t)
	b, err := rewrite.Build(t.Context(), rewrite.Options{Dir: dir, Cache: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(b.Path, "-test.run=Told").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
