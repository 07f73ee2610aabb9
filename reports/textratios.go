package reports

import (
	"fmt"
	"io"
	"strings"
)

// writeRatios writes what benchstat does not say, below what it does: its table is known by heart.
func writeRatios(w io.Writer, c *Comparison) {
	begun := false
	for _, t := range c.Tables {
		heading := t.heading()
		for _, u := range t.Units {
			if !u.compares() {
				continue
			}
			if !begun {
				fmt.Fprintf(w, "\nRatios to the first column, with 95 %% intervals; p is corrected "+
					"(Holm, %s).\n", c.familyText())
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

// ratioWidth is that of "0.812 [0.794, 0.823] p=0.001 different".
const ratioWidth = 44

func writeUnitRatios(w io.Writer, t *Table, u *Unit) {
	label := width(u.Name)
	for _, r := range t.Rows {
		label = max(label, width(r.Name))
	}
	line := pad(u.Name, label)
	var cols []int
	for i, name := range t.Cols {
		if i != u.Base && u.measured(i) {
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
				text, any = c.VsBase.ratioLine(), true
			}
			line += "  " + pad(text, ratioWidth)
		}
		if any {
			fmt.Fprintln(w, strings.TrimRight(line, " "))
		}
	}
}

// text is the ratio, its interval and what follows: "0.812 [0.794, 0.823] p=0.001 different".
func (v *Versus) ratioLine() string {
	var parts []string
	if v.Ratio.Medians != 0 {
		parts = append(parts, preciseRatioText(v.Ratio.Medians))
	} else {
		parts = append(parts, "no ratio")
	}
	if s := v.Ratio.intervalText(); s != "" {
		parts = append(parts, s)
	}
	if v.Tests > 0 {
		parts = append(parts, fmt.Sprintf("p=%.3f", v.Corrected))
	}
	return strings.Join(append(parts, v.Verdict()), " ")
}

// interval is empty if the values are exact or have no ratio, and says so if they are too few.
func (r Ratio) intervalText() string {
	switch {
	case r.Confidence > 0:
		return "[" + preciseRatioText(r.Lo) + ", " + preciseRatioText(r.Hi) + "]"
	case r.Shift != 0:
		return "[0, ∞]"
	}
	return ""
}
