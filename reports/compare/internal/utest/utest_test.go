package utest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"golang.org/x/perf/benchmath"

	"github.com/semabench/semabench/internal/longtest"
)

var thresholds = benchmath.DefaultThresholds

// randomSample has up to 30 values. Few steps make many ties.
func randomSample(r *rand.Rand, steps int) *benchmath.Sample {
	values := make([]float64, 1+r.IntN(30))
	for i := range values {
		values[i] = float64(1 + r.IntN(steps))
	}
	return benchmath.NewSample(values, &thresholds)
}

// The fast test equals the test of benchmath: the same p to twelve digits, and the same warnings.
func TestComparesAsBenchmath(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	rounds := longtest.Or(t, "pairs of random samples", 3000, 800)
	var fast Tester
	for range rounds {
		steps := []int{2, 5, 20, 100, 1e9}[r.IntN(5)]
		a, b := randomSample(r, steps), randomSample(r, steps)
		if r.IntN(3) == 0 {
			for i := range b.Values {
				b.Values[i] += float64(r.IntN(steps))
			}
			slices.Sort(b.Values)
		}
		got, want := fast.Compare(a, b), benchmath.AssumeNothing.Compare(a, b)
		sameWarnings := len(got.Warnings) == len(want.Warnings) &&
			(len(got.Warnings) == 0 || got.Warnings[0].Error() == want.Warnings[0].Error())
		if math.Abs(got.P-want.P) > 1e-12*want.P || got.N1 != want.N1 || got.N2 != want.N2 ||
			got.Alpha != want.Alpha || !sameWarnings {
			t.Fatalf("seed %d: %v against %v:\n got %+v\nwant %+v", seed, a.Values, b.Values, got, want)
		}
	}
}

// The sample sizes that have an exact distribution without ties, at a few values of U each.
func TestUntiedAsBenchmath(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var fast Tester
	for n := 2; n <= 50; n += 3 {
		for _, m := range []int{n, 1 + r.IntN(50)} {
			order := r.Perm(n + m)
			var x, y []float64
			for i, rank := range order {
				if i < n {
					x = append(x, float64(rank))
				} else {
					y = append(y, float64(rank))
				}
			}
			a, b := benchmath.NewSample(x, &thresholds), benchmath.NewSample(y, &thresholds)
			got, want := fast.Compare(a, b).P, benchmath.AssumeNothing.Compare(a, b).P
			if got != want {
				t.Errorf("%d and %d: p = %v, want %v", n, m, got, want)
			}
		}
	}
}

// The walk along the border finds the same quotient as sorting all quotients.
func TestQuotient(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var fast Tester
	for range 300 {
		steps := []int{1, 3, 50, 1e9}[r.IntN(4)]
		x, y := randomSample(r, steps).Values, randomSample(r, steps).Values
		var all []float64
		for _, a := range x {
			for _, b := range y {
				all = append(all, a/b)
			}
		}
		slices.Sort(all)
		for _, k := range []int{1, 1 + r.IntN(len(all)), len(all)} {
			if got := fast.Quotient(x, y, k); got != all[k-1] {
				t.Fatalf("%v over %v: quotient %d = %v, want %v", x, y, k, got, all[k-1])
			}
		}
	}
}

// The orders and levels are from Hollander and Wolfe, table A.6, and computed by hand.
func TestIntervalOrder(t *testing.T) {
	for _, test := range []struct {
		n1, n2, k int
		level     float64
	}{
		{3, 3, 0, 1}, {3, 5, 1, 1 - 2.0/56}, {4, 4, 1, 1 - 2.0/70}, {5, 5, 3, 1 - 2*4.0/252},
		{6, 6, 6, 1 - 2*19.0/924}, {10, 10, 24, 0.9568}, {1, 38, 0, 1}, {1, 50, 1, 1 - 2.0/51},
	} {
		k, level := IntervalOrder(test.n1, test.n2, 0.025)
		if k != test.k || math.Abs(level-test.level) > 1e-4 {
			t.Errorf("%d and %d: k = %d, level %.4f, want %d, %.4f", test.n1, test.n2, k, level,
				test.k, test.level)
		}
	}
	exact, _ := IntervalOrder(50, 50, 0.025)
	if approx, _ := IntervalOrder(51, 50, 0.025); approx < exact || approx > exact+40 {
		t.Errorf("k = %d for 51 and 50, %d for 50 and 50: the approximation is far off", approx, exact)
	}
}

// The expected values count the possible rankings by hand.
func TestSmallestP(t *testing.T) {
	for _, test := range []struct {
		n1, n2 int
		want   float64
	}{{1, 1, 1}, {2, 2, 2.0 / 6}, {3, 3, 0.1}, {4, 4, 2.0 / 70}, {1, 20, 2.0 / 21},
		{20, 1, 2.0 / 21}, {2, 8, 2.0 / 45}} {
		if got := SmallestP(test.n1, test.n2); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("SmallestP(%d, %d) = %v, want %v", test.n1, test.n2, got, test.want)
		}
	}
	if p := SmallestP(5000, 5000); p != 0 {
		t.Errorf("SmallestP(5000, 5000) = %v, want 0: no overflow to NaN", p)
	}
}
