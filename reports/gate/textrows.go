package gate

import (
	"fmt"
	"math"
	"slices"

	"github.com/semabench/semabench/reports"
)

// rows judges the units of each row: time, allocations, and what is exact and has a direction.
func (t *texts) rows(r *Report, c *reports.Comparison) {
	for _, table := range c.Tables {
		pkg, suffix := place(table, c.Facts)
		for i, row := range table.Rows {
			j := &Judged{Row: &Row{Package: pkg, Name: "Benchmark" + row.Name + suffix}, index: -1}
			j.ID = j.Row.ID()
			r.Rows = append(r.Rows, j)
			sides := [2]bool{}
			for _, u := range table.Units {
				old, new := t.sides(table, u.Cells[i])
				sides[0], sides[1] = sides[0] || old != nil, sides[1] || new != nil
				if old != nil && new != nil {
					t.unit(r, j, u, old, new)
				}
			}
			if !sides[0] || !sides[1] {
				j.Verdict, j.Why = Missing, "only in the old text"
				if sides[1] {
					j.Why = "only in the new text"
				}
				j.Allowed = t.options.AllowMissing
			} else if j.Time == nil && len(j.Counts) == 0 && j.Verdict == "" {
				j.Verdict, j.Why = Unmeasured, "neither ns/op nor an exact unit on both sides"
				if t.options.ExactOnly {
					j.Why = "no exact unit on both sides: measure with -benchmem"
				}
			}
		}
	}
}

// place is the package of a table, and what else tells its rows from those of other tables.
func place(table *reports.Table, shared []reports.Fact) (pkg, suffix string) {
	for _, f := range shared {
		if f.Key == "pkg" {
			pkg = f.Value
		}
	}
	for _, f := range table.Config {
		if f.Key == "pkg" {
			pkg = f.Value
		} else {
			suffix += fmt.Sprintf(" %s:%s", f.Key, f.Value)
		}
	}
	return pkg, suffix
}

// sides finds the cells of old and new. The columns of a table are in the order of the texts, and
// one of them may lack.
func (t *texts) sides(table *reports.Table, cells []*reports.Cell) (old, new *reports.Cell) {
	if len(table.Cols) == 2 {
		return cells[0], cells[1]
	}
	if table.Cols[0] == shown(t.old.Files[0].Label) {
		return cells[0], nil
	}
	return nil, cells[0]
}

func (t *texts) unit(r *Report, j *Judged, u *reports.Unit, old, new *reports.Cell) {
	switch {
	case t.options.ExactOnly && !u.Exact && u.Name != "B/op" && u.Name != "allocs/op":
	case u.Name == "sec/op" && !u.Exact:
		j.Time = t.timing(old, new)
		r.Family = max(r.Family, new.VsBase.Tests)
	case u.Exact && u.Better != 0:
		if !equal(old.Values) || !equal(new.Values) {
			j.Verdict = Unmeasured
			j.Why = u.Name + " is said to be exact, but the values of one text differ"
			return
		}
		j.Counts = append(j.Counts, counted(u, old, new))
	case u.Name == "B/op" || u.Name == "allocs/op":
		c := counted(u, old, new)
		if len(old.Values) < 2 || len(new.Values) < 2 || !equal(old.Values) || !equal(new.Values) {
			c = t.doubtful(c, new.VsBase)
		}
		j.Counts = append(j.Counts, c)
	}
}

func equal(values []float64) bool { return slices.Min(values) == slices.Max(values) }

// counted compares values that have no noise.
func counted(u *reports.Unit, old, new *reports.Cell) Counted {
	c := Counted{Unit: u.Name, Old: old.Values[0], New: new.Values[0], Verdict: Unchanged}
	better := float64(u.Better)
	if better == 0 {
		better = -1
	}
	c.Why = fmt.Sprintf("%s %s", count(c.New), c.Unit)
	if change := (c.New - c.Old) * better; change != 0 {
		c.Why = fmt.Sprintf("%s, was %s %s", count(c.New), count(c.Old), c.Unit)
		c.Verdict = Regressed
		if change > 0 {
			c.Verdict = Improved
		}
	}
	return c
}

// doubtful is for averages that vary, or of which there is one: a difference is no more than a
// reason to count.
func (t *texts) doubtful(c Counted, v *reports.Versus) Counted {
	few := v.N1 < 2 || v.N2 < 2
	c.Verdict = Unchanged
	grown := v.Ratio.Medians > 1+t.options.minEffect() || c.Old == 0 && c.New > 0
	if grown && (few || v.Corrected/2 <= t.options.falseAlarm()) {
		c.Verdict = Inconclusive
		c.Why += "; an average that varies, so it is no proof: count it with a duel"
	}
	return c
}

// timing is the judgement of a row that has no pairs.
func (t *texts) timing(old, new *reports.Cell) *Timing {
	v := new.VsBase
	r := rule{max(1, v.Tests), 1, t.options.falseAlarm(), t.options.minEffect()}
	out := &Timing{
		Stage: 1, Wanted: r.wanted, Margin: r.wanted, Level: r.falseAlarm, Corrected: 1,
		OldMedian: old.Summary.Center * 1e9, NewMedian: new.Summary.Center * 1e9,
	}
	out.Estimate = estimateOf(v)
	out.First = out.Estimate
	if out.Ratio >= 1 {
		out.Corrected = v.Corrected / 2
	}
	out.NotSlower = out.Confidence > 0 && out.Hi < 1+out.Wanted
	out.MDE = math.Inf(1)
	if out.Ratio <= 0 {
		out.Verdict, out.Why = Inconclusive, "times of zero or below have no ratio"
		return out
	}
	smallest := math.Exp(-lchoose(v.N1+v.N2, v.N1))
	if err := out.standardError(); smallest <= r.level() {
		out.MDE = mde(stage{err, max(math.Log1p(out.Margin), -normalQuantile(r.level())*err)})
	}
	out.Verdict = out.verdict(v.Corrected/2 <= r.falseAlarm)
	out.Why = t.why(out, v, r, smallest)
	return out
}

// estimateOf takes the two-sided p for one of its sides.
func estimateOf(v *reports.Versus) Estimate {
	e := Estimate{
		Pairs: min(v.N1, v.N2), Ratio: v.Ratio.Shift, Lo: v.Ratio.Lo, Hi: v.Ratio.Hi,
		Confidence: v.Ratio.Confidence, Slower: v.P / 2, Faster: 1 - v.P/2,
	}
	if e.Ratio < 1 {
		e.Slower, e.Faster = e.Faster, e.Slower
	}
	return e
}

func (t *Timing) verdict(significant bool) Verdict {
	switch {
	case significant && t.Ratio > 1+t.Wanted:
		return Regressed
	case significant && t.Ratio < 1/(1+t.Wanted):
		return Improved
	case t.NotSlower && t.Lo > 1/(1+t.Wanted):
		return Unchanged
	}
	return Inconclusive
}

func lchoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

func (t *texts) why(out *Timing, v *reports.Versus, r rule, smallest float64) string {
	words := fmt.Sprintf("%s, %d and %d values", out.summary(), v.N1, v.N2)
	switch {
	case out.Verdict == Regressed || out.Verdict == Improved:
		return words + fmt.Sprintf(", corrected p = %s", probability(v.Corrected/2))
	case out.Verdict == Unchanged:
		return words + ", all within " + percent(out.Wanted)
	case smallest > r.level():
		return words + fmt.Sprintf("; too few for %s: no p below %.2g is possible, %.2g is needed",
			plural(r.family, "test"), smallest, r.level())
	}
	return words + "; the interval leaves the margin of " + percent(out.Wanted)
}
