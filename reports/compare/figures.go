package compare

import (
	"math"
	"slices"

	"github.com/montanaflynn/stats"
)

// Figures describes one sample, without a comparison. A figure for which the sample is too small
// is NaN.
//
// They describe, and decide nothing.
type Figures struct {
	N        int
	Min, Max float64

	// Q1 and Q3 are the medians of the lower and the upper half. The middle one of an odd number
	// of values is in neither half. They need two values. They are not the percentiles 25 and 75,
	// which interpolate.
	Q1, Q3 float64

	MAD float64 // median absolute deviation from the median, not scaled to a normal distribution
	CV  float64 // sample standard deviation (n-1) divided by the mean; needs two values
}

// describe takes sorted values; there is at least one.
func describe(values []float64) Figures {
	f := Figures{N: len(values), Min: values[0], Max: values[len(values)-1]}
	f.Q1, f.Q3, f.CV = math.NaN(), math.NaN(), math.NaN()
	// An error of stats means “undefined for this sample”, which NaN says already. Quartile alone
	// returns zeros with its error.
	if q, err := stats.Quartile(values); err == nil {
		f.Q1, f.Q3 = q.Q1, q.Q3
	}
	f.MAD, _ = stats.MedianAbsoluteDeviation(values)
	f.CV, _ = stats.CoefficientOfVariation(values)
	return f
}

// Figures describes the sample of c.
func (c *Cell) Figures() Figures { return describe(slices.Sorted(slices.Values(c.Values))) }
