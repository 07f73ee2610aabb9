package compare

import (
	"math"
	"testing"

	"golang.org/x/perf/benchmath"
)

func TestHolm(t *testing.T) {
	f := family{tests: make([]*Versus, 4)}
	for i, p := range []float64{0.04, 0.01, 0.03, 0.005} { // Holm's example, by hand
		f.tests[i] = &Versus{Comparison: benchmath.Comparison{P: p, N1: 10, N2: 10, Alpha: 0.05}}
	}
	f.correct()
	for i, want := range []float64{0.06, 0.03, 0.06, 0.02} {
		if v := f.tests[i]; math.Abs(v.Corrected-want) > 1e-15 || v.Tests != 4 || v.WhyUnknown() != "" {
			t.Errorf("p = %v of %d: corrected to %v, want %v of 4", v.P, v.Tests, v.Corrected, want)
		}
	}
}
