package reports

import (
	"math"

	"golang.org/x/perf/benchfmt"
)

// export visits the cells of a unit, row by row.
func (t *Table) export(u *Unit, visit func(ExportCell)) {
	nan := Number(math.NaN())
	for i, cells := range u.Cells {
		for j, c := range cells {
			if c == nil {
				continue
			}
			e := ExportCell{
				Table: t.heading(), Unit: printable(u.Name), Row: t.Rows[i].Name, Column: t.Cols[j],
				N: len(c.Values), Median: Number(c.Summary.Center),
				Low: Number(c.Summary.Lo), High: Number(c.Summary.Hi),
				Ratio: nan, RatioLow: nan, RatioHigh: nan, Shift: nan, P: nan, Corrected: nan,
				Standing: c.Standing.String(),
				Worse:    orNaN(c.Ratio), WorseLow: nan, WorseHigh: nan, WorseP: nan,
				Why: c.Why, Values: c.Values,
			}
			if v := c.VsBase; v != nil {
				e.Base = t.Cols[u.Base]
				e.compare(v)
			}
			if v := c.VsBest; v != nil {
				e.WorseLow, e.WorseHigh = v.Ratio.bounds()
				e.WorseP = v.corrected()
			}
			visit(e)
		}
	}
}

func (e *ExportCell) compare(v *Versus) {
	e.Ratio, e.Shift = orNaN(v.Ratio.Medians), orNaN(v.Ratio.Shift)
	e.RatioLow, e.RatioHigh = v.Ratio.bounds()
	e.Tests, e.Verdict = v.Tests, v.Verdict()
	if e.Corrected = v.corrected(); v.Tests > 0 {
		e.P = Number(v.P)
	}
	if e.Why == "" {
		e.Why = v.why()
	}
	if e.Why == "" {
		e.Why = v.Ratio.Why
	}
}

// corrected is NaN if the unit is exact: p = 0 there is no p.
func (v *Versus) corrected() Number {
	if v.Tests == 0 {
		return Number(math.NaN())
	}
	return Number(v.Corrected)
}

// bounds are NaN if there is no interval. Zero to infinity is none.
func (r Ratio) bounds() (lo, hi Number) {
	if r.Confidence == 0 {
		return Number(math.NaN()), Number(math.NaN())
	}
	return Number(r.Lo), Number(r.Hi)
}

func orNaN(ratio float64) Number {
	if ratio == 0 {
		return Number(math.NaN())
	}
	return Number(ratio)
}

func messages(list []*benchfmt.SyntaxError) []string {
	all := make([]string, 0, len(list))
	for _, m := range list {
		all = append(all, brokenLine(m))
	}
	return all
}
