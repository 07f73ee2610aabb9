package draw

import (
	"fmt"
	"io"
	"strings"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/internal/format"
)

// writeRatios writes the ratios in tables of their own. The tables above them keep the layout of
// benchstat, which readers know by heart.
func writeRatios(w io.Writer, c *compare.Comparison) {
	begun := false
	for _, t := range c.Tables {
		heading := t.Heading()
		for _, u := range t.Units {
			if !u.Compares() {
				continue
			}
			if !begun {
				fmt.Fprintf(
					w,
					"\nRatios to the first column, with 95 %% intervals; p is corrected "+
						"(Holm, %s).\n",
					familyText(c),
				)
				begun = true
			}
			if heading != "" {
				fmt.Fprintf(w, "\n%s", heading)
				heading = ""
			}
			writeUnitRatios(w, t, u)
		}
	}
}

// ratioWidth is the width of "0.812 [0.794, 0.823] p=0.001 different".
const ratioWidth = 44

// writeUnitRatios writes the ratios of one unit. The base column and rows without ratios are left
// out.
func writeUnitRatios(w io.Writer, t *compare.Table, u *compare.Unit) {
	label := width(escape.Printable(u.Name))
	for _, r := range t.Rows {
		label = max(label, width(r.Name))
	}
	line := pad(escape.Printable(u.Name), label)
	var cols []int
	for i, name := range t.Cols {
		if i != u.Base && u.Measured(i) {
			cols = append(cols, i)
			line += "  " + pad(name, ratioWidth)
		}
	}
	fmt.Fprintf(w, "\n%s\n", strings.TrimRight(line, " "))
	for i, cells := range u.Cells {
		line, any := pad(t.Rows[i].Name, label), false
		for _, col := range cols {
			text := ""
			if c := cells[col]; c != nil && c.VsBase != nil {
				text, any = ratioLine(c.VsBase), true
			}
			line += "  " + pad(text, ratioWidth)
		}
		if any {
			fmt.Fprintln(w, strings.TrimRight(line, " "))
		}
	}
}

// ratioLine returns the ratio, its interval, the corrected p and the verdict: "0.812 [0.794,
// 0.823] p=0.001 different".
func ratioLine(v *compare.Versus) string {
	var parts []string
	if v.Ratio.Medians != 0 {
		parts = append(parts, format.PreciseRatio(v.Ratio.Medians))
	} else {
		parts = append(parts, "no ratio")
	}
	if s := intervalText(v.Ratio); s != "" {
		parts = append(parts, s)
	}
	if v.Tests > 0 {
		parts = append(parts, pText(v.Corrected))
	}
	return strings.Join(append(parts, v.Verdict()), " ")
}

// pText returns a p-value with three digits. No p-value is zero, so "p=0.000" would be wrong.
func pText(p float64) string {
	if p < 0.0005 {
		return "p<0.001"
	}
	return fmt.Sprintf("p=%.3f", p)
}

// intervalText returns the interval in brackets. It returns "[0, ∞]" if the samples are too few,
// and "" if the values are exact or have no ratio.
func intervalText(r compare.Ratio) string {
	switch {
	case r.Confidence > 0:
		return "[" + format.PreciseRatio(r.Lo) + ", " + format.PreciseRatio(r.Hi) + "]"
	case r.Shift != 0:
		return "[0, ∞]"
	}
	return ""
}
