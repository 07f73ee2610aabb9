package compare

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/montanaflynn/stats"
)

// The behaviour of montanaflynn/stats that the figures rely on. Its releases have changed such
// things.
var traps = []struct {
	name   string
	figure func(stats.Float64Data) (float64, error)
	values []float64
	want   float64
	err    error
}{
	{"a quartile is the median of a half, not percentile 25 = 3.25",
		q1, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 3, nil},
	{"the middle of an odd number is in no half", q3, []float64{1, 2, 3, 4, 100}, 52, nil},
	{"one value has no quartiles, but is not empty", q1, []float64{5}, 0, stats.ErrEmptyInput},
	{"CV is of the sample, n-1", stats.CoefficientOfVariation, []float64{1, 3}, math.Sqrt2 / 2, nil},
	{"CV of zeros", stats.CoefficientOfVariation, []float64{0, 0}, math.NaN(), stats.ErrZero},
	{"MAD is not scaled", stats.MedianAbsoluteDeviation, []float64{1, 2, 3, 4, 100}, 1, nil},
	{"MAD of one value", stats.MedianAbsoluteDeviation, []float64{5}, 0, nil},
	{"mean with a zero", stats.GeometricMean, []float64{1, 0}, math.NaN(), stats.ErrZero},
	{"mean with a negative", stats.GeometricMean, []float64{1, -1}, math.NaN(), stats.ErrNegative},
	{"mean of nothing", stats.GeometricMean, nil, math.NaN(), stats.ErrEmptyInput},
}

func q1(values stats.Float64Data) (float64, error) {
	q, err := stats.Quartile(values)
	return q.Q1, err
}

func q3(values stats.Float64Data) (float64, error) {
	q, err := stats.Quartile(values)
	return q.Q3, err
}

func TestStatsStaysAsItIs(t *testing.T) {
	for _, trap := range traps {
		got, err := trap.figure(trap.values)
		same := got == trap.want || math.IsNaN(got) && math.IsNaN(trap.want)
		if !same || !errors.Is(err, trap.err) {
			t.Errorf("%s: got %v, %v, want %v, %v", trap.name, got, err, trap.want, trap.err)
		}
	}
	if _, err := stats.CoefficientOfVariation([]float64{5}); err == nil {
		t.Error("CV of one value: no error")
	}
}

func TestDescribe(t *testing.T) {
	tests := []struct {
		values []float64
		want   string
	}{
		{[]float64{5}, "{1 5 5 NaN NaN 0 NaN}"},
		{[]float64{0, 0}, "{2 0 0 0 0 0 NaN}"},
		{[]float64{1, 2, 3, 4, 100}, "{5 1 100 1.5 52 1 1.9826207715967625}"},
	}
	for _, test := range tests {
		if got := fmt.Sprint(describe(test.values)); got != test.want {
			t.Errorf("%v: got %s, want %s", test.values, got, test.want)
		}
	}
}
