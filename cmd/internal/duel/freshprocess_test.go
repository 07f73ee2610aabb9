package duel

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/gotool"
	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports/gate"
)

const ordinary = `
func BenchmarkPrints(b *testing.B) { fmt.Println("noise"); n := 0; for b.Loop() { n++ } }

func BenchmarkAllocates(b *testing.B) { for range b.N { kept = new([64]byte) } }

var kept *[64]byte

func BenchmarkNames(b *testing.B) {
	for _, name := range []string{"a b", "x/y", "ends-2"} {
		b.Run(name, func(b *testing.B) { for b.Loop() { } })
	}
}

func BenchmarkFails(b *testing.B) {
	if b.N > 1 { b.Fatal("not twice") }
}

func BenchmarkPanics(b *testing.B) { b.Run("sub", func(b *testing.B) { panic("on purpose") }) }

func BenchmarkEnds(b *testing.B) { fmt.Println("no database"); os.Exit(3) }

func BenchmarkHangs(b *testing.B) { if b.N > 1 { time.Sleep(time.Hour) } }

func BenchmarkSkips(b *testing.B) { b.Skip("not here") }
`

// Without workers all rows are measured by fresh processes, and say so.
func TestFreshProcesses(t *testing.T) {
	longTest(t, "TestOneFreshProcess", "it starts some hundred processes")
	file := func(body string) map[string]string {
		text := strings.Replace(benchmarks("p", body), `"testing"`,
			`("fmt"; "os"; "testing"; "time")`, 1)
		return map[string]string{"p_test.go": text}
	}
	twice := strings.Replace(ordinary, "kept = new([64]byte)", "kept, kept = new([64]byte), new([64]byte)", 1)
	o := quick(Source{Dir: scratch(t, file(ordinary))}, Source{Dir: scratch(t, file(twice))})
	o.goos, o.Silence = "windows", 3e9
	run := measured(t, o)
	for name, want := range map[string]string{
		"BenchmarkPrints": "", "BenchmarkAllocates": "", "BenchmarkNames/a_b": "", "BenchmarkNames/x/y": "",
		"BenchmarkNames/ends-2": "",
		"BenchmarkFails":        "not twice",
		"BenchmarkPanics/sub":   "panic: on purpose",
		"BenchmarkEnds":         "it said last: no database",
		"BenchmarkHangs":        "no answer in 3s",
	} {
		r := row(t, run, name)
		switch {
		case want == "" && (r.Mode != gate.Fresh || len(r.Pairs) < 2 ||
			!strings.Contains(r.Why, "Windows")):
			t.Errorf("%s: mode %s, %d pairs, because %q, error %q",
				name, r.Mode, len(r.Pairs), r.Why, r.Err)
		case !strings.Contains(r.Err, want):
			t.Errorf("%s: error %q, want %q", name, r.Err, want)
		}
	}
	if len(run.Rows) != 9 || len(run.Controls) == 0 {
		t.Errorf("%d rows %v, %d controls; want 9 and some", len(run.Rows), names(run.Rows), len(run.Controls))
	}
	x := row(t, run, "BenchmarkAllocates").Exact
	if len(x) != 2 || x[0].Old[0] != x[0].Ops || x[0].New[0] != 2*x[0].Ops {
		t.Errorf("counted %v, want 1 and 2 allocations for each operation", x)
	}
	mustSay(t, run, "fresh-processes", "Windows")
	mustSay(t, run, "skipped", "BenchmarkSkips")
}

// The short variant of TestFreshProcesses: a benchmark that is measured and a
// benchmark that fails.
func TestOneFreshProcess(t *testing.T) {
	longtest.NeedCI(t, "TestControls")
	dir := scratch(t, map[string]string{"p_test.go": benchmarks("p", `
func BenchmarkAllocates(b *testing.B) { for range b.N { kept = new([64]byte) } }
var kept *[64]byte
func BenchmarkFails(b *testing.B) { if b.N > 1 { b.Fatal("not twice") } }`)})
	o := quick(Source{Dir: dir}, Source{Dir: dir})
	o.goos = "windows"
	run := measured(t, o)
	r := row(t, run, "BenchmarkAllocates")
	if r.Mode != gate.Fresh || len(r.Pairs) < 2 || !strings.Contains(r.Why, "Windows") {
		t.Errorf("mode %s, %d pairs, because %q, error %q", r.Mode, len(r.Pairs), r.Why, r.Err)
	}
	if len(r.Exact) != 2 || r.Exact[0].Old[0] != r.Exact[0].Ops {
		t.Errorf("counted %v, want one allocation for each operation", r.Exact)
	}
	if r := row(t, run, "BenchmarkFails"); !strings.Contains(r.Err, "not twice") {
		t.Errorf("error %q, want the log of the benchmark", r.Err)
	}
	mustSay(t, run, "fresh-processes", "Windows")
}

// mustSay fails unless the run has a fact with this key whose value contains
// want.
func mustSay(t *testing.T, run *gate.Run, key, want string) {
	t.Helper()
	for _, f := range run.Facts {
		if f.Key == key && strings.Contains(f.Value, want) {
			return
		}
	}
	t.Errorf("facts %v: no %s with %q", run.Facts, key, want)
}

// A Go distribution has no workers if its package testing differs, or if the
// worker does not build in it.
func TestUnknownPackageTesting(t *testing.T) {
	goroot, dir := t.TempDir(), t.TempDir()
	write(t, goroot, map[string]string{"src/testing/benchmark.go": "package testing\n\nfunc runEverything() {}\n"})
	if _, err := writeOverlay(goroot, dir); !errors.Is(err, errNoWorker) || !strings.Contains(err.Error(), "0 of the 5") {
		t.Errorf("error %v, want one of package testing", err)
	}
	if _, err := writeOverlay(t.TempDir(), dir); !errors.Is(err, errNoWorker) {
		t.Errorf("no source: error %v, want one of package testing", err)
	}
	s := &side{overlay: overlayWith(t, goRoot(t), "var _ = nothing\n")}
	s.Dir = scratch(t, nil)
	if err := s.checkOverlay(t.Context(), nil); !errors.Is(err, errNoWorker) || !strings.Contains(err.Error(), "undefined: nothing") {
		t.Errorf("error %v, want one of package testing that does not build", err)
	}

	bad, good := &side{label: "new", noWorker: errNoWorker, overlay: "o"}, &side{label: "old", overlay: "o"}
	m := &measurer{old: good, new: bad, run: &gate.Run{}}
	m.chooseFreshProcesses("linux")
	if good.overlay != "" || good.names == nil || bad.names == nil ||
		!strings.HasPrefix(m.whyFresh, "new: no worker") {
		t.Errorf("overlay %q, name caches %v and %v, because %q: want fresh processes on both sides",
			good.overlay, good.names, bad.names, m.whyFresh)
	}
	m = &measurer{old: &side{overlay: "o"}, new: &side{overlay: "o"}, run: &gate.Run{}}
	if m.chooseFreshProcesses("linux"); m.whyFresh != "" || m.old.overlay == "" || m.old.names != nil {
		t.Errorf("fresh processes because %q, where nothing was wrong", m.whyFresh)
	}
}

// What was built is not built again for the other side. A build with other text or other flags is
// another build.
func TestWorkersAreBuiltOnce(t *testing.T) {
	root := goRoot(t)
	s := &side{overlay: overlayWith(t, root, "")}
	s.Dir = scratch(t, nil)
	if err := s.checkOverlay(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir()) // no go command: every build fails
	for _, c := range []struct {
		more  string
		env   map[string]string
		known bool
	}{{"", nil, true}, {"var _ = 1\n", nil, false}, {"", map[string]string{"GOFLAGS": "-tags=x"}, false}} {
		s.overlay = overlayWith(t, root, c.more)
		if err := s.checkOverlay(t.Context(), c.env); (err == nil) != c.known {
			t.Errorf("with %q and %v: %v, want it to be known: %v", c.more, c.env, err, c.known)
		}
	}
}

func goRoot(t *testing.T) string {
	t.Helper()
	env, err := gotool.Tool{Dir: t.TempDir()}.Variables(t.Context(), "GOROOT")
	if err != nil {
		t.Fatal(err)
	}
	return env["GOROOT"]
}

// overlayWith writes the overlay of the worker, with more text in one of its files.
func overlayWith(t *testing.T, root, more string) string {
	t.Helper()
	path, err := writeOverlay(root, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	worker := filepath.Join(filepath.Dir(path), "semabench_worker.go")
	added, err := os.ReadFile(worker)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(worker, append(added, more...), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPatternWithin(t *testing.T) {
	for _, c := range []struct{ pattern, function, want string }{
		{".", "BenchmarkA", "^BenchmarkA$"},
		{"A/x=[/|]/y", "BenchmarkA", "^BenchmarkA$/x=[/|]/y"},
		{"A/x|B/y", "BenchmarkB", "^BenchmarkB$/y"},
		{"(A|B)/y", "BenchmarkB", "^BenchmarkB$/y"},
		{`A\/|B`, "BenchmarkB", "^BenchmarkB$"},
		{"kA|kB", "BenchmarkC", "^$"},
	} {
		if got := patternWithin(c.pattern, c.function); got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.pattern, c.function, got, c.want)
		}
	}
}
