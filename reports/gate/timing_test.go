package gate

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports/gate/internal/signedrank"
)

// heavyTailed draws from Student's t with 3 degrees of freedom, scaled to a
// standard deviation of 1.57: measured ratios have such tails.
func heavyTailed(random *rand.Rand) float64 {
	chi := 0.0
	for range 3 {
		z := random.NormFloat64()
		chi += z * z
	}
	return random.NormFloat64() / math.Sqrt(chi/3) / 1.1
}

// The slowdown that a run says it would have found in 4 of 5 cases is found in
// about as many.
func TestMDEIsThePower(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 0))
	const family, n = 21, 24
	for _, stages := range []int{1, 2} {
		for _, spread := range []float64{0.02, 0.06, 0.15} {
			draw := func(n int, effect float64) []Pair {
				list := make([]Pair, n)
				for i := range list {
					list[i] = Pair{Old: 1, New: (1 + effect) * math.Exp(spread*heavyTailed(random))}
				}
				return list
			}
			run := func(effect float64) *Judged {
				r := &Run{Planned: family, Stages: stages, Rows: []Row{{Pairs: draw(n, effect)}}}
				if len(Suspects(r, Options{})) > 0 {
					r.Rows[0].Second = draw(SecondPairs(n), effect)
				}
				return Judge(r, Options{}).Rows[0]
			}
			mde := 0.0
			for range 50 {
				mde += run(0).Time.MDE / 50
			}
			found := 0
			for range 300 {
				if run(mde).Verdict == Regressed {
					found++
				}
			}
			if found < 210 || found > 285 {
				t.Errorf("%d stages, spread %v: %d of 300 found at the MDE of %.3f, want 70 to 95 %%",
					stages, spread, found, mde)
			}
		}
	}
}

func TestEstimate(t *testing.T) {
	// Hollander and Wolfe, table 3.1: Hamilton's depression scale under a
	// tranquilizer. Estimate -0.46 and the 96.1 % interval (-0.786, -0.010) are
	// the values of the book.
	before := []float64{1.83, .50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30}
	after := []float64{.878, .647, .598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29}
	logs := make([]float64, len(before))
	for i := range before {
		logs[i] = after[i] - before[i]
	}
	e := estimateLogs(logs, 0.025)
	near(t, "ratio", math.Log(e.Ratio), -0.46, 0.0005)
	near(t, "low", math.Log(e.Lo), -0.786, 0.0005)
	near(t, "high", math.Log(e.Hi), -0.010, 0.0005)
	near(t, "confidence", e.Confidence, 0.961, 0.0005)
	near(t, "p of not faster", e.Faster, 0.0195, 0.0001) // P(T >= 40)
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

// The interval holds exactly the ratios that a one-sided test at half its error
// rate would not reject.
func TestIntervalIsTheTestTurnedAround(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 0))
	for n := 6; n < 40; n++ {
		logs := make([]float64, n)
		for i := range logs {
			logs[i] = random.NormFloat64()
		}
		e := estimateLogs(logs, 0.025)
		tail := (1 - e.Confidence) / 2
		for _, step := range []float64{-1e-9, 1e-9} {
			moved := slices.Clone(logs)
			for i := range moved {
				moved[i] -= math.Log(e.Lo) + step
			}
			rejects := signedrank.P(moved) <= tail*(1+1e-9)
			if rejects != (step < 0) {
				t.Errorf("n=%d: a ratio %g off the lower end: rejected %v", n, step, rejects)
			}
		}
	}
}

func TestTooFewPairsHaveNoInterval(t *testing.T) {
	for n := range 6 {
		e := estimateLogs(make([]float64, n), 0.025)
		if e.Confidence != 0 || e.Lo != 0 || !math.IsInf(e.Hi, 1) || e.Slower != 1 {
			t.Errorf("%d pairs: %+v", n, e)
		}
	}
}

// slowPath returns pairs with equal typical slices and different means.
func slowPath(n int, ratio, spread float64) []Pair {
	pairs, means := pairsOf(n, 1, 0.01), pairsOf(n, ratio, spread)
	for i := range pairs {
		pairs[i].OldMean, pairs[i].NewMean = means[i].Old, means[i].New
	}
	return pairs
}

// The row is a lock that is as fast as before without contention, and twice as
// slow with it.
func TestMeanFindsWhatTypicalSlicesDoNot(t *testing.T) {
	waits := row("BenchmarkWaits", 1, 0.01)
	waits.Contended = true
	for _, test := range []struct {
		name          string
		first, second []Pair
		suspect       bool
		want          Verdict
		why           string
	}{
		{"found twice", slowPath(48, 2, 0.3), slowPath(96, 2, 0.3), true, Regressed, "the mean of all slices: "},
		{"found once", slowPath(48, 2, 0.3), slowPath(96, 1, 0.3), true, Unchanged, "all within"},
		{"a mood", slowPath(48, 1.17, 0.1), slowPath(96, 1.17, 0.1), true, Unchanged, "all within"},
		{"too noisy", slowPath(48, 1, 1), nil, false, Unchanged, "all within"},
		{"no slower", slowPath(48, 0.5, 0.3), nil, false, Unchanged, "all within"},
		{"without means", pairsOf(48, 1, 0.01), nil, false, Unchanged, "all within"},
		{"with some means", append(pairsOf(1, 1, 0.01), slowPath(47, 2, 0.3)...), nil, false, Unchanged, "all within"},
	} {
		waits.Pairs, waits.Second = test.first, nil
		run := runOf(waits, row("BenchmarkOther", 1, 0.01))
		if got := len(Suspects(run, Options{})) == 1; got != test.suspect {
			t.Errorf("%s: a suspect: %v, want %v", test.name, got, test.suspect)
		}
		run.Rows[0].Second = test.second
		j := rowNamed(t, Judge(run, Options{}), "BenchmarkWaits")
		if j.Verdict != test.want || !strings.Contains(j.Why, test.why) || j.OfMean != (test.want == Regressed) {
			t.Errorf("%s: %s because %q, of the mean: %v; want %s because %q",
				test.name, j.Verdict, j.Why, j.OfMean, test.want, test.why)
		}
	}
}

// Each mean is one more test of the family, which makes the correction of all
// rows stricter.
func TestMeansCountInTheFamily(t *testing.T) {
	waits := row("BenchmarkWaits", 1, 0.01)
	waits.Pairs = slowPath(24, 1, 0.1)
	if got := Judge(runOf(waits, row("BenchmarkOther", 1, 0.01)), Options{}).Family; got != 3 {
		t.Errorf("%d tests of a row with means and one without, want 3", got)
	}
}

func TestOutputsShowTheMean(t *testing.T) {
	waits := row("BenchmarkWaits", 1, 0.01)
	waits.Pairs, waits.Second = slowPath(24, 2, 0.1), slowPath(48, 2, 0.1)
	r := Judge(runOf(waits), Options{})
	var text, page strings.Builder
	if err := WriteJSON(&text, r); err != nil {
		t.Fatal(err)
	}
	var e Export
	if err := json.Unmarshal([]byte(text.String()), &e); err != nil {
		t.Fatal(err)
	}
	if x := e.Rows[0]; !x.OfMean || x.Ratio < 1.9 {
		t.Errorf("exported as of the mean: %v, ratio %v; want 2", x.OfMean, x.Ratio)
	}
	if err := WriteHTML(&page, r); err != nil || !strings.Contains(page.String(), "to ×2.") {
		t.Errorf("%v: the page does not show the ratios of means", err)
	}
}
