package compare

import (
	"errors"
	"math"

	"github.com/montanaflynn/stats"
)

// summarizeColumns computes Geomeans and Overall.
//
// Lowest needs all columns, hence the second pass. Several columns may share it.
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

// overall averages the ratios to the best in column col.
//
// One row without a ratio ends the loop: there is no mean to be had. Tied starts as true and
// falls with the first row that the column does not serve.
func (u *Unit) overall(col int) Overall {
	o := Overall{Tied: true}
	undecided, worse := false, false
	ratios := make([]float64, 0, len(u.Cells))
	for _, row := range u.Cells {
		switch c := row[col]; {
		case c == nil:
			return Overall{Why: "a row was not measured"}
		case c.Ratio == 0:
			return Overall{Why: "a row has no ratio"}
		default:
			ratios = append(ratios, c.Ratio)
			undecided = undecided || c.Why != ""
			worse = worse || c.Standing == Worse && !c.Serves
			o.Tied = o.Tied && c.Serves
		}
	}
	o.Ratio, o.Unknown = geometricMean(ratios), undecided && !worse
	return o
}

// geomean averages the ratios of the rows. The quotient of the two means would agree with it only
// if both columns have the same rows. The warnings are the warnings of benchstat.
//
// Medians and ratios are collected in one pass, and either mean may exist without the other.
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
	// A base of zero gives an infinite ratio, which the row already shows as such.
	if g.VsBase = geometricMean(ratios); g.VsBase == 0 && len(ratios) > 0 && !overZero {
		g.warn("ratios must be >0 to compute geomean")
	}
	return g
}

func (g *Geomean) warn(msg string) { g.Warnings = append(g.Warnings, errors.New(msg)) }

// quotient returns a/b, and 1 for 0/0: two zeros are equal.
func quotient(a, b float64) float64 {
	if a == b {
		return 1
	}
	return a / b
}

// geometricMean returns 0 if there is no mean. stats distinguishes “empty”, “a zero” and “a
// negative value”; in a table they are all the same missing number.
func geometricMean(values []float64) float64 {
	mean, err := stats.GeometricMean(values)
	if err != nil || math.IsInf(mean, 0) {
		return 0
	}
	return mean
}
