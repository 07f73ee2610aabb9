package duel

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

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
	if skipped < 0 || run.Facts[skipped].Value != "scratch.BenchmarkSkipped" || len(run.Rows) != 8 {
		t.Errorf("%d rows, want 8; facts %v, want the skipped one", len(run.Rows), run.Facts)
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
