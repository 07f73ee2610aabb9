package compare

import (
	"math"
	"testing"

	"golang.org/x/perf/benchmath"
)

// The expected values count the possible rankings by hand.
func TestSmallestP(t *testing.T) {
	for _, test := range []struct {
		n1, n2 int
		want   float64
	}{{1, 1, 1}, {2, 2, 2.0 / 6}, {3, 3, 0.1}, {4, 4, 2.0 / 70}, {1, 20, 2.0 / 21},
		{20, 1, 2.0 / 21}, {2, 8, 2.0 / 45}} {
		if got := smallestP(test.n1, test.n2); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("smallestP(%d, %d) = %v, want %v", test.n1, test.n2, got, test.want)
		}
	}
	if p := smallestP(5000, 5000); p != 0 {
		t.Errorf("smallestP(5000, 5000) = %v, want 0: no overflow to NaN", p)
	}
}

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
