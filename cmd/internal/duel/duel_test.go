package duel

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports/gate"
)

const inside = `
func BenchmarkLoop(b *testing.B) { n := 0; for b.Loop() { n++ } }

func BenchmarkN(b *testing.B) {
	made := make([]int, b.N)
	b.ResetTimer()
	for i := 0; i < b.N; i++ { made[i] = i }
	b.ReportMetric(7, "things/op")
}

func BenchmarkParallel(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) { for pb.Next() { ready = true } })
}

// It reports a fixed time.
func BenchmarkFixed(b *testing.B) {
	for i := 0; i < b.N; i++ { mustBeReady(b) }
	b.ReportMetric(100, "ns/op")
}

func BenchmarkNames(b *testing.B) {
	for _, name := range []string{"a b", "x", "x/y", "x/y/z", "ü|(", "it's", "same", "same", "", "[0]*"} {
		b.Run(name, func(b *testing.B) { for b.Loop() { mustBeReady(b) } })
	}
}

func BenchmarkParent(b *testing.B) {
	made := make([]byte, 1<<20)
	b.Run("child=1", func(b *testing.B) {
		b.Run("grandchild", func(b *testing.B) { for b.Loop() { made[0]++ } })
	})
}
`

const main = `package p

import ("fmt"; "os"; "testing")

var ready bool

func mustBeReady(b *testing.B) { if !ready { b.Fatal("TestMain has not run") } }

func TestMain(m *testing.M) {
	ready = true
	fmt.Println("noise on the standard output")
	code := m.Run()
	os.Exit(code)
}

func TestMustNotRun(t *testing.T) { panic("a test ran") }
`

func TestEveryBenchmarkIsReached(t *testing.T) {
	longtest.NeedCI(t, "TestWhatFailsIsNamed and TestControls")
	dir := scratch(t, map[string]string{
		"p/p.go":         "package p\n",
		"p/main_test.go": main,
		"p/p_test.go":    benchmarks("p", inside),
		"p/x_test.go":    benchmarks("p_test", "func BenchmarkOutside(b *testing.B) { for b.Loop() {} }\n"),
		"none/n_test.go": benchmarks("none", "func TestNone(t *testing.T) {}\n"),
	})
	var text bytes.Buffer
	o := quick(Source{Dir: dir}, Source{Dir: dir})
	o.Out, o.Self = &text, true
	o.Layouts, o.controlPairs = 2, 2
	run := measured(t, o)
	mustEqual(t, "rows", names(run.Rows), []string{
		"BenchmarkLoop", "BenchmarkN", "BenchmarkParallel", "BenchmarkFixed", "BenchmarkNames/a_b",
		"BenchmarkNames/x", "BenchmarkNames/x/y", "BenchmarkNames/x/y/z", "BenchmarkNames/ü|(", "BenchmarkNames/it's", "BenchmarkNames/same",
		"BenchmarkNames/same#01", "BenchmarkNames/#00", "BenchmarkNames/[0]*",
		"BenchmarkParent/child=1/grandchild", "BenchmarkOutside",
	})
	for _, r := range run.Rows {
		wellMeasured(t, r)
	}
	if r := row(t, run, "BenchmarkParallel"); !r.Contended || len(r.Pairs) != 4 {
		t.Errorf("contended: %v with %d pairs, want true with 4", r.Contended, len(r.Pairs))
	}
	exact := row(t, run, "BenchmarkParallel").Exact
	if len(exact) != 4 || len(exact[0].Old) != 8 || len(exact[0].New) != 8 || !exact[2].Alone {
		t.Errorf("exact metrics %v of a contended row, want two of 8 processes each, "+
			"and two on one processor", exact)
	}
	for _, p := range row(t, run, "BenchmarkParallel").Pairs {
		if !(p.OldMean >= slices.Min(p.OldSlices) && p.NewMean <= slices.Max(p.NewSlices)) {
			t.Errorf("means %v and %v of a contended row, slices %v and %v",
				p.OldMean, p.NewMean, p.OldSlices, p.NewSlices)
		}
	}
	again := readBack(t, &text)
	if len(again.Rows) != len(run.Rows) || len(again.Controls) != len(run.Controls) ||
		again.Stopped != "" || again.Planned != len(run.Rows) {
		t.Errorf("read back: %d rows of %d, %d controls, stopped %q", len(again.Rows), again.Planned,
			len(again.Controls), again.Stopped)
	}
}

// wellMeasured fails unless a row has every part of a complete row.
func wellMeasured(t *testing.T, r gate.Row) {
	t.Helper()
	if r.Err != "" || len(r.Pairs) < 2 || len(r.SelfPairs) != len(r.Pairs) || len(r.Exact) < 2 {
		t.Errorf("%s: %d pairs, %d with itself, %d exact metrics: %s", r.Name, len(r.Pairs),
			len(r.SelfPairs), len(r.Exact), r.Err)
	}
	for _, p := range r.Pairs {
		if !(p.Old > 0 && p.New > 0) || len(p.OldSlices) == 0 || len(p.OldSlices) != len(p.NewSlices) ||
			p.OldLayout == p.NewLayout {
			t.Errorf("%s: pair %+v", r.Name, p)
		}
	}
	if !strings.HasPrefix(r.Reproduce, "semabench gate -bench '^Benchmark") {
		t.Errorf("%s: reproduce with %s", r.Name, r.Reproduce)
	}
}

func TestSecondStageAndProfiles(t *testing.T) {
	longtest.NeedCI(t, "TestControls, and the second stages of package gate")
	dir := scratch(t, map[string]string{"p_test.go": benchmarks("p", `
func BenchmarkA(b *testing.B) { for b.Loop() {} }
func BenchmarkB(b *testing.B) { for b.Loop() {} }`)})
	var text bytes.Buffer
	o := quick(Source{Dir: dir}, Source{Dir: dir})
	profiles := filepath.Join(t.TempDir(), "profiles")
	o.OneStage, o.Out = false, &text
	measured(t, o, func(d *Duel) {
		chosen := []int{1}
		if err := d.SecondStage(t.Context(), chosen); err != nil {
			t.Error(err)
		}
		if err := d.Profile(t.Context(), profiles, chosen); err != nil {
			t.Error(err)
		}
	})
	run := readBack(t, &text)
	if a := run.Rows[0]; len(a.Second) > 0 || a.OldProfile != "" || len(run.Rows) != 2 || run.Stages == 1 {
		t.Errorf("row %+v was not chosen", a)
	}
	b := run.Rows[1]
	if len(b.Second) != gate.MostPairs(len(b.Pairs)) || b.Second[0].OldLayout == b.Pairs[0].OldLayout {
		t.Errorf("%d pairs of the second stage, want %d of new layouts", len(b.Second), gate.MostPairs(len(b.Pairs)))
	}
	for _, path := range []string{b.OldProfile, b.NewProfile} {
		if info, err := os.Stat(filepath.Join(profiles, path)); err != nil || info.Size() == 0 {
			t.Errorf("profile %q: %v", path, err)
		}
	}
}

// The benchmarks report fixed times, so that the load of the machine cannot
// change the controls.
func TestControls(t *testing.T) {
	dir := scratch(t, map[string]string{"p_test.go": benchmarks("p", `
func BenchmarkFixed(b *testing.B) { b.ReportMetric(100, "ns/op") }

func BenchmarkSeveral(b *testing.B) {
	b.RunParallel(func(pb *testing.PB) { for pb.Next() {} })
	b.ReportMetric(50, "ns/op")
}`)})
	o := quick(Source{Dir: dir}, Source{Dir: dir})
	o.controlPairs = 2
	if long() {
		o.controlPairs = leastControlPairs // each pair has two links of half a second
	}
	run := measured(t, o)
	var got []string
	for _, c := range run.Controls {
		got = append(got, c.Row.Name)
		layouts := map[[2]uint64]bool{}
		for _, p := range c.Row.Pairs {
			layouts[[2]uint64{p.OldLayout, p.NewLayout}] = true
		}
		if len(layouts) < o.controlPairs {
			t.Errorf("%s: %d pairs of %d layouts cannot find a planted slowdown",
				c.Row.Name, len(c.Row.Pairs), len(layouts))
		}
		for _, p := range c.Row.Pairs {
			if ratio := p.New / p.Old; math.Abs(ratio-1-c.Planted) > 0.01 {
				t.Errorf("%s with %v planted: ratio %v", c.Row.Name, c.Planted, ratio)
			}
		}
	}
	mustEqual(t, "controls", got, []string{"BenchmarkFixed", "BenchmarkFixed", "BenchmarkSeveral"})
	if run.Stages != 1 {
		t.Errorf("%d stages, want 1, as declared", run.Stages)
	}
}

func TestCounts(t *testing.T) {
	longtest.NeedCI(t, "TestCountingOfRows")
	body := `
var kept any

func BenchmarkSometimes(b *testing.B) {
	for i := 0; i < b.N; i++ { if i%1000 == 999 && EXTRA { kept = new([64]byte) } }
}

func BenchmarkSub(b *testing.B) {
	b.Run("sometimes", func(b *testing.B) {
		for i := 0; i < b.N; i++ { if i%1000 == 999 && EXTRA { kept = new([64]byte) } }
	})
}

func BenchmarkItself(b *testing.B) {
	if b.N == 1 && os.Getenv("SEMABENCH_SLICE") == "" { b.ReportMetric(0.25, "exact-allocs/op") }
	for i := 0; i < b.N; i++ {}
}
`
	file := func(extra string) map[string]string {
		text := strings.ReplaceAll(benchmarks("p", body), "EXTRA", extra)
		return map[string]string{"p_test.go": strings.Replace(text, `"testing"`, `("os"; "testing")`, 1)}
	}
	o := quick(Source{Dir: scratch(t, file("false"))}, Source{Dir: scratch(t, file("true"))})
	o.Repeats = 10 // on a busy machine the runtime itself may allocate in several repeats
	run := measured(t, o, func(d *Duel) {
		if err := d.Reasons(t.Context(), []int{0, 2}); err != nil {
			t.Error(err)
		}
	})
	if r := run.Rows[0]; len(r.Functions) != 1 || r.Functions[0].Name != "scratch.BenchmarkSometimes" ||
		r.Functions[0].Old >= r.Functions[0].New || r.File != "p_test.go" || r.Line != 8 {
		t.Errorf("%s:%d reaches %+v, want only itself to differ", r.File, r.Line, r.Functions)
	}
	if r := run.Rows[2]; r.Name != "BenchmarkItself" || len(r.Functions) > 0 || r.Line == 0 {
		t.Errorf("%s at line %d reaches %+v, want nothing to differ", r.Name, r.Line, r.Functions)
	}
	for name, want := range map[string][4]int64{
		"BenchmarkSometimes":     {0, 64, 0, 4096},
		"BenchmarkSub/sometimes": {0, 64, 0, 4096},
		"BenchmarkItself":        {250_000, 250_000, 0, 0},
	} {
		x := row(t, run, name).Exact
		got := [4]int64{slices.Min(x[0].Old), slices.Min(x[0].New),
			slices.Min(x[1].Old), slices.Min(x[1].New)}
		if got != want {
			t.Errorf("%s: allocations and bytes %v, want %v", name, got, want)
		}
	}
}
