package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/stats"
)

func rowNamed(t *testing.T, r *Report, name string) *Judged {
	t.Helper()
	for _, j := range r.Rows {
		if j.Row.Name == name {
			return j
		}
	}
	t.Fatalf("no row %s in the report", name)
	return nil
}

func TestVerdicts(t *testing.T) {
	run, options := sampleRun()
	r := Judge(run, options)
	for _, want := range []struct {
		row     string
		verdict Verdict
		why     string
	}{
		{"BenchmarkSlow/n=1", Regressed, "7.5 % slower"},
		{"BenchmarkCounts", Regressed, "+1 allocation in 1000 operations (2 to 2.001)"},
		{"BenchmarkPanics", Unmeasured, "new: panic: boom"},
		{"example.com/p.BenchmarkGone", Missing, "only on the old side"},
		{"example.com/p.BenchmarkBorn", Added, "only on the new side"},
		{"BenchmarkNoisy", Inconclusive, "a slowdown of more than 13 % would have been seen"},
		{"BenchmarkSuspect", Inconclusive, "was not measured again"},
		{"BenchmarkWaived", Waived, "11 % slower"},
		{"BenchmarkFaster", Improved, "10 % faster"},
		{"BenchmarkAddsWork", MoreWork, "+2.0 % instructions an operation (474.57 to 483.84); time: cannot tell"},
		{"BenchmarkOpenWork", SameWork, "-0.04 % instructions an operation (474.57 to 474.36), within 0.5 %, and no more allocations"},
		{"BenchmarkDropsWork", LessWork, "-10 % instructions"},
		{"BenchmarkSeveral", Inconclusive, "instructions not counted: it runs several goroutines"},
		{"BenchmarkSame", Unchanged, "all within 3.0 %"},
	} {
		j := rowNamed(t, r, want.row)
		if j.Verdict != want.verdict || !strings.Contains(j.Why, want.why) {
			t.Errorf("%s is %s because %q, want %s because %q", want.row, j.Verdict, j.Why, want.verdict, want.why)
		}
	}
	if !slices.IsSortedFunc(r.Rows, func(a, b *Judged) int { return a.Verdict.rank() - b.Verdict.rank() }) {
		t.Error("the rows are not worst first")
	}
	if len(r.Errors)+len(r.Invalid) > 0 || r.Exit() != ExitRegression {
		t.Errorf("errors %q, invalid %q, exit %d", r.Errors, r.Invalid, r.Exit())
	}
}

// An interval that reaches beyond the margin on its fast side only is no reason to fail: it leaves
// open whether the row is faster, and not whether it is slower.
func TestNotSlower(t *testing.T) {
	r := Judge(runOf(row("BenchmarkX", 0.98, 0.05)), Options{})
	j := rowNamed(t, r, "BenchmarkX")
	if j.Verdict != NotSlower || r.label(j) != "NOT SLOWER" || r.Exit() != ExitPass ||
		!strings.Contains(j.Why, "not slower by 3.0 % or more") {
		t.Errorf("%s because %q, exit %d; interval %s", r.label(j), j.Why, r.Exit(), j.Time.interval())
	}
	r = Judge(runOf(row("BenchmarkX", 1.02, 0.05)), Options{})
	if j := rowNamed(t, r, "BenchmarkX"); j.Verdict != Inconclusive || r.Exit() != ExitInconclusive {
		t.Errorf("the slow neighbour is %s, exit %d; interval %s", r.label(j), r.Exit(), j.Time.interval())
	}
}

// A run names the slowdown that 4 of 5 such runs would have found. If the interval goes further, the text
// names this chance; otherwise it would contradict itself.
func TestWhatWouldHaveBeenSeen(t *testing.T) {
	for _, ratio := range []float64{1, 1.02, 1.05} {
		slow := row("BenchmarkX", ratio, 0.12)
		slow.Second = pairsOf(24, ratio, 0.12)
		j := rowNamed(t, Judge(runOf(slow), Options{}), "BenchmarkX")
		beyond := j.Time.Hi > 1+j.Time.MDE
		if j.Verdict != Inconclusive || strings.Contains(j.Why, "in 4 of 5 runs") != beyond || beyond != (ratio > 1.03) {
			t.Errorf("ratio %v: %s because %q; interval %s, MDE %.3f", ratio, j.Verdict, j.Why, j.Time.interval(), j.Time.MDE)
		}
	}
}

func TestSecondStageDecides(t *testing.T) {
	suspect := row("BenchmarkX", 1.05, 0.02)
	run := runOf(suspect, row("BenchmarkY", 1, 0.02))
	if got := Suspects(run, Options{}); !slices.Equal(got, []int{0}) {
		t.Fatalf("suspects %v, want the first row", got)
	}
	for _, test := range []struct {
		name   string
		second []Pair
		want   Verdict
	}{
		{"found again", pairsOf(48, 1.05, 0.02), Regressed},
		{"not found again", pairsOf(48, 1.001, 0.02), Unchanged},
		{"found below the margin", pairsOf(48, 1.028, 0.02), Inconclusive},
		{"none", nil, Inconclusive},
	} {
		run.Rows[0].Second = test.second
		r := Judge(run, Options{})
		if j := rowNamed(t, r, "BenchmarkX"); j.Verdict != test.want {
			t.Errorf("%s: %s because %q, want %s", test.name, j.Verdict, j.Why, test.want)
		}
	}
	if len(Suspects(run, Options{})) != 1 {
		t.Error("a suspect without a second stage is one still")
	}
	run.Rows[0].Second = pairsOf(48, 1.001, 0.02)
	if got := Suspects(run, Options{}); len(got) > 0 {
		t.Errorf("suspects %v: there is no third time", got)
	}
	// Fresh pairs of a row that was no suspect decide too, at a level of their own.
	run.Rows[1].Second = pairsOf(48, 1.2, 0.02)
	j := rowNamed(t, Judge(run, Options{}), "BenchmarkY")
	if j.Verdict != Regressed || j.Time.Stage != 2 || j.Time.Level >= 0.005 {
		t.Errorf("a row that was no suspect: %s in stage %d at level %g", j.Verdict, j.Time.Stage, j.Time.Level)
	}
}

func TestOneStage(t *testing.T) {
	run := runOf(row("BenchmarkX", 1.05, 0.02), row("BenchmarkY", 1, 0.02))
	run.Stages = 1
	if got := Suspects(run, Options{}); len(got) > 0 {
		t.Errorf("suspects %v in a run of one stage", got)
	}
	if j := rowNamed(t, Judge(run, Options{}), "BenchmarkX"); j.Verdict != Regressed {
		t.Errorf("%s: %s", j.Verdict, j.Why)
	}
}

func TestMargins(t *testing.T) {
	noisy := row("BenchmarkX", 1.05, 0.02)
	noisy.Second = pairsOf(48, 1.05, 0.02)
	for _, test := range []struct {
		name    string
		change  func(*Run, *Options)
		margin  float64
		verdict Verdict
	}{
		{"3 % at least", func(_ *Run, o *Options) { o.MinEffect = 0.001 }, 0.03, Regressed},
		{"asked for", func(_ *Run, o *Options) { o.MinEffect = 0.08 }, 0.08, Unchanged},
		{"differs from itself", func(r *Run, _ *Options) { r.Rows[0].SelfPairs = pairsOf(24, 0.93, 0.2) }, 0.075, Inconclusive},
		{"like rows do", func(r *Run, _ *Options) { r.Controls[0].Row.Pairs = pairsOf(24, 1.08, 0.3) }, 0.08, Inconclusive},
		{"other rows do", func(r *Run, _ *Options) {
			r.Controls[0].Row.Pairs, r.Controls[0].Row.Contended = pairsOf(24, 1.08, 0.3), true
		}, 0.03, Regressed},
	} {
		run, options := runOf(noisy), Options{}
		test.change(run, &options)
		j := Judge(run, options).Rows[0]
		near(t, test.name+": margin", j.Time.Margin, test.margin, 0.001)
		if j.Verdict != test.verdict {
			t.Errorf("%s: %s because %q, want %s", test.name, j.Verdict, j.Why, test.verdict)
		}
	}
}

func TestFamilyTooLargeForThePairs(t *testing.T) {
	few := row("BenchmarkX", 1.3, 0.01)
	few.Pairs = few.Pairs[:7]
	run := runOf(few)
	run.Planned, run.Stages = 1000, 1
	j := Judge(run, Options{}).Rows[0]
	if j.Verdict != Inconclusive || !math.IsInf(j.Time.MDE, 1) || !strings.Contains(j.Why, "too few pairs for 1000 tests") {
		t.Errorf("%s, MDE %v: %s", j.Verdict, j.Time.MDE, j.Why)
	}
}

func TestSharedLayoutsAreNamed(t *testing.T) {
	r := row("BenchmarkX", 1, 0.02)
	for i := range r.Pairs {
		r.Pairs[i].NewLayout = 1 + r.Pairs[i].NewLayout%5
	}
	report := Judge(runOf(r, row("BenchmarkY", 1, 0.02)), Options{})
	if len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "the layouts of 1 row met") {
		t.Errorf("notes %q", report.Notes)
	}
}

// Measuring the same two layouts again says more about the layouts and nothing
// about the program.
func TestPairsOfTheSameLayoutsAreOneUnit(t *testing.T) {
	pairs := row("BenchmarkX", 1.03, 0.05).Pairs
	want := estimate(pairs)
	want.Pairs = 4 * len(pairs)
	got := estimate(slices.Concat(pairs, pairs, pairs, pairs))
	if got != want {
		t.Errorf("four times each pair: %+v, want %+v", got, want)
	}
	if words := got.sample(); words != fmt.Sprintf("%d pairs of %d layouts", want.Pairs, len(pairs)) {
		t.Errorf("said as %q", words)
	}
	for i := range pairs { // unknown layouts
		pairs[i].OldLayout, pairs[i].NewLayout = 0, 0
	}
	if got := estimate(pairs); got.Units != len(pairs) {
		t.Errorf("%d units of %d pairs of unknown layouts", got.Units, len(pairs))
	}
}

func TestPairsThatAreNoMeasurement(t *testing.T) {
	for _, bad := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		r := row("BenchmarkX", 1, 0.02)
		r.Pairs[3].New = bad
		run := runOf(r)
		if j := Judge(run, Options{}).Rows[0]; j.Verdict != Unmeasured || !strings.Contains(j.Why, "first stage, pair 4") {
			t.Errorf("%v ns/op: %s because %q", bad, j.Verdict, j.Why)
		}
		if got := Suspects(run, Options{}); len(got) > 0 {
			t.Errorf("suspects %v", got)
		}
	}
}

func TestHolm(t *testing.T) {
	got := stats.Holm([]float64{0.03, 0.001, 0.02}, 4).Corrected
	for i, want := range []float64{0.06, 0.004, 0.06} {
		near(t, "corrected p", got[i], want, 1e-12)
	}
}

func TestControls(t *testing.T) {
	for _, test := range []struct {
		name    string
		control Control
		want    string
	}{
		{"slower than itself", Control{Row: row("BenchmarkC", 1.08, 0.02)}, "the old side differs from itself: 8.0 % slower"},
		{"faster than itself", Control{Row: row("BenchmarkC", 0.9, 0.02)}, "the old side differs from itself: 10 % faster"},
		{"asleep", Control{Row: row("BenchmarkC", 1.01, 0.02), Planted: 0.1}, "a planted slowdown of 10 % does not show"},
		{"too noisy", Control{Row: row("BenchmarkC", 1.1, 0.4), Planted: 0.1}, "a planted slowdown of 10 % does not show"},
		{"failed", Control{Row: Row{Name: "BenchmarkC", Mode: Failed, Err: "panic"}}, "not measured: panic"},
		{"empty", Control{Row: Row{Name: "BenchmarkC"}}, "not measured: nothing was measured"},
	} {
		run := runOf(row("BenchmarkX", 1, 0.02))
		run.Controls = append(run.Controls, test.control)
		r := Judge(run, Options{MinEffect: 0.2}) // more than is planted: the controls keep their own
		if len(r.Invalid) != 1 || !strings.Contains(r.Invalid[0], test.want) || r.Exit() != ExitInvalid {
			t.Errorf("%s: invalid %q, want %q; exit %d", test.name, r.Invalid, test.want, r.Exit())
		}
	}
}

// A planted slowdown that shows through the noise makes the run claim less, and not invalid. A row passes
// only if what the control shows is tolerated.
func TestWeakControl(t *testing.T) {
	run := runOf(row("BenchmarkX", 1.01, 0.06), row("BenchmarkY", 1, 0.01))
	run.Controls[1].Row = row("BenchmarkC", 1.1, 0.21)
	r := Judge(run, Options{Tolerate: 0.1})
	x, y := rowNamed(t, r, "BenchmarkX"), rowNamed(t, r, "BenchmarkY")
	if len(r.Invalid) > 0 || r.Exit() != ExitInconclusive || y.Verdict != Unchanged || x.Time.MDE <= 0.1 {
		t.Fatalf("exit %d, invalid %q, %s, MDE %g", r.Exit(), r.Invalid, y.Verdict, x.Time.MDE)
	}
	if notes := strings.Join(r.Notes, "; "); !strings.Contains(notes, "sees slowdowns of "+percent(x.Time.MDE)) {
		t.Errorf("notes %q", notes)
	}
	if r := Judge(run, Options{Tolerate: 0.5}); r.Exit() != ExitPass {
		t.Errorf("exit %d where 50 %% is tolerated", r.Exit())
	}
}

// A planted slowdown may stay unseen if a larger one is seen. The run then sees slowdowns of the larger size.
func TestLargerPlantedSlowdown(t *testing.T) {
	run := runOf(row("BenchmarkX", 1.01, 0.06))
	lost, shown := row("BenchmarkC", 1.1, 0.5), row("BenchmarkC", 1.6, 0.1)
	run.Controls[1].Row = lost
	if r := Judge(run, Options{}); r.Exit() != ExitInvalid || Shows(run, &run.Controls[1], Options{}) {
		t.Errorf("exit %d where no planted slowdown shows", r.Exit())
	}
	run.Controls = append(run.Controls, Control{Row: shown, Planted: 0.6})
	r := Judge(run, Options{})
	if x := rowNamed(t, r, "BenchmarkX"); len(r.Invalid) > 0 || x.Time.MDE < 0.6 || !Shows(run, &run.Controls[2], Options{}) {
		t.Errorf("invalid %q, MDE %g", r.Invalid, x.Time.MDE)
	}
	if list := strings.Join(r.controls(), "\n"); !strings.Contains(list, "weak: example.com/p.BenchmarkC") {
		t.Errorf("controls %s", list)
	}
}

func TestPlantedSlowdown(t *testing.T) {
	for spread, want := range map[float64][2]float64{0.01: {0.1, 0.1}, 0.1: {0.12, 0.3}, 2: {1, 1}} {
		r := row("BenchmarkC", 1, spread)
		if got := PlantedSlowdown(runOf(r), &r, 24, Options{}); got < want[0] || got > want[1] {
			t.Errorf("spread %g: %g planted, want %v", spread, got, want)
		}
	}
	few := Row{Pairs: pairsOf(5, 1, 0.01)}
	if got := PlantedSlowdown(runOf(few), &few, 24, Options{}); got != mostPlanted {
		t.Errorf("%g planted where the noise is unknown", got)
	}
}

func TestParseTolerance(t *testing.T) {
	for s, want := range map[string]float64{"fail": 0, "warn": math.Inf(1), "10%": 0.1, "7.5 %": 0.075} {
		if got, err := ParseTolerance(s); err != nil || got != want {
			t.Errorf("ParseTolerance(%q) = %v, %v, want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "pass", "10", "-1%", "NaN%", "Inf%", "%"} {
		if got, err := ParseTolerance(s); err == nil {
			t.Errorf("ParseTolerance(%q) = %v, want an error", s, got)
		}
	}
}

// The suspect that surely looks slowest comes first, and not the one with the largest ratio.
func TestSuspectsAreSorted(t *testing.T) {
	run := runOf(row("BenchmarkSlow", 1.1, 0.02), row("BenchmarkNoisy", 1.5, 0.9), row("BenchmarkSlowest", 1.4, 0.02),
		row("BenchmarkSame", 1, 0.02))
	if got := Suspects(run, Options{}); !slices.Equal(got, []int{2, 0, 1}) && !slices.Equal(got, []int{2, 1, 0}) {
		t.Errorf("suspects %v, want row 2 first", got)
	}
}

// The report advises more pairs only to a row that they would decide in minutes: not to a row that counts settle, and
// not to one whose noise asks for thousands.
func TestAdviceOnPairs(t *testing.T) {
	wild := row("BenchmarkWild", 1, 1.5)
	counted, more := withWork(noisy, 1), withWork(noisy, 1.05)
	for _, test := range []struct {
		row  Row
		want string
	}{
		{noisy, " pairs would settle it, it had 24"}, {more, " pairs would settle it, it had 24"},
		{wild, "more pairs are no way to settle it: it had 24 and needs about "}, {counted, ""}, {fine, ""}, {same, ""},
	} {
		r := Judge(runOf(test.row), Options{})
		j := r.Rows[0]
		got := j.settle()
		if !strings.Contains(got, test.want) || test.want == "" && got != "" {
			t.Errorf("%s, %s: %q, want %q", test.row.Name, j.Verdict, got, test.want)
		}
		if d := newRowDetails(r, j, "row"); (d.Settle == "") != (test.want == "") {
			t.Errorf("%s: the page says %q", test.row.Name, d.Settle)
		}
	}
}
