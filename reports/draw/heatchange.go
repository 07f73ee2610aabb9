package draw

import (
	"math"

	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/internal/format"
	"github.com/semabench/semabench/reports/internal/picture"
)

// This file has the cells of a comparison of an old and a new column. Such a comparison has no best:
// a reader asks how the new column differs. The old column shows its own values, and the new column
// their changes.

// newChangeCell decides how c is shown, whose counterpart in the old column is old; each may be nil.
//
// The verdict is the one of the answer above the map, so a row that the answer counts as slower is
// slower here. The colour of the best stands for a change for the better.
func newChangeCell(c, old *compare.Cell, u *compare.Unit) heatCell {
	if c == nil {
		return heatCell{}
	}
	h := heatCell{changes: true, cell: c, unit: u, kind: picture.Plain}
	v := c.VsBase
	if v == nil || old == nil {
		return h // the old column, or a row that only one of the two has
	}
	h.old, h.ratio = old, v.Ratio.Medians
	if v.Ratio.Confidence > 0 {
		h.low, h.high = v.Ratio.Lo, v.Ratio.Hi
	}
	switch v.Verdict() {
	case "tie":
		h.kind = picture.Tie
	case "undecided":
		h.kind = picture.Undecided
	case "different":
		switch up := c.Summary.Center > old.Summary.Center; {
		case u.Better == 0: // more or less, and neither is known to be better
		case up == (u.Better > 0):
			h.kind = picture.Best
		case h.ratio > 0:
			h.kind, h.shade = picture.Worse, picture.StepOf(max(h.ratio, 1/h.ratio))
		default:
			h.kind, h.shade = picture.Worse, shadeAboveZero(c.Summary.Center-old.Summary.Center, u.Name)
		}
	}
	return h
}

// signedChange returns a ratio as a change in percent, "+24.7 %", or as a factor from a doubling on, "×2.10".
// The answer above the map changes from percent to factors at the same size.
func signedChange(ratio float64) string {
	switch {
	case math.IsInf(ratio, 0):
		return "×∞"
	case ratio >= 2:
		return "×" + format.Ratio(ratio)
	case ratio < 1:
		return "−" + format.Percent(1-ratio)
	}
	return "+" + format.Percent(ratio-1)
}

// shortChange is short for a cell of the new column: "+24.7 %", "≈+0.2 %", "+3.1 %?".
func (h heatCell) shortChange() string {
	text := "from 0"
	switch {
	case h.ratio > 0:
		text = signedChange(h.ratio)
	case h.cell.Summary.Center == 0:
		text = "to 0"
	case h.old.Summary.Center != 0:
		text = "changed" // a median below zero has no percentages
	}
	switch h.kind {
	case picture.Tie:
		return "≈" + text
	case picture.Undecided:
		return text + "?"
	}
	return text
}

// changeInterval returns the interval of the change, "+22.9 % to +26.8 %", or "".
func (h heatCell) changeInterval() string {
	if h.low == 0 && h.high == 0 {
		return ""
	}
	return signedChange(h.low) + " to " + signedChange(h.high)
}

// changeWords returns the change with the word for its direction: "24.7 % slower", "×2.10 more".
func (h heatCell) changeWords() string {
	more, less := h.unit.Directions()
	word := less
	if h.cell.Summary.Center > h.old.Summary.Center {
		word = more
	}
	switch {
	case h.ratio >= 2:
		return signedChange(h.ratio) + " " + word
	case h.ratio > 0:
		return format.Percent(math.Abs(h.ratio-1)) + " " + word
	}
	return word
}

// newChangePageCell writes a cell of the new column in the two faces of a page cell.
//
// A change from or to zero has no size, so the two values stand in its place.
func newChangePageCell(h heatCell) pageCell {
	cell := pageCell{Abs: h.median(), Spread: h.spread(), Interval: h.changeInterval()}
	if h.unit.Exact {
		cell.Spread = ""
	}
	if cell.Interval == "" {
		cell.Interval = format.Value(h.old.Summary.Center, h.unit.Name) + " to " + cell.Abs
	}
	switch h.kind {
	case picture.Tie:
		cell.Class, cell.Rel = "tie", "within 5 %"
		if h.ratio == 1 && h.changeInterval() == "" || h.old.Summary.Center == h.cell.Summary.Center {
			cell.Rel, cell.Interval = "equal", cell.Abs
		}
	case picture.Undecided:
		cell.Class, cell.Rel = "unknown", "undecided ?"
		if h.ratio > 0 {
			cell.Rel = signedChange(h.ratio) + " ?"
		}
	case picture.Worse:
		cell.Class, cell.Rel = shadeClass(h.shade), h.changeWords()
	case picture.Best:
		cell.Class, cell.Rel = "best", h.changeWords()
	default:
		cell.Class, cell.Rel = "plain", h.changeWords()
	}
	return cell
}

// changeMeans returns the row of the geometric means. No test compares means, so they have no colour.
func changeMeans(u *compare.Unit, columns []int) []pageCell {
	list := make([]pageCell, len(columns))
	for i, p := range columns {
		list[i] = notMeasured
		if p < 0 {
			continue
		}
		g := u.Geomeans[p]
		cell := pageCell{Class: "plain", Abs: "–"}
		if g.Center != 0 {
			cell.Abs = format.Value(g.Center, u.Name)
		}
		cell.Rel = cell.Abs
		if g.VsBase > 0 {
			cell.Rel, cell.Interval = signedChange(g.VsBase), "in the mean"
		} else if p != u.Base {
			cell.Class, cell.Rel = "none", "n/a"
		}
		list[i] = cell
	}
	return list
}
