package draw

import (
	"math"
	"testing"
	"unicode/utf8"

	"github.com/semabench/semabench/reports/compare"
)

// A cell of the terminal has room for six characters.
func TestCellTextIsShort(t *testing.T) {
	for _, standing := range []compare.Standing{compare.Unranked, compare.Best, compare.Tie, compare.Worse, compare.Undecided} {
		for _, ratio := range []float64{0, 1, 9.994, 9.995, 99.96, 9999.4, 9999.6, 1e7, math.MaxFloat64} {
			c := &compare.Cell{Standing: standing, Ratio: ratio}
			if s := newHeatCell(c, &compare.Unit{}).short(); s == "" || utf8.RuneCountInString(s) > 6 {
				t.Errorf("%v %v: %q, want 1 to 6 characters", standing, ratio, s)
			}
		}
	}
}
