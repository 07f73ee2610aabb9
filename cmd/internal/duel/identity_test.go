package duel

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports/gate"
)

// sameFiles is a module whose benchmark calls code of another package and opens a
// file of its testdata.
var sameFiles = map[string]string{
	"go.mod":     "module scratch\n\ngo 1.26\n",
	"README.md":  "words\n",
	"q/q.go":     "package q\n\nfunc F() int { return 1 }\n",
	"q/x/x.go":   "package x\n",
	"p/p.go":     "package p\n\nimport \"scratch/q\"\n\nfunc F() int { return q.F() }\n",
	"p/notes.md": "words\n",
	"p/p_test.go": "package p\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\n" +
		"func BenchmarkF(b *testing.B) {\n\tif _, err := os.ReadFile(\"testdata/in\"); err != nil { b.Fatal(err) }\n" +
		"\tfor b.Loop() { F() }\n}\n\nfunc BenchmarkG(b *testing.B) { for b.Loop() { F() } }\n",
	"p/testdata/in": "1",
}

// identityOf returns what findSame says about package scratch/p of two folders.
func identityOf(t *testing.T, old, new string) (sameCode, bool) {
	t.Helper()
	m := &measurer{Options: quick(Source{Dir: old}, Source{Dir: new}).withDefaults(), run: &gate.Run{},
		temp: t.TempDir()}
	m.MeasureSame = false
	if err := m.prepareSides(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, ok := m.findSame(t.Context())["scratch/p"]
	return s, ok
}

// changes are changes of sameFiles; a file without text is removed.
var changes = []struct {
	name  string
	files map[string]string
	same  bool
	need  func(t testing.TB, covered string) // the tier: each change builds binaries
}{
	{"nothing", nil, true, longtest.Need},
	{"comment", map[string]string{"q/q.go": "// Package q is q.\npackage q\n\n/* F\nis 1. */\n\n// It is.\nfunc F() int { return 1 } // one\n"}, true, nil},
	{"documentation", map[string]string{"README.md": "more words\n", "p/notes.md": "more\n"}, true, longtest.Need},
	{"another package", map[string]string{"q/x/x.go": "package x\n\nvar X = 1\n"}, true, longtest.Need},
	{"code that is called", map[string]string{"q/q.go": "package q\n\nfunc F() int { return 2 }\n"}, false, nil},
	{"a directive", map[string]string{"q/q.go": "package q\n\n//go:noinline\nfunc F() int { return 1 }\n"}, false, longtest.Need},
	{"testdata", map[string]string{"p/testdata/in": "2"}, true, longtest.Need}, // BenchmarkG reads none
	{"new testdata", map[string]string{"p/testdata/deep/more": "2"}, true, longtest.Need},
	{"a new benchmark", map[string]string{"p/q_test.go": "package p\n\nimport \"testing\"\n\nfunc BenchmarkH(*testing.B) {}\n"}, true, longtest.Need},
	{"a new function and a new test", map[string]string{"q/q.go": "package q\n\nfunc G() int { return 3 }\n\nfunc F() int { return 1 }\n",
		"p/q_test.go": "package p\n\nimport \"testing\"\n\nfunc TestH(*testing.T) { println(F()) }\n"}, true, longtest.Need},
	{"a file that is gone", map[string]string{"q/x/x.go": ""}, true, longtest.Need},
	{"cgo on both sides", map[string]string{"*": "", "q/c.go": "package q\n\nimport \"C\"\n"}, false, longtest.NeedCI},
	{"a profile on both sides", map[string]string{"*": "", "q/default.pgo": "x"}, false, longtest.NeedCI},
	{"another language version", map[string]string{"go.mod": "module scratch\n\ngo 1.25\n"}, false, longtest.Need},
	{"a build that fails on both sides", map[string]string{"*": "", "q/q.go": "package q\n\nfunc F() int { return x }\n"}, false, longtest.NeedCI},
	{"no benchmark on both sides", map[string]string{"*": "",
		"p/p_test.go": "package p\n\n// func Benchmark\n"}, false, longtest.Need},
}

func TestIdentity(t *testing.T) {
	for _, test := range changes {
		t.Run(test.name, func(t *testing.T) {
			if test.need != nil {
				test.need(t, "the other changes")
			}
			changed := maps.Clone(sameFiles)
			maps.Copy(changed, test.files)
			maps.DeleteFunc(changed, func(_, text string) bool { return text == "" })
			both := test.files["*"] == "" && slices.Contains(slices.Collect(maps.Keys(test.files)), "*")
			old, new := t.TempDir(), t.TempDir()
			write(t, new, changed)
			if both {
				write(t, old, changed)
			} else {
				write(t, old, sameFiles)
			}
			both = both || test.same // builds binaries, so one direction has to do
			for i, sides := range [][2]string{{old, new}, {new, old}} {
				if i == 1 && both {
					break
				}
				s, same := identityOf(t, sides[0], sides[1])
				if same != test.same {
					t.Errorf("same = %v, want %v; %+v", same, test.same, s)
				}
				want := []string{"BenchmarkF", "BenchmarkG"}
				if strings.HasSuffix(test.name, "testdata") {
					want = want[1:]
				}
				if same {
					mustEqual(t, "benchmarks", s.functions, want)
					more := len(want) < 2 || test.name == "a new benchmark"
					if s.rest != more {
						t.Errorf("other benchmarks are measured: %v, want %v", s.rest, more)
					}
				}
			}
		})
	}
}

// Identity names every function that both sides have, and decides as a measurement does.
func TestIdentityOfFunctions(t *testing.T) {
	longtest.Need(t, "TestIdentity")
	old, new := t.TempDir(), t.TempDir()
	files := maps.Clone(sameFiles)
	files["p/testdata/in"] = "2"
	files["p/more_test.go"] = benchmarks("p", "func BenchmarkNew(b *testing.B) {}\n\nfunc Benchmarked() {}\n")
	write(t, old, sameFiles)
	write(t, new, files)
	o := quick(Source{Dir: old}, Source{Dir: new})
	o.MeasureSame = false
	all, err := Identity(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range all {
		got = append(got, fmt.Sprintf("%s %v %v", c.Function, c.Identical, c.Why != ""))
	}
	mustEqual(t, "functions", got, []string{"BenchmarkF false false", "BenchmarkG true true"})
}

// A file that both sides have at the same absolute path, or that lies beyond the
// compared folders, is told apart.
func TestAPathThatLeavesTheSideIsMeasured(t *testing.T) {
	files := maps.Clone(sameFiles)
	files["p/p_test.go"] = strings.ReplaceAll(files["p/p_test.go"], "testdata/in", "../../outside")
	old, new := t.TempDir(), t.TempDir()
	write(t, old, files)
	write(t, new, files)
	for _, dir := range []string{old, new} {
		if err := os.WriteFile(filepath.Join(dir, "../outside"), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if s, _ := identityOf(t, old, new); slices.Contains(s.functions, "BenchmarkF") {
		t.Errorf("a benchmark that reads ../../outside is the same: %+v", s)
	}
}

func TestFlagsThatReplaceFilesAreMeasured(t *testing.T) {
	dir := scratch(t, sameFiles)
	for flags, want := range map[string]bool{"": true, "-tags=x": true, "-pgo=x": false,
		"-tags=x -overlay=x": false, "--toolexec=x": false, "'-buildmode=pie'": false} {
		t.Setenv("GOFLAGS", "") // prepareSides runs the go command, which would fail at some of them
		m := &measurer{Options: quick(Source{Dir: dir}, Source{Dir: dir}).withDefaults(), run: &gate.Run{},
			temp: t.TempDir()}
		if err := m.prepareSides(t.Context()); err != nil {
			t.Fatal(err)
		}
		id := &identity{m: m, sides: [2]*side{m.old, m.new}}
		t.Setenv("GOFLAGS", flags)
		if got := id.comparable(t.Context()); got != want {
			t.Errorf("GOFLAGS=%q: comparable = %v, want %v", flags, got, want)
		}
	}
}

// mentioned returns the reader of a package that opens files.
func mentioned(source string) *reader {
	r := &reader{mention: newMention(), dir: "p", imports: map[string]bool{"os": true}}
	mentionsOf("p.go", []byte("package p\n"+source), &r.mention)
	if hasAny(r.names, findingSource) != "" && hasAny(r.names, opening) != "" {
		r.locates = []string{"p"}
	}
	return r
}

func TestWhichFilesMayBeRead(t *testing.T) {
	const read = "var x = os.ReadFile"
	for _, test := range []struct {
		name, source, changed string
		may                   bool
	}{
		{"named", `var _ = "notes.md"`, "p/notes.md", true},
		{"named elsewhere", `var _ = "../docs/notes.md"`, "docs/notes.md", true},
		{"put together from name and number", `var _ = "input" + n`, "data/input7", true},
		{"put together from an end", `var _ = n + ".json"`, "data/7.json", true},
		{"put together from a folder", `var _ = Join("corpus", n)`, "corpus/7", true},
		{"in a raw string", "var _ = `notes.md`", "notes.md", true},
		{"with an escape", `var _ = "notes\x2emd"`, "notes.md", true},
		{"not named", `var _ = "something"`, "README.md", false},
		{"in a comment", `// "README.md"`, "README.md", false},
		{"in an import", `import ("docs"; x "corpus")`, "docs/a", false},
		{"in an import alone", `import "docs"`, "docs/a", false},
		{"after an import", "import \"docs\"\nvar _ = \"corpus\"", "corpus/a", true},
		{"testdata", "", "p/testdata/a/b", true},
		{"testdata of another package", "", "q/testdata/a", false},
		{"testdata of another package, named", `var _ = "../q/testdata"`, "q/testdata/a", true},
		{"lists folders", "var _ = os.ReadDir", "README.md", true},
		{"serves a folder", "var _ = http.Dir", "README.md", true},
		{"the folder of a path", "var _ = filepath.Dir", "README.md", false},
		{"Go source by its end", `var _ = ".go"`, "q/q.go", true},
		{"Go source by a name like it", `var _ = "qqq: wrong"`, "q/qqq.go", false},
		{"Go source that finds itself", read + "; var _ = runtime.Caller", "q/q.go", true},
		{"Go source that finds itself and opens nothing", "var _ = runtime.Caller", "q/q.go", false},
		{"git", `var _ = ".git/HEAD"`, "README.md", true},
	} {
		r := mentioned(test.source)
		if got := r.mayRead([]string{test.changed}); got != "" != test.may {
			t.Errorf("%s: %q, want a reason: %v", test.name, got, test.may)
		}
		r.imports = map[string]bool{"fmt": true, "testing": true, "encoding/json": true}
		if why := r.mayRead([]string{test.changed}); why != "" {
			t.Errorf("%s: without package os: %q", test.name, why)
		}
	}
	for source, itself := range map[string]bool{"": false, "var _ = os.ReadFile": false,
		"var _, _ = os.Executable, os.Open": true, "var _, _ = os.Args[0], os.Open": true} {
		if got := mentioned(source).readsItself(); got != itself {
			t.Errorf("%q reads its own binary: %v", source, got)
		}
	}
	r := mentioned("")
	r.imports["os/exec"] = true
	if r.mayRead([]string{"README.md"}) == "" || r.mayRead(nil) != "" {
		t.Error("a benchmark that starts programs reads any file that differs, and only those")
	}
}

func TestSelects(t *testing.T) {
	for _, test := range []struct {
		bench, function string
		want            bool
	}{
		{".", "BenchmarkA", true}, {"A", "BenchmarkA", true}, {"B$", "BenchmarkA", false},
		{"A/x", "BenchmarkA", true}, {"x/A", "BenchmarkA", false}, {"x|A/y", "BenchmarkA", true},
		{"(x|A)/y", "BenchmarkA", true}, {"[/|]", "BenchmarkA", false}, {`x\|A`, "BenchmarkA", false},
	} {
		if got := selects(test.bench, test.function); got != test.want {
			t.Errorf("-bench %s selects %s: %v", test.bench, test.function, got)
		}
	}
}

// A run whose rows are all the same measures nothing, needs no controls, and can
// be read back.
func TestARunOfEqualCode(t *testing.T) {
	old, new := scratch(t, sameFiles), scratch(t, sameFiles)
	write(t, new, map[string]string{"README.md": "other words\n"})
	o := quick(Source{Dir: old}, Source{Dir: new})
	o.MeasureSame, o.OneStage = false, false
	run := measured(t, o, func(d *Duel) {
		if err := d.SecondStage(t.Context(), gate.Suspects(d.Run(), gate.Options{})); err != nil {
			t.Error(err)
		}
	})
	mustEqual(t, "rows", names(run.Rows), []string{"BenchmarkF", "BenchmarkG"})
	r := gate.Judge(run, gate.Options{})
	if r.Exit() != gate.ExitPass || r.Count(gate.SameCode) != 2 || r.Family != 0 || len(run.Controls) > 0 {
		t.Errorf("exit %d, %d IDENTICAL, family %d, %q", r.Exit(), r.Count(gate.SameCode), r.Family, r.Invalid)
	}
}
