package duel

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports"
	"github.com/semabench/semabench/reports/gate"
)

func TestWhatFailsIsNamed(t *testing.T) {
	dir := scratch(t, map[string]string{"x_test.go": benchmarks("p_test", "func BenchmarkTwice(b *testing.B) {}"), "p_test.go": strings.Replace(benchmarks("p", `
func BenchmarkGood(b *testing.B) { for b.Loop() {} }
func BenchmarkPanic(b *testing.B) { panic("on purpose") }
func BenchmarkFatal(b *testing.B) { b.Run("sub", func(b *testing.B) { b.Fatal("at once") }) }
func BenchmarkLater(b *testing.B) { if b.N > 1 { b.Fatal("only later") } }
func BenchmarkExit(b *testing.B) { os.Exit(0) }
func BenchmarkEndless(b *testing.B) { b.Run("sub", func(b *testing.B) { select {} }) }
func BenchmarkSkipped(b *testing.B) { b.Skip("not here") }
func BenchmarkLast(b *testing.B) { for b.Loop() {} }
func BenchmarkTwice(b *testing.B) { for b.Loop() {} }
`), `"testing"`, `("os"; "testing"; "time")
var _ = time.AfterFunc(time.Hour, func() {}) // so that the runtime sees no deadlock
`, 1)})
	o := quick(Source{Dir: dir}, Source{Dir: dir})
	o.Silence = 2e9
	run := measured(t, o)
	for name, why := range map[string]string{
		"BenchmarkGood":        "",
		"BenchmarkPanic":       "new: panic: on purpose",
		"BenchmarkFatal/sub":   "at once",
		"BenchmarkLater":       "old: it failed: p_test.go:11: only later",
		"BenchmarkExit":        "old: the process ended",
		"BenchmarkEndless/sub": "old: no answer in 2s",
		"BenchmarkLast":        "",
		"BenchmarkTwice":       "two functions",
	} {
		r := row(t, run, name)
		if why == "" && r.Err != "" || !strings.Contains(r.Err, why) || (r.Mode == gate.Failed) != (why != "") {
			t.Errorf("%s: mode %s, error %q, want %q", name, r.Mode, r.Err, why)
		}
	}
	skipped := slices.IndexFunc(run.Facts, func(f reports.Fact) bool { return f.Key == "skipped" })
	if skipped < 0 || !strings.HasPrefix(run.Facts[skipped].Value, "scratch.BenchmarkSkipped (p_test.go:14: not here)") || len(run.Rows) != 8 {
		t.Errorf("%d rows, want 8; facts %v, want the skipped one", len(run.Rows), run.Facts)
	}
}

// A package that does not build becomes a row with the message of the compiler.
// The other packages are measured.
func TestPackagesThatDoNotBuild(t *testing.T) {
	longtest.NeedCI(t, "TestWhatFailsIsNamed")
	file := func(pkg, more string) string {
		return benchmarks(pkg, "func BenchmarkA(b *testing.B) { for b.Loop() {} }\n"+more)
	}
	files := map[string]string{
		"good/p_test.go":    file("good", ""),
		"types/p_test.go":   file("types", "var x int = nothing\n"),
		"syntax/p_test.go":  file("syntax", "func (\n"),
		"imports/p.go":      "package imports\n\nimport _ \"no/such\"\n",
		"imports/p_test.go": file("imports", ""),
		"names/a.go":        "package names\n",
		"names/b.go":        "package other\n",
		"main/p_test.go":    file("main", "func TestMain(m *testing.M) { panic(\"no database\") }\n"),
		"none/p.go":         "package none\n",
	}
	broken := scratch(t, files)
	for _, name := range []string{"types", "syntax", "imports", "main"} {
		write(t, broken, map[string]string{name + "/p_test.go": file(name, "")})
		files[name+"/p.go"] = "package " + name + "\n"
	}
	run := measured(t, quick(Source{Dir: scratch(t, files)}, Source{Dir: broken}))
	if r := row(t, run, "BenchmarkA"); r.Package != "scratch/good" || len(r.Pairs) == 0 || len(run.Controls) == 0 {
		t.Errorf("%s has %d pairs, and there are %d controls", r.ID(), len(r.Pairs), len(run.Controls))
	}
	for path, want := range map[string][]string{
		"scratch/types":   {"old: building scratch/types", "undefined: nothing"},
		"scratch/syntax":  {"old: building scratch/syntax", "p_test.go:6"},
		"scratch/imports": {"new: building scratch/imports", "no/such"},
		"scratch/names":   {"old: building scratch/names", "new: building", "other (b.go)"},
		"scratch/main":    {"old: ", "panic: no database"},
	} {
		i := slices.IndexFunc(run.Rows, func(r gate.Row) bool { return r.ID() == path })
		if i < 0 {
			t.Errorf("no row %s", path)
			continue
		}
		for _, w := range want {
			if r := run.Rows[i]; r.Mode != gate.Failed || !strings.Contains(r.Err, w) {
				t.Errorf("%s: mode %s, error %q, want %q", path, r.Mode, r.Err, w)
			}
		}
	}
	if len(run.Rows) != 6 || len(run.OnlyOld)+len(run.OnlyNew) > 0 {
		t.Errorf("rows %v, missing %v %v; want 6 rows", names(run.Rows), run.OnlyOld, run.OnlyNew)
	}
}

func TestInterrupted(t *testing.T) {
	dir := scratch(t, map[string]string{"p_test.go": benchmarks("p", `
func BenchmarkA(b *testing.B) { for b.Loop() {} }
func BenchmarkB(b *testing.B) { for b.Loop() {} }`)})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var text bytes.Buffer
	o := quick(Source{Dir: dir}, Source{Dir: dir})
	o.Pairs, o.Out = 1000, &text
	o.Progress = func(p Progress) {
		if p.Done == 5 {
			cancel()
		}
	}
	run, err := measureIn(t, ctx, o)
	if err != nil || !strings.HasPrefix(run.Stopped, "interrupted") {
		t.Fatalf("stopped %q, error %v", run.Stopped, err)
	}
	again := readBack(t, &text)
	if len(run.Rows) != 2 || len(again.Rows) != 2 || again.Stopped != run.Stopped {
		t.Errorf("%d rows, %d read back, want the 2 that were under way", len(run.Rows), len(again.Rows))
	}
}
