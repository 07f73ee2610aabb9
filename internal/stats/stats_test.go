package stats_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/stats"
)

func TestMedianAndQuantile(t *testing.T) {
	for _, test := range []struct {
		name      string
		got, want float64
	}{
		{"median of none", stats.Median(nil), math.NaN()},
		{"median of one", stats.Median([]float64{3}), 3},
		{"median of two", stats.Median([]float64{4, 1}), 2.5},
		{"median of three", stats.Median([]float64{9, 1, 2}), 2},
		{"median of large values", stats.Median([]float64{math.MaxFloat64, math.MaxFloat64}), math.MaxFloat64},
		{"quantile of none", stats.Quantile(nil, 0.5), math.NaN()},
		{"lowest", stats.Quantile([]float64{3, 1, 2}, 0), 1},
		{"highest", stats.Quantile([]float64{3, 1, 2}, 1), 3},
		{"octile", stats.Quantile([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9}, 1./8), 2},
		{"between two", stats.Quantile([]float64{10, 20}, 0.25), 12.5},
		{"geometric mean", stats.GeometricMean([]float64{1, 4}), 2},
		{"geometric mean of none", stats.GeometricMean(nil), math.NaN()},
	} {
		if test.got != test.want && !(math.IsNaN(test.got) && math.IsNaN(test.want)) {
			t.Errorf("%s = %v, want %v", test.name, test.got, test.want)
		}
	}
}

func TestUpperMedian(t *testing.T) {
	if got := stats.UpperMedian([]time.Duration(nil)); got != 0 {
		t.Errorf("of none: %v, want 0", got)
	}
	if got := stats.UpperMedian([]time.Duration{4, 1, 3, 2}); got != 3 {
		t.Errorf("of four: %v, want 3", got)
	}
}

func TestArgumentsAreNotSorted(t *testing.T) {
	values := []float64{3, 1, 2}
	stats.Median(values)
	stats.UpperMedian(values)
	stats.Holm(values, 3)
	if !slices.Equal(values, []float64{3, 1, 2}) {
		t.Errorf("the values are now %v", values)
	}
}

// The values are multiples of powers of two, so that products are exact.
func TestHolm(t *testing.T) {
	for _, test := range []struct {
		p     []float64
		tests int
		want  []float64
	}{
		{nil, 5, []float64{}},
		{[]float64{0.25, 0.125, 0.5}, 0, []float64{0.5, 0.375, 0.5}},
		{[]float64{0.125}, 4, []float64{0.5}},
		{[]float64{0.5, 0.5, 0.5}, 3, []float64{1, 1, 1}},
		{[]float64{0.0625, 0.0625, 0.125}, 3, []float64{0.1875, 0.1875, 0.1875}},
	} {
		if got := stats.Holm(test.p, test.tests).Corrected; !slices.Equal(got, test.want) {
			t.Errorf("Holm(%v, %d) = %v, want %v", test.p, test.tests, got, test.want)
		}
	}
}

// Reach must agree with a correction in which p itself stands in the place of that member.
func TestReachIsTheCorrectionInPlace(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	for range 200 {
		p := make([]float64, 1+r.IntN(8))
		for i := range p {
			p[i] = float64(r.IntN(20)) / 100
		}
		candidate := float64(r.IntN(20)) / 100
		tests := len(p) + r.IntN(3)
		family := stats.Holm(p, tests)
		slices.Sort(p)
		at, _ := slices.BinarySearch(p, candidate)
		if at == len(p) {
			continue // no member is as large
		}
		p[at] = candidate
		want := stats.Holm(p, tests).Corrected[at]
		if got := family.Reach(candidate); got != want {
			t.Errorf("Reach(%v) among %v of %d tests = %v, want %v", candidate, p, tests, got, want)
		}
	}
}
