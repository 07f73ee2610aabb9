package gate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/semabench/semabench/reports/gate/internal/signedrank"
)

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
	e := estimateLogs(logs)
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
		e := estimateLogs(logs)
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
		e := estimateLogs(make([]float64, n))
		if e.Confidence != 0 || e.Lo != 0 || !math.IsInf(e.Hi, 1) || e.Slower != 1 {
			t.Errorf("%d pairs: %+v", n, e)
		}
	}
}
