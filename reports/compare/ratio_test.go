package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"golang.org/x/perf/benchmath"

	"github.com/semabench/semabench/reports/compare/internal/utest"
)

// The interval contains the true ratio as often as it promises, for a skewed distribution too.
func TestRatioCoverage(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var fast utest.Tester
	const rounds, truth = 4000, 1.25
	held, level := 0, 0.0
	for range rounds {
		x, y := make([]float64, 8), make([]float64, 10)
		for i := range x {
			x[i] = truth * math.Exp(0.1*r.ExpFloat64())
		}
		for i := range y {
			y[i] = math.Exp(0.1 * r.ExpFloat64())
		}
		ratio, _, _ := newRatio(&fast, benchmath.NewSample(x, &thresholds),
			benchmath.NewSample(y, &thresholds), x[4], y[5], 0.05)
		if level = ratio.Confidence; ratio.Lo <= truth && truth <= ratio.Hi {
			held++
		}
	}
	// Four standard errors with a fixed seed: only a wrong formula fails this test.
	if share := float64(held) / rounds; math.Abs(share-level) > 4*math.Sqrt(level*(1-level)/rounds) {
		t.Errorf("the interval holds the ratio in %.3f of all cases, want %.3f", share, level)
	}
}
