package gate

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
)

func slowRow() Row {
	r := row("BenchmarkSlow", 1.2, 0.02)
	r.Second = pairsOf(48, 1.2, 0.02)
	return r
}

func waiverOf(pattern string) Waiver {
	w := Waiver{Pattern: pattern, Metric: "ns/op", Expires: today}
	w.rows, _ = rowPattern(w.Pattern)
	return w
}

func expiredWaiver() Waiver {
	w := waiverOf("*")
	w.Expires = today.AddDate(0, 0, -1)
	return w
}

var (
	slow, fine, noisy = slowRow(), row("BenchmarkFine", 1, 0.02), row("BenchmarkNoisy", 1, 0.2)

	failed = Row{Name: "BenchmarkFails", Mode: Failed, Err: "no answer"}
	same   = Row{Package: "example.com/q", Name: "BenchmarkSame", Mode: Identical, Why: "equal"}
	better = row("BenchmarkBetter", 0.98, 0.03) // whether faster is open, but it is not slower
)

// once regressed in a single stage, and counted in a count.
var (
	once    = row("BenchmarkOnce", 1.2, 0.02)
	counted = Row{Name: "BenchmarkCounted", Mode: Untimed, Exact: []Exact{{Unit: "allocs/op", Ops: 10_000,
		Old: []int64{0, 0, 0}, New: []int64{10_000, 10_000, 10_000}}}}
)

func withoutPlanted(r *Run, _ *Options) { r.Controls = r.Controls[:1] }

// breakControl makes the planted slowdown vanish, as on a machine that is too busy.
func breakControl(r *Run, _ *Options) { r.Controls[1].Row = row("BenchmarkPlanted", 1, 0.2) }

func otherMachine(r *Run, _ *Options) {
	r.Old.Facts, r.New.Facts = runOf().Facts, runOf().Facts
	r.New.Facts[0].Value = "another"
}

var exits = []struct {
	name   string
	run    *Run
	change func(*Run, *Options)
	want   int
}{
	{"pass", runOf(fine), nil, 0},
	{"regression", runOf(fine, slow), nil, 1},
	{"equal code without controls", runOf(same), func(r *Run, _ *Options) { r.Controls = nil }, 0},
	{"equal code and another row without controls", runOf(same, fine), func(r *Run, _ *Options) {
		r.Controls = nil
	}, 4},
	{"equal code and a regression", runOf(same, slow), nil, 1},
	{"equal code and a failed row", runOf(same, failed), nil, 2},
	{"equal code and a waiver of a sub-benchmark", runOf(same), func(_ *Run, o *Options) {
		o.Waivers = []Waiver{waiverOf("example.com/q.BenchmarkSame/n=1")}
	}, 0},
	{"equal code and an expired waiver", runOf(same), func(_ *Run, o *Options) {
		o.Waivers = []Waiver{expiredWaiver()}
	}, 2},
	{"nothing to judge", runOf(), nil, 2},
	{"failed row", runOf(fine, failed), nil, 2},
	{"regression and failed row", runOf(slow, failed), nil, 1},
	{"missing row", runOf(fine), func(r *Run, _ *Options) { r.OnlyOld = []string{"x"} }, 2},
	{"missing row allowed", runOf(fine), func(r *Run, o *Options) {
		r.OnlyOld, o.AllowMissing = []string{"x"}, true
	}, 0},
	{"only missing rows allowed", runOf(), func(r *Run, o *Options) {
		r.OnlyOld, o.AllowMissing = []string{"x"}, true
	}, 2},
	{"new row", runOf(fine), func(r *Run, _ *Options) { r.OnlyNew = []string{"x"} }, 0},
	{"only new rows", runOf(), func(r *Run, _ *Options) { r.OnlyNew = []string{"x"} }, 0},
	{"only new rows, no controls", runOf(), func(r *Run, _ *Options) {
		r.OnlyNew, r.Controls = []string{"x"}, nil
	}, 0},
	{"all rows renamed", runOf(), func(r *Run, o *Options) {
		r.OnlyOld, r.OnlyNew, o.AllowMissing = []string{"x"}, []string{"y"}, true
	}, 2},
	{"new row and regression", runOf(slow), func(r *Run, _ *Options) { r.OnlyNew = []string{"x"} }, 1},
	{"expired waiver and regression", runOf(slow), func(_ *Run, o *Options) {
		o.Waivers = []Waiver{expiredWaiver()}
	}, 2},
	{"inconclusive", runOf(fine, noisy), nil, 3},
	{"inconclusive tolerated", runOf(fine, noisy), func(_ *Run, o *Options) { o.Tolerate = math.Inf(1) }, 0},
	{"too little seen", runOf(fine, noisy), func(_ *Run, o *Options) { o.Tolerate = 0.05 }, 3},
	{"a slowdown of the tolerated size, not measured again", runOf(fine, row("BenchmarkLost", 1.46, 0.02)),
		func(_ *Run, o *Options) { o.Tolerate = 0.25 }, 3},
	{"a tolerated slowdown, not measured again", runOf(fine, row("BenchmarkLost", 1.08, 0.02)),
		func(_ *Run, o *Options) { o.Tolerate = 0.25 }, 0},
	{"enough seen", runOf(fine, noisy), func(_ *Run, o *Options) { o.Tolerate = 0.25 }, 0},
	{"not slower", runOf(fine, better), nil, 0},
	{"no controls", runOf(fine), func(r *Run, _ *Options) { r.Controls = nil }, 4},
	{"regression found twice, control missing", runOf(slow), withoutPlanted, 1},
	{"regression found twice, control broken", runOf(slow), breakControl, 1},
	{"pass, control missing", runOf(fine), withoutPlanted, 4},
	{"pass, control broken", runOf(fine), breakControl, 4},
	{"regression found once, control broken", runOf(once), func(r *Run, o *Options) {
		r.Stages = 1
		breakControl(r, o)
	}, 4},
	{"count, control broken", runOf(counted), breakControl, 1},
	{"regression found twice, other machine and control broken", runOf(slow), func(r *Run, o *Options) {
		breakControl(r, o)
		otherMachine(r, o)
	}, 4},
	{"counted, control broken", runOf(withWork(noisy, 1)), breakControl, 0},
	{"counted and a pass by time, control broken", runOf(withWork(noisy, 1), fine), breakControl, 4},
	{"counted and passes by time, control broken", runOf(withWork(fine, 1)), breakControl, 0},
	{"counted and not slower, control missing", runOf(withWork(better, 1), withWork(noisy, 1)), withoutPlanted, 0},
	{"more work and passes by time, control missing", runOf(withWork(fine, 1.1)), withoutPlanted, 4},
	{"counted, control missing", runOf(withWork(noisy, 1)), withoutPlanted, 0},
	{"less work, control broken", runOf(withWork(noisy, 0.9)), breakControl, 0},
	{"more work, control broken", runOf(withWork(noisy, 1.1)), breakControl, 4},
	{"other machine, counted", runOf(withWork(noisy, 1)), otherMachine, 4},
	{"other machine", runOf(fine), otherMachine, 4},
	{"other machine and regression", runOf(slow), otherMachine, 4},
	{"stopped", runOf(fine), func(r *Run, _ *Options) { r.Stopped, r.Planned = "interrupted", 5 }, 3},
	{"stopped before any row", runOf(), func(r *Run, _ *Options) { r.Stopped, r.Planned = "interrupted", 5 }, 3},
	{"stopped before the row of a waiver", runOf(fine), func(r *Run, o *Options) {
		r.Stopped, r.Planned, o.Waivers = "interrupted", 5, []Waiver{waiverOf("BenchmarkOther")}
	}, 3},
	{"waiver without a row", runOf(fine), func(_ *Run, o *Options) {
		o.Waivers = []Waiver{waiverOf("BenchmarkOther")}
	}, 2},
	{"stopped without controls", runOf(slow), func(r *Run, _ *Options) {
		r.Stopped, r.Controls = "interrupted", nil
	}, 3},
}

func TestExit(t *testing.T) {
	for _, test := range exits {
		options := Options{Today: today}
		if test.change != nil {
			test.change(test.run, &options)
		}
		if r := Judge(test.run, options); r.Exit() != test.want {
			t.Errorf("%s: exit %d, want %d; %s %q %q",
				test.name, r.Exit(), test.want, r.totals(), r.Errors, r.Invalid)
		}
	}
}

// Rows of equal code are no tests: they must not make the other rows harder to
// find.
func TestEqualCodeIsNoTest(t *testing.T) {
	alone, among := Judge(runOf(slow), Options{}), Judge(runOf(slow, same, same), Options{})
	if alone.Family != among.Family || among.Count(SameCode) != 2 {
		t.Errorf("family %d among rows of equal code, %d alone", among.Family, alone.Family)
	}
}

// The headline names no regression that the exit code does not report. A run that does not pass although its rows do
// says why, and a run that passes adds nothing.
func TestHeadlinesDoNotContradictThemselves(t *testing.T) {
	explained := 0
	for _, test := range exits {
		r := Judge(test.run, Options{Today: today})
		plain := strings.Contains(r.totals(), " REGRESSED,") || strings.Contains(r.totals(), " REGRESSED of")
		if plain != (r.Exit() == ExitRegression) {
			t.Errorf("%s: %s: %s", test.name, r.outcome(), r.totals())
		}
		rowsPass := !slices.ContainsFunc(r.Rows, func(j *Judged) bool { return !j.Verdict.quiet() })
		explains := strings.Contains(r.totals(), ", and ")
		switch {
		case r.Exit() == ExitInconclusive && rowsPass && !explains, r.Exit() == ExitPass && explains:
			t.Errorf("%s: %s: %s", test.name, r.outcome(), r.totals())
		case explains:
			explained++
		}
	}
	if explained < 3 {
		t.Errorf("%d headlines say why a run does not pass, want those of stopped runs at least", explained)
	}
	stopped := runOf(same, same)
	stopped.Stopped = "out of time before all benchmarks were known"
	missing := runOf(same, same)
	missing.Planned = 5
	for want, run := range map[string]*Run{
		"2 IDENTICAL of 2 rows, and the run stopped early": stopped, "2 IDENTICAL of 2 rows, and 3 more are missing": missing,
		"2 IDENTICAL of 2 rows": runOf(same, same),
	} {
		if got := Judge(run, Options{}).totals(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A row whose binaries differ says so; a row of equal binaries does not.
func TestOnlyThePlaceDiffers(t *testing.T) {
	moved := same
	moved.Name, moved.Why = "BenchmarkMoved", OnlyPlace+"; their code opens no files"
	r := Judge(&Run{Rows: []Row{same, moved}, Planned: 2}, Options{})
	notes := strings.Join(r.notes(), "\n")
	if !strings.Contains(notes, "2 rows IDENTICAL") || !strings.Contains(notes, "1 IDENTICAL row: "+OnlyPlace) {
		t.Errorf("notes: %s", notes)
	}
}

// A row that passes by time and by counts is COUNTED if the controls of time are missing, and keeps the verdict of
// time if they came out right.
func TestCountsSettleWithoutControls(t *testing.T) {
	for _, test := range []struct {
		change func(*Run, *Options)
		want   Verdict
	}{{func(*Run, *Options) {}, Unchanged}, {withoutPlanted, SameWork}, {breakControl, SameWork}} {
		run, options := runOf(withWork(fine, 1)), Options{}
		test.change(run, &options)
		r := Judge(run, options)
		if got := r.Rows[0]; got.Verdict != test.want || test.want == SameWork && !strings.Contains(got.Why, "time: ") {
			t.Errorf("%s because %q, want %s", got.Verdict, got.Why, test.want)
		}
	}
}

// Two sides that were built in other ways are no comparison of code, and the report names what differs. Equal builds
// of an unusual kind are judged.
func TestSidesOfOtherBuilds(t *testing.T) {
	for _, key := range []string{"go", "goflags", "goamd64", "goexperiment", "cpu"} {
		for _, other := range []bool{true, false} {
			run := runOf(fine)
			run.Old.Facts = []reports.Fact{{Key: key, Value: "v3"}}
			run.New.Facts = []reports.Fact{{Key: key, Value: map[bool]string{true: "v1", false: "v3"}[other]}}
			r := Judge(run, Options{})
			want := map[bool]int{true: ExitInvalid, false: ExitPass}[other]
			if r.Exit() != want || other && (len(r.Invalid) != 1 || !strings.Contains(r.Invalid[0], key+` is "v3" on the old side`)) {
				t.Errorf("%s, other %v: exit %d, want %d: %v", key, other, r.Exit(), want, r.Invalid)
			}
		}
	}
}
