package compare

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/semabench/semabench/reports/internal/format"

	"github.com/semabench/semabench/reports/compare/internal/utest"
)

// negligible is the greatest ratio that counts as equal to the best. Smaller differences carry no
// advice: two processes with different code layouts can differ by as much with identical source.
const negligible = 1.05

// Verdict returns "different", "tie" or "undecided".
//
// Two cells are different if the corrected p says so. They are a tie only if the bounds of their
// ratio lie within 5 % of 1 on both sides. The samples leave everything else undecided: the
// absence of evidence for a difference is no evidence of equality.
//
// Cells with equal medians are never different, even if the test tells the samples apart by their
// spread: “different by a factor of 1.00” would help no reader. Nor are cells whose medians say the opposite
// of the test; see contrary. If the cells have different noise, the interval has to exclude 1 as well; see widen.
func (v *Versus) Verdict() string {
	switch {
	case v.cannotShow():
		return "undecided"
	case v.Ratio.Medians != 1 && v.Corrected <= v.Alpha && !v.contrary() && !(v.uneven && v.lo <= 1 && 1 <= v.hi):
		return "different"
	case v.least >= 1/negligible && v.most <= negligible:
		return "tie"
	}
	return "undecided"
}

// WhyUnknown returns why this comparison could show no difference, whatever its values, or "" if
// it could.
func (v *Versus) WhyUnknown() string {
	switch {
	case !v.cannotShow():
		return ""
	case v.contradicts:
		return "the unit is declared exact, but its samples differ"
	}
	return tooSmall{v.N1, v.N2, v.Tests, v.Alpha, v.smallestCorrected}.text()
}

// cannotShow reports whether this comparison could show no difference, whatever its values.
func (v *Versus) cannotShow() bool {
	// exact values have no test and need no samples
	return v.contradicts || v.Tests > 0 && v.smallestCorrected > v.Alpha
}

// contrary reports whether one median is greater than the other, and most quotients of values say the opposite.
// The values of a benchmark may lie in two groups, half of them in each. Then chance decides in which group a sample
// median lies, and the test can find the difference between two benchmarks all the same.
func (v *Versus) contrary() bool {
	m, shift := v.Ratio.Medians, v.Ratio.Shift
	return m > 1 && 0 < shift && shift < 1 || 0 < m && m < 1 && shift > 1
}

// A tooSmall is a pair of sample sizes that can show no difference in a family of tests.
type tooSmall struct {
	n1, n2, tests            int
	alpha, smallestCorrected float64
}

// tooSmallTexts caches the texts by tooSmall. A table of 100 000 rows has as many cells with the
// same one.
var tooSmallTexts sync.Map // from tooSmall to string

func (s tooSmall) text() string {
	if known, ok := tooSmallTexts.Load(s); ok {
		return known.(string)
	}
	need := 4
	for utest.SmallestP(need, need)*float64(max(1, s.tests)) > s.alpha {
		need++
	}
	text := fmt.Sprintf("n too small for %d comparisons: with %d and %d samples no corrected p "+
		"below %.2g is possible, take %d each (go test -count=%[5]d, semabench run -samples %[5]d)",
		s.tests, s.n1, s.n2, s.smallestCorrected, need)
	if p := utest.SmallestP(s.n1, s.n2); p > s.alpha {
		text = fmt.Sprintf("n too small: with %d and %d samples no p below %.2g is possible, "+
			"take %d each (go test -count=%[4]d, semabench run -samples %[4]d)", s.n1, s.n2, p, need)
	}
	tooSmallTexts.Store(s, text)
	return text
}

// Detectable returns the smallest ratio above 1 that these samples would have shown to be a
// difference, had one of them been that much greater in every value. It returns +Inf if the
// samples have no interval, and 1 if they are exact.
func (v *Versus) Detectable() float64 {
	switch {
	case v.Tests == 0:
		return 1
	case v.Ratio.Confidence == 0 || v.Ratio.Lo == 0:
		return math.Inf(1)
	}
	return v.Ratio.Shift / v.Ratio.Lo
}

// WhyUndecided returns what leaves the verdict open, or "" if the verdict is no open one.
func (v *Versus) WhyUndecided() string {
	if v.Verdict() != "undecided" {
		return ""
	}
	if why := v.WhyUnknown(); why != "" {
		return why
	}
	if v.Corrected <= v.Alpha && v.contrary() {
		return "the medians say one thing and the single values the other, as when the values lie in two groups"
	}
	if d := v.Detectable(); !math.IsInf(d, 0) {
		return "differences below " + differenceText(d) + " do not show in these samples"
	}
	if v.Ratio.Why != "" {
		return v.Ratio.Why
	}
	return "the interval is without bound"
}

// differenceText writes the ratio 1.07 as "7.0 %" and the ratio 3.1 as "×3.10".
func differenceText(ratio float64) string {
	if ratio < 2 {
		return format.Percent(ratio - 1)
	}
	return "×" + format.Ratio(ratio)
}

// setStandings fills in the standings of a row. Its p-values must be corrected before, and its
// intervals known.
//
// The best median is known from the same samples as everything else, so it may belong to a cell
// that is not the best. The row has a winner only if no interval leaves open that another cell is
// better by more than 5 %. Only then do the best cell and its ties serve the row.
func setStandings(cells []*Cell) {
	best := slices.IndexFunc(cells, func(c *Cell) bool { return c != nil && c.Standing == Best })
	if best < 0 {
		return
	}
	b := cells[best]
	lowest, decided := 1.0, false
	for _, c := range cells {
		if c == nil || c == b {
			continue
		}
		c.Standing, c.Why = standingOf(c)
		decided = decided || !c.VsBest.cannotShow()
		if c.Standing == Undecided {
			lowest = min(lowest, c.lowest())
		}
	}
	switch {
	case !decided:
		b.Why = "n too small to tell it from any other"
	case lowest == 0:
		b.Why = "another cell may be better"
	case lowest < 1/negligible:
		b.Why = "another cell may be better by up to " + differenceText(1/lowest)
	}
	b.Serves = b.Why == ""
	if allEqual := !slices.ContainsFunc(cells, func(c *Cell) bool {
		return c != nil && c != b && (c.Standing != Tie || c.VsBest.lo != 1 || c.VsBest.hi != 1)
	}); allEqual {
		b.Standing = Tie // all values are the same, zero for instance: there is no winner
	}
	for _, c := range cells {
		if c != nil && c != b {
			c.Serves = b.Serves && (c.Standing == Tie ||
				c.Standing == Worse && c.VsBest.most <= negligible)
		}
	}
}

// lowest returns how many times as bad as the best c is at least, 0 without an interval.
func (c *Cell) lowest() float64 {
	if c.VsBest.cannotShow() {
		return 0
	}
	return c.VsBest.least
}

// standingOf returns the standing of a cell that is not the best of its row.
func standingOf(c *Cell) (s Standing, why string) {
	switch v := c.VsBest; v.Verdict() {
	case "different":
		return Worse, ""
	case "tie":
		return Tie, ""
	default:
		return Undecided, v.WhyUndecided()
	}
}
