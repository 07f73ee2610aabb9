package history

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/longtest"
)

var begin = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// runsOf returns a run for each value, at the given distance. The function of gives the values.
func runsOf(n, rows int, apart time.Duration, of func(run, row int) float64) (list []Run) {
	for i := range n {
		run := Run{Stamp: Stamp{Commit: fmt.Sprintf("%04dabcdef", i), Date: begin.Add(time.Duration(i) * apart)},
			Added: begin.Add(time.Duration(i) * apart)}
		for row := range rows {
			run.Rows = append(run.Rows, Median{Name: fmt.Sprint("Row", row), Unit: "sec/op", Better: -1,
				Value: of(i, row)})
		}
		list = append(list, run)
	}
	return list
}

const day = 24 * time.Hour

func mustNew(t *testing.T, runs []Run) *History {
	t.Helper()
	h, err := New(runs, nil, Options{Least: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// noises are the kinds of noise between runs, around 1.
var noises = []struct {
	name string
	of   func(r *rand.Rand) float64
}{
	{"normal, 3 %", func(r *rand.Rand) float64 { return math.Exp(0.03 * r.NormFloat64()) }},
	{"one run in ten slower by 50 %", func(r *rand.Rand) float64 {
		v := math.Exp(0.02 * r.NormFloat64())
		if r.IntN(10) == 0 {
			v *= 1.5
		}
		return v
	}},
	{"two modes, 20 % apart", func(r *rand.Rand) float64 {
		return (1 + 0.2*float64(r.IntN(2))) * math.Exp(0.01*r.NormFloat64())
	}},
}

// Histories without any change show one in at most 5 % of cases: the seeds are fixed, so the counts
// are too. The limit of the test is the promise with three standard deviations of the count.
func TestFalseChanges(t *testing.T) {
	histories := longtest.Or(t, "histories of each kind", 1000, 8)
	for _, noise := range noises {
		for _, rows := range []int{1, 20} {
			found := 0
			n := float64(histories / (1 + rows/10))
			for seed := range int(n) {
				r := rand.New(rand.NewPCG(uint64(seed), 7))
				h := mustNew(t, runsOf(60, rows, day, func(int, int) float64 { return noise.of(r) }))
				for _, row := range h.Rows {
					if len(row.Changes) > 0 {
						found++
						break
					}
				}
			}
			t.Logf("%-32s %2d rows: a false change in %d of %.0f histories", noise.name, rows, found, n)
			if most := 0.05*n + 3*math.Sqrt(0.05*0.95*n); float64(found) > most {
				t.Errorf("%s, %d rows: a false change in %d of %.0f histories, want at most %.0f", noise.name,
					rows, found, n, most)
			}
		}
	}
}

// A row that creeps by 2 % a month is found, with its rate and without a commit. A step is found at
// its commit. Neither row hides the steady ones or is hidden by them.
func TestCreepAndStepAreFound(t *testing.T) {
	for _, noise := range noises[1:2] {
		r := rand.New(rand.NewPCG(11, 13))
		h := mustNew(t, runsOf(180, 6, day, func(run, row int) float64 {
			v := noise.of(r)
			switch {
			case row == 0:
				v *= math.Pow(1.02, float64(run)/month)
			case row == 1 && run >= 120:
				v *= 1.10
			}
			return v
		}))
		for _, row := range h.Rows {
			switch row.Name {
			case "Row0":
				if len(row.Changes) != 1 || math.Abs(row.Changes[0].Rate-0.02) > 0.005 || !row.Changes[0].Worse {
					t.Errorf("%s: changes of the creeping row are %+v, want one of 2 %% a month", noise.name,
						row.Changes)
				}
			case "Row1":
				if len(row.Changes) != 1 || row.Changes[0].Rate != 0 || row.Changes[0].Run < 118 ||
					row.Changes[0].Run > 122 || math.Abs(row.Changes[0].Ratio()-1.1) > 0.02 {
					t.Errorf("%s: changes of the row with a step are %+v, want one near run 120", noise.name,
						row.Changes)
				}
			default:
				if len(row.Changes) > 0 {
					t.Errorf("%s: %s has changes: %+v", noise.name, row.Name, row.Changes)
				}
			}
		}
	}
}

// Weekly runs show the same creep in half a year.
func TestCreepInWeeklyRuns(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	h := mustNew(t, runsOf(26, 1, 7*day, func(run, _ int) float64 {
		return math.Exp(0.02*r.NormFloat64()) * math.Pow(1.02, float64(run)*7/month)
	}))
	if c := h.Rows[0].Changes; len(c) != 1 || c[0].Rate < 0.01 || c[0].Rate > 0.03 {
		t.Errorf("changes are %+v, want one of about 2 %% a month", c)
	}
}

// Three steps in one direction are three commits and no slope; a step there and back is two.
func TestSeveralSteps(t *testing.T) {
	for _, test := range []struct {
		factors []float64
		want    []int
	}{
		{[]float64{1, 1.2, 1.4, 1.7}, []int{25, 50, 75}},
		{[]float64{1, 1.3, 1, 1}, []int{25, 50}},
		{[]float64{1, 1, 1, 0.8}, []int{75}},
	} {
		r := rand.New(rand.NewPCG(1, 1))
		h := mustNew(t, runsOf(100, 1, day, func(run, _ int) float64 {
			return test.factors[run/25] * math.Exp(0.01*r.NormFloat64())
		}))
		var got []int
		for _, c := range h.Rows[0].Changes {
			if c.Rate == 0 {
				got = append(got, c.Run)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("levels %v: steps at %v, want %v; %+v", test.factors, got, test.want, h.Rows[0].Changes)
		}
	}
}

// A slowdown that was reverted is a block of runs. No single split shows it, and it is two steps: the
// commit that made the row slower, and the one that mended it. TestFalseChanges has the rows without a slowdown.
func TestRevertedSlowdownIsFound(t *testing.T) {
	for _, test := range []struct{ runs, from, to, rows int }{
		{30, 9, 17, 1},
		{30, 9, 17, 20},
		{60, 32, 44, 20},
		{700, 300, 340, 1}, // of so many runs, only every third may be an end of a block
	} {
		r := rand.New(rand.NewPCG(5, 3))
		h := mustNew(t, runsOf(test.runs, test.rows, day, func(run, row int) float64 {
			v := math.Exp(0.01 * r.NormFloat64())
			if row == 0 && run >= test.from && run < test.to {
				v *= 1.1
			}
			return v
		}))
		var got []int
		for _, c := range h.Rows[0].Changes {
			got = append(got, c.Run)
		}
		if want := []int{test.from, test.to}; !slices.Equal(got, want) {
			t.Errorf("%d runs of %d rows, slower from %d to %d: changes at %v, want %v", test.runs, test.rows,
				test.from, test.to, got, want)
		}
	}
}

// Two slow runs in a row are no block: the machine was busy that day.
func TestTwoSlowRunsAreNoChange(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 4))
	h := mustNew(t, runsOf(200, 1, day, func(run, _ int) float64 {
		v := math.Exp(0.01 * r.NormFloat64())
		if run == 100 || run == 101 {
			v *= 1.5
		}
		return v
	}))
	if c := h.Rows[0].Changes; len(c) > 0 {
		t.Errorf("changes are %+v, want none", c)
	}
}

// A count without noise changes at the first run that has another one. The same values as times need
// a test, and four runs show nothing.
func TestCountsNeedNoTest(t *testing.T) {
	counts := runsOf(5, 1, day, func(run, _ int) float64 { return 3 + float64(run/4) })
	for i := range counts {
		counts[i].Rows[0].Unit = "allocs/op"
	}
	if c := mustNew(t, counts).Rows[0].Changes; len(c) != 1 || c[0].Run != 4 {
		t.Errorf("changes of a count are %+v, want one at run 4", c)
	}
	times := runsOf(5, 1, day, func(run, _ int) float64 { return 3 + float64(run/4) })
	if h := mustNew(t, times); len(h.Rows[0].Changes) > 0 || len(h.Notes) != 1 {
		t.Errorf("changes of a time are %+v, notes %q, want none and one", h.Rows[0].Changes, h.Notes)
	}
	flicker := runsOf(30, 1, day, func(run, _ int) float64 { return 3 + float64(run*run%7%2) })
	for i := range flicker {
		flicker[i].Rows[0].Unit = "allocs/op"
	}
	if c := mustNew(t, flicker).Rows[0].Changes; len(c) > 0 {
		t.Errorf("changes of a count that flickers are %+v, want none", c)
	}
}

// Ratios of a gate that are a little above 1 all the time creep, although no single one is judged.
// Ratios around 1 do not, although their product wanders.
func TestRatiosOfAGate(t *testing.T) {
	ratios := func(seed uint64, drift float64) []Run {
		r := rand.New(rand.NewPCG(seed, 1))
		runs := runsOf(100, 1, 7*day, func(int, int) float64 { return drift * math.Exp(0.01*r.NormFloat64()) })
		for i := range runs {
			runs[i].Rows[0].Unit, runs[i].Base = Ratio, "0000start"
			if i > 0 {
				runs[i].Base = runs[i-1].Commit
			}
		}
		return runs
	}
	found := 0
	for seed := range uint64(20) {
		if len(mustNew(t, ratios(seed, 1)).Rows[0].Changes) > 0 {
			found++
		}
	}
	if found > 3 { // 4 % of 20, and two more: the chance of a fourth is 0.7 %; the seeds are fixed
		t.Errorf("steady ratios creep in %d of 20 histories", found)
	}
	if c := mustNew(t, ratios(1, 1.0046)).Rows[0].Changes; len(c) != 1 || c[0].Rate < 0.01 || c[0].Rate > 0.03 {
		t.Errorf("changes are %+v, want one of about 2 %% a month", c)
	}
	step := ratios(2, 1)
	step[60].Rows[0].Value, step[60].Rows[0].Judged = 1.2, true
	if c := mustNew(t, step).Rows[0].Changes; len(c) != 1 || c[0].By != "gate" || c[0].Run != 60 {
		t.Errorf("changes are %+v, want the one that the gate judged", c)
	}
}

// The answers do not depend on the run: the same texts give the same changes.
func TestSeedIsFixed(t *testing.T) {
	of := func() string {
		r := rand.New(rand.NewPCG(9, 9))
		h := mustNew(t, runsOf(40, 3, day, func(run, row int) float64 {
			return math.Exp(0.03*r.NormFloat64()) * (1 + 0.04*float64(row*(run/20)))
		}))
		return fmt.Sprintf("%+v", h.Rows)
	}
	if a, b := of(), of(); a != b {
		t.Errorf("two answers to the same texts:\n%s\n%s", a, b)
	}
}
