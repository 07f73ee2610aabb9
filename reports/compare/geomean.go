package compare

import (
	"errors"
	"math"

	"github.com/montanaflynn/stats"
)

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
