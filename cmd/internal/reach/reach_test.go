package reach_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/semabench/semabench/cmd/internal/reach"
	"github.com/semabench/semabench/internal/longtest"
)

var entry = "_rt0_" + runtime.GOARCH + "_" + runtime.GOOS

// reader reads the archives of all tests, and the archives of the standard library once.
var reader = sync.OnceValues(func() (*reach.Reader, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, err
	}
	return reach.NewReader(strings.TrimSpace(string(out)))
})

// archives compiles the test binary of a package, and returns what is in it.
func archives(t testing.TB, dir, pkg string) (list []reach.Archive) {
	t.Helper()
	cmd := exec.Command("go", "list", "-export", "-trimpath", "-buildvcs=false", "-deps", "-test",
		"-json=ImportPath,Export,Standard,Deps", pkg)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	type listed struct {
		ImportPath, Export string
		Standard           bool
		Deps               []string
	}
	all := map[string]listed{}
	var binary listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p
		if strings.HasSuffix(p.ImportPath, ".test") {
			binary = p
		}
	}
	list = append(list, reach.Archive{Path: "main", File: binary.Export})
	for _, dep := range binary.Deps {
		if p := all[dep]; p.Export != "" {
			path, _, _ := strings.Cut(dep, " ")
			list = append(list, reach.Archive{Path: path, File: p.Export, Std: p.Standard})
		}
	}
	return list
}

func link(t testing.TB, list []reach.Archive) *reach.Binary {
	t.Helper()
	r, err := reader()
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.Link(list)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// edited returns a copy of testdata/m in which texts are replaced. An edit is the
// name of a file, a text, and its replacement. A text that is empty is appended.
func edited(t testing.TB, edits ...[3]string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/m")); err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		path := filepath.Join(dir, e[0])
		text, err := os.ReadFile(path)
		if err != nil && e[1] != "" || !strings.Contains(string(text), e[1]) {
			t.Fatalf("%s has no %q: %v", e[0], e[1], err)
		}
		changed := string(text) + e[2]
		if e[1] != "" {
			changed = strings.Replace(string(text), e[1], e[2], 1)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(changed), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// harmless is a small list; package duel has the whole one.
func harmless(path string) bool {
	return slices.Contains([]string{"errors", "flag", "fmt", "io", "reflect", "sync", "testing", "time"}, path)
}

// all stands for every benchmark.
const all = "*"

// edits are changes of testdata/m, and the benchmarks that they reach. The others
// have to stay the same: an answer that always says “differs” is never wrong and
// of no use.
var edits = []struct {
	name    string
	edits   [][3]string
	reached string // names without Benchmark
}{
	{"comments, functions, a test, a benchmark, and changes that six benchmarks reach", [][3]string{
		{"q/q.go", "func second", "// A comment.\n//\n// It moves lines.\nfunc second"},
		{"q/q.go", "", "\nfunc another(n int) func() int { return func() int { return n } }\n\nvar _ = another\n"},
		{"q/q.go", "n * 7", "n * 14 / 2 + n - n"},
		{"q/q.go", "n + 3", "n + 4"}, {"p/p.go", "d.r * 3", "d.r * 5"},
		{"p/p.go", "a text of", "a TEXT of"}, {"p/p.go", `case "delta":`, `case "Delta":`},
		{"p/p_test.go", "", "\nfunc TestMore(t *testing.T) { t.Log(word(t.Name()), func() string { return \"x\" + t.Name() }()) }\n" +
			"\nfunc BenchmarkMore(b *testing.B) { for b.Loop() { sink++ } }\n"},
		{"p/p_test.go", "func BenchmarkLog", "// More.\n\nfunc BenchmarkLog"},
	}, "Deep Interface Log Stack Text Word"},
	{"comments, a test, a benchmark", [][3]string{
		{"q/q.go", "func second", "// A comment.\n//\n// It moves lines.\nfunc second"},
		{"p/p_test.go", "", "\nfunc TestMore(t *testing.T) { t.Log(word(t.Name())) }\n" +
			"\nfunc BenchmarkMore(b *testing.B) { for b.Loop() { sink++ } }\n"},
	}, ""},

	{"nothing", nil, ""},
	{"lines", [][3]string{{"p/p.go", "func line()", "// More.\n//\n\nfunc line()"}}, "Line"},
	{"lines of a benchmark", [][3]string{{"p/p_test.go", "func BenchmarkLog", "// More.\n\nfunc BenchmarkLog"}}, "Log Stack"},
	{"a closure in a variable", [][3]string{{"p/p.go", "return n + 1 }", "return n + 9 }"}}, "Hook"},
	{"a function in a map", [][3]string{{"p/p.go", "n + 21", "n + 22"}}, all}, // the init function refers to it
	{"a loop in init", [][3]string{{"p/p.go", "range 10", "range 11"}}, all},
	{"a function behind linkname", [][3]string{{"q/q.go", "n + 11", "n + 12"}}, "Linked"},
	{"assembly", [][3]string{{"p/add_amd64.s", "ADDQ b+8(FP), AX", "ADDQ b+8(FP), AX\n\tADDQ $1, AX"}}, "Assembly"},
	{"a generic function", [][3]string{{"q/q.go", "sum += v", "sum += v + v"}}, "Generic"},
	{"a generic function by its argument", [][3]string{{"p/p.go", "int(s) + 81", "int(s) + 82"}}, "Constraint"},
	{"the layout of a struct", [][3]string{{"p/p.go", "Size int32", "Size [3]int32"}}, "Records Tag"},
	{"the size of a number", [][3]string{{"p/p.go", "Size int32", "Size int64"}}, "Records Tag"},
	{"a tag", [][3]string{{"p/p.go", `json:"name"`, `json:"nama"`}}, "Records Tag"},
	{"an embedded file", [][3]string{{"p/embedded.txt", "embedded", "EMBEDDED"}}, "Embedded"},
	{"the length of an embedded file", [][3]string{{"p/embedded.txt", "", "more\n"}}, "Embedded"},
	{"the value of a variable", [][3]string{{"p/p.go", "limit = 40", "limit = 41"}}, "Limit"},
	{"another variable", [][3]string{{"p/p_test.go", "left++", "right++"}}, ""}, // the same code and value
	{"another variable, which another side uses", [][3]string{
		{"p/p_test.go", "left++", "right++"}, {"p/p.go", "var left, right = 1, 1", "var left, right = 1, 2"}}, "Left"},
	{"a method that is found by name", [][3]string{{"p/p.go", "return 31", "return 32"}}, "Reflected"},
	{"a promoted method", [][3]string{{"p/p.go", "b.n + 51", "b.n + 52"}}, "Promoted"},
	{"a closure in a struct", [][3]string{{"p/p.go", "return new([64]byte)", "p := new([64]byte)\n\tp[1] = 2\n\treturn p"}}, "Pool"},
	{"a function that is started", [][3]string{{"p/p.go", "c <- 61", "c <- 62"}}, "Started"},
	{"a function that is deferred", [][3]string{{"p/p.go", "*p += 71", "*p += 72"}}, "Deferred"},
	{"a method that makes a type assertion succeed", [][3]string{
		{"p/p.go", "", "\nfunc (asked) String() string { return \"\" }\n"}}, "Asked"},
	{"the text of an error", [][3]string{{"q/q.go", "some error", "some other"}}, "Error"},
	{"another order of init", [][3]string{
		{"p/p.go", "", "\nfunc init() { table[\"7\"] = 8 }\n"}}, all},
	{"another order of imports", [][3]string{
		{"p/a_test.go", "", "package p\n\nimport (\n\t\"testing\"\n\n\t\"log\"\n)\n\nfunc TestA(*testing.T) { log.Flags() }\n"}}, ""},
	{"a package with init for a test", [][3]string{
		{"q/r/r.go", "", "package r\n\nimport \"runtime/debug\"\n\nfunc init() { debug.SetGCPercent(1000) }\n"},
		{"p/r_test.go", "", "package p\n\nimport _ \"scratch/q/r\"\n"}}, all},
	{"TestMain", [][3]string{
		{"p/m_test.go", "", "package p\n\nimport (\"testing\"; \"runtime/debug\")\n\n" +
			"func TestMain(m *testing.M) { debug.SetGCPercent(1000); m.Run() }\n"}}, all},
	{"variables that only the collector reads", [][3]string{
		{"p/v_test.go", "", "package p\n\nimport \"testing\"\n\nvar many [1 << 20]*int\n\n" +
			"func TestMany(*testing.T) { many[0] = new(int) }\n"}}, all},
	{"a directive", [][3]string{{"q/q.go", "//go:noinline\nfunc third", "func third"}}, "Deep"},
	{"a literal that replaces a variable of equal value", [][3]string{{"p/p.go", "var limit", "const limit"}}, "Limit"},
	{"a renamed function", [][3]string{
		{"q/q.go", "third(n) + 2", "fourth(n) + 2"}, {"q/q.go", "func third", "func fourth"}}, ""},
	{"language version", [][3]string{{"go.mod", "go 1.26", "go 1.25"}}, ""}, // the caller compares DefaultGODEBUG
}

func TestWhichBenchmarksAChangeReaches(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("testdata/m has assembly for amd64")
	}
	base := link(t, archives(t, "testdata/m", "./p"))
	for i, test := range edits[:longtest.Or(t, "changes of a module", len(edits), 1)] {
		t.Run(test.name, func(t *testing.T) {
			changed := base
			if test.edits != nil {
				changed = link(t, archives(t, edited(t, test.edits...), "./p"))
			}
			both := [][2]*reach.Binary{{base, changed}, {changed, base}}
			for _, sides := range both[:longtest.Or(t, "directions", 2, 1)] {
				c, err := reach.Compare(sides[0], sides[1], entry, harmless)
				if err != nil {
					t.Fatal(err)
				}
				if len(c.Benchmarks()) < 20 {
					t.Errorf("benchmarks: %q", c.Benchmarks())
				}
				for _, name := range c.Benchmarks() {
					want := test.reached == all ||
						slices.Contains(strings.Fields(test.reached), strings.TrimPrefix(name, "Benchmark"))
					if why := c.Difference(name); (why != "") != want {
						t.Errorf("%s: differs %v, want %v: %s", name, why != "", want, why)
					} else if want && testing.Verbose() {
						t.Logf("%s: %s", name, why)
					}
					if i == 0 {
						checkChanges(t, c, name)
					}
					reads := strings.HasPrefix(name, "BenchmarkReads")
					if opens := c.Opens(name); !want && (opens != "") != reads {
						t.Errorf("%s opens files: %q, want %v", name, opens, reads)
					}
				}
			}
		})
	}
}

// checkChanges compares the functions whose code the first edit changes with the list that Changes returns. The edit
// also moves lines, and changes a function that only a test calls.
func checkChanges(t *testing.T, c *reach.Comparison, benchmark string) {
	t.Helper()
	want, known := map[string]string{
		"BenchmarkDeep": "scratch/q.third", "BenchmarkInterface": "scratch/p.(*disc).area", "BenchmarkWord": "scratch/p.word",
		"BenchmarkText": "scratch/p.BenchmarkText", "BenchmarkNothing": "", "BenchmarkGeneric": "", "BenchmarkReflected": "",
	}[benchmark]
	list, err := c.Changes(benchmark)
	var names []string
	for _, change := range list {
		names = append(names, change.Name)
		if change.Data || change.Old == 0 || change.New == 0 {
			t.Errorf("%s: %+v", benchmark, change)
		}
	}
	if got := strings.Join(names, " "); err != nil || known && got != want {
		t.Errorf("%s: changes %q, want %q, %v", benchmark, got, want, err)
	}
}
