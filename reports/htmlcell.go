package reports

import (
	"fmt"
	"math"
	"strings"
)

// steps is the number of colours for “worse”. Each step is a factor of the square root of two, so
// equal distances in colour are equal distances in time; the last one takes all that is beyond.
const steps = 8

func heat(ratio float64) string {
	step := 1 + int(2*math.Log2(ratio))
	return fmt.Sprintf("h%d", max(1, min(steps, step)))
}

type legendEntry struct{ Class, Text string }

// Legend is what the colours of the page's cells mean.
func (*page) Legend() []legendEntry {
	entries := []legendEntry{{"best", "best"}, {"tie", "tie"}}
	for i := range steps {
		text := "to " + times(math.Pow(2, float64(i+1)/2)) + "×"
		switch i {
		case 0:
			text = "worse, up " + text
		case steps - 1:
			text = "beyond"
		}
		entries = append(entries, legendEntry{fmt.Sprintf("h%d", i+1), text})
	}
	return append(entries, legendEntry{"unknown", "? too few samples"},
		legendEntry{"none", "not measured"})
}

// A pageCell has a Class for its colour, but says all that matters in words too. It has two faces:
// how far it is from the best of its row, and what was measured.
type pageCell struct {
	Class         string
	Rel, Interval string // 2.31×, 2.25–2.38; of the best, what was measured
	Abs, Spread   string // 46.63ns, ± 2 %
}

var notMeasured = pageCell{Class: "none", Rel: "–", Abs: "–"}

func newPageCell(c *Cell, u *Unit) pageCell {
	if c == nil {
		return notMeasured
	}
	cell := pageCell{
		Rel: times(c.Ratio) + "×", Interval: c.VsBest.span(),
		Abs: measure(c.Summary.Center, u.Name), Spread: c.spread(),
	}
	if u.Exact {
		cell.Spread = ""
	}
	if c.Ratio == 0 { // mostly something where the best has nothing at all
		cell.Rel, cell.Interval = "", cell.Abs
	}
	cell.stand(c)
	return cell
}

// stand says in color and in words how c stands in its row.
func (p *pageCell) stand(c *Cell) {
	switch c.Standing {
	case Best:
		p.Class, p.Rel, p.Interval = "best", "best", p.Abs
		if c.Why != "" {
			p.Class, p.Rel = "unknown lowest", "best ?"
		}
	case Tie:
		p.Class, p.Rel = "tie", strings.TrimSpace(p.Rel+" tie")
	case Unknown:
		p.Class, p.Rel = "unknown", strings.TrimSpace(p.Rel+" ?")
	case Worse:
		p.Class = heat(c.Ratio)
		if c.Ratio == 0 {
			p.Class, p.Rel = fmt.Sprintf("h%d", steps), "worse"
		}
	default:
		p.Class, p.Rel, p.Interval = "plain", p.Abs, p.Spread
	}
}

// span is the interval of a ratio without brackets, or "".
func (v *Versus) span() string {
	if v == nil || v.Ratio.Confidence == 0 {
		return ""
	}
	return times(v.Ratio.Lo) + "–" + times(v.Ratio.Hi)
}

func overallCell(o Overall, center string) pageCell {
	cell := pageCell{Class: heat(o.Ratio), Rel: times(o.Ratio) + "×", Abs: center}
	switch {
	case o.Ratio == 0:
		return pageCell{Class: "none", Rel: "n/a", Interval: o.Why, Abs: center}
	case o.Unknown:
		cell.Class, cell.Interval = "unknown", "too few samples ?"
	case o.Ratio == 1:
		cell.Class, cell.Interval = "best", "always best"
	case o.Tied:
		cell.Class, cell.Interval = "tie", "tie in every row"
	}
	if o.Lowest && cell.Interval == "" {
		cell.Class, cell.Interval = cell.Class+" lowest", "lowest"
	}
	return cell
}

// A story is the whole of a cell, for its tooltip.
type story struct {
	N         int
	Lo, Hi    string
	P, Family string // corrected, and for how many tests
	Why       string
}

func newStory(c *Cell, u *Unit) story {
	s := story{N: len(c.Values), Lo: measure(c.Summary.Lo, u.Name), Hi: measure(c.Summary.Hi, u.Name)}
	if v := c.VsBest; v != nil && v.Tests > 0 {
		s.P, s.Family = fmt.Sprintf("%.3f", v.Corrected), plural(v.Tests, "test")
	}
	var why []string
	if c.Why != "" {
		why = append(why, c.Why)
	}
	for _, w := range c.Summary.Warnings {
		why = append(why, w.Error())
	}
	s.Why = strings.Join(why, "; ")
	return s
}

func percent(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*v)
}
