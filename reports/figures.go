package reports

import (
	"errors"
	"fmt"
	"math"

	"github.com/montanaflynn/stats"
)

// Figures describe one sample without judging it. A figure that the sample is too small
// for is NaN.
type Figures struct {
	N        int
	Min, Max float64

	// Q1 and Q3 are the medians of the lower and the upper half; of an odd number of values the
	// middle one is in neither half. They need two values. Percentile 25 and 75 would interpolate
	// and differ.
	Q1, Q3 float64

	MAD float64 // median absolute deviation from the median, not scaled to a normal distribution
	CV  float64 // sample standard deviation (n-1) divided by the mean; needs two values
}

// describe takes sorted values.
func describe(values []float64) Figures {
	f := Figures{N: len(values), Min: values[0], Max: values[len(values)-1]}
	f.Q1, f.Q3, f.CV = math.NaN(), math.NaN(), math.NaN()
	// Errors mean “undefined for this sample”, and NaN says that already. Only Quartile returns
	// zeros with its error.
	if q, err := stats.Quartile(values); err == nil {
		f.Q1, f.Q3 = q.Q1, q.Q3
	}
	f.MAD, _ = stats.MedianAbsoluteDeviation(values)
	f.CV, _ = stats.CoefficientOfVariation(values)
	return f
}

// A Geomean is the geometric mean of a column: what benchstat prints in its last row.
// A mean that does not exist, because of zeros or negative values, is 0.
type Geomean struct {
	Center   float64 // of the centers
	VsBase   float64 // of the ratios to the base column; 0 in that column
	Warnings []error
}

// An Overall is the geometric mean of [Cell.Ratio] over all rows of a table: how far a column is
// from the best, on the whole.
//
// Ratio is 0 if any row lacks a ratio in this column, and Why says so: a mean over fewer
// rows than the neighbours' would be a mean of easier ones.
type Overall struct {
	Ratio   float64
	Why     string
	Lowest  bool // no column of the table has a lower one
	Tied    bool // in every row it is the best or a tie of the best
	Unknown bool // some of the ratios rest on too few samples to tell
}

func (u *Unit) summarizeColumns(cols int) {
	for col := range cols {
		u.Geomeans = append(u.Geomeans, u.geomean(col))
		u.Overall = append(u.Overall, u.overall(col))
	}
	lowest := math.Inf(1)
	for _, o := range u.Overall {
		if o.Ratio != 0 {
			lowest = min(lowest, o.Ratio)
		}
	}
	for i := range u.Overall {
		u.Overall[i].Lowest = u.Overall[i].Ratio == lowest
	}
}

func (u *Unit) overall(col int) Overall {
	o := Overall{Tied: true}
	ratios := make([]float64, 0, len(u.Cells))
	for _, row := range u.Cells {
		switch c := row[col]; {
		case c == nil:
			return Overall{Why: "a row was not measured"}
		case c.Ratio == 0:
			return Overall{Why: "a row has no ratio"}
		default:
			ratios = append(ratios, c.Ratio)
			o.Unknown = o.Unknown || c.Why != ""
			o.Tied = o.Tied && (c.Standing == Best || c.Standing == Tie)
		}
	}
	o.Ratio = geometricMean(ratios)
	return o
}

// geomean averages ratios, not the quotient of two means: those agree only if both columns
// have the same rows. It warns where benchstat warns.
func (u *Unit) geomean(col int) Geomean {
	var g Geomean
	centers, ratios := make([]float64, 0, len(u.Cells)), make([]float64, 0, len(u.Cells))
	baseRows, pairs, overZero := 0, 0, false
	for _, row := range u.Cells {
		base, c := row[u.Base], row[col]
		if base != nil {
			baseRows++
		}
		if c == nil {
			continue
		}
		centers = append(centers, c.Summary.Center)
		if base != nil && col != u.Base {
			pairs++
			ratio := quotient(c.Summary.Center, base.Summary.Center)
			overZero = overZero || math.IsInf(ratio, 0)
			ratios = append(ratios, ratio)
		}
	}
	if len(centers) == 0 {
		return g
	}
	if col != u.Base && pairs != baseRows {
		g.warn("benchmark set differs from baseline; geomeans may not be comparable")
	}
	if g.Center = geometricMean(centers); g.Center == 0 {
		g.warn("summaries must be >0 to compute geomean")
	}
	// Over a base of zero there is no ratio; the row shows that already.
	if g.VsBase = geometricMean(ratios); g.VsBase == 0 && len(ratios) > 0 && !overZero {
		g.warn("ratios must be >0 to compute geomean")
	}
	return g
}

func (g *Geomean) warn(msg string) { g.Warnings = append(g.Warnings, errors.New(msg)) }

// quotient calls 0/0 a ratio of one. A number over zero is infinite.
func quotient(a, b float64) float64 {
	if a == b {
		return 1
	}
	return a / b
}

// geometricMean is 0 where there is none. stats has one error each for “empty”, “a zero” and
// “a negative value”; to the reader of a table they are all the same missing number.
func geometricMean(values []float64) float64 {
	mean, err := stats.GeometricMean(values)
	if err != nil || math.IsInf(mean, 0) {
		return 0
	}
	return mean
}

// sampleCount says how many samples the cells of c have: "6 samples", or "3 to 6 samples".
func (c *Comparison) sampleCount() string {
	low, high := math.MaxInt, 0
	c.eachCell(func(cell *Cell) {
		low, high = min(low, len(cell.Values)), max(high, len(cell.Values))
	})
	if low == high {
		return plural(low, "sample")
	}
	return fmt.Sprintf("%d to %d samples", low, high)
}

// cellCount is the number of benchmarks: cells of the primary units.
func (c *Comparison) cellCount() int {
	n := 0
	c.eachCell(func(*Cell) { n++ })
	return n
}

func (c *Comparison) eachCell(visit func(*Cell)) {
	for _, t := range c.Tables {
		for _, row := range t.Primary().Cells {
			for _, cell := range row {
				if cell != nil {
					visit(cell)
				}
			}
		}
	}
}
