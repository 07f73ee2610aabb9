package reports

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"strings"
)

// WriteMarkdown writes c for a pull request or a README: one table for each configuration in its
// primary unit, every cell against the best of its row, and the other units folded away.
func WriteMarkdown(w io.Writer, c *Comparison) error {
	out := bufio.NewWriter(w) // keeps the first error for Flush
	writeMarkdownHead(out, c)
	for _, t := range c.Tables {
		if len(t.Config) > 0 {
			fmt.Fprintf(out, "### %s\n\n", escapeMarkdown(t.heading()))
		}
		writeMarkdownUnit(out, t, t.Primary())
		if t.Common != "" {
			fmt.Fprintf(out, "<sub>all rows: %s</sub>\n\n", escapeMarkdown(t.Common))
		}
	}
	writeMarkdownLegend(out, c)
	writeMarkdownOthers(out, c)
	return out.Flush()
}

func writeMarkdownHead(w io.Writer, c *Comparison) {
	if warnings := c.warnings(); len(warnings) > 0 {
		fmt.Fprintln(w, "> [!WARNING]")
		for _, line := range warnings {
			text := strings.TrimLeft(line, " ")
			indent := line[:len(line)-len(text)]
			fmt.Fprintf(w, "> %s- %s\n", indent, escapeMarkdown(text))
		}
		fmt.Fprintln(w)
	}
	var facts []string
	for _, f := range c.Facts {
		facts = append(facts, escapeMarkdown(f.Key+": "+f.Value))
	}
	if len(facts) > 0 {
		fmt.Fprintf(w, "%s\n\n", strings.Join(facts, " · "))
	}
}

func writeMarkdownUnit(w io.Writer, t *Table, u *Unit) {
	head, rule := "| "+escapeMarkdown(u.Name)+" |", "| :-- |"
	for _, col := range t.Cols {
		head += " " + escapeMarkdown(col) + " |"
		rule += " --: |"
	}
	fmt.Fprintf(w, "%s\n%s\n", head, rule)
	for i, cells := range u.Cells {
		if !t.shows(u, i) {
			continue
		}
		line := "| " + escapeMarkdown(t.Rows[i].Shape) + " |"
		for _, c := range cells {
			line += " " + markdownCell(c, u) + " |"
		}
		fmt.Fprintln(w, line)
	}
	fmt.Fprintln(w)
}

func markdownCell(c *Cell, u *Unit) string {
	if c == nil {
		return "–"
	}
	value := measure(c.Summary.Center, u.Name) + " " + c.spread()
	ratio := ""
	if c.Ratio != 0 {
		ratio = " ×" + times(c.Ratio)
	}
	if c.VsBest != nil && c.VsBest.Ratio.Confidence > 0 {
		ratio += " " + times(c.VsBest.Ratio.Lo) + "–" + times(c.VsBest.Ratio.Hi)
	}
	switch c.Standing {
	case Best:
		if c.Why != "" {
			return "**" + value + "** ?"
		}
		return "**" + value + "**"
	case Tie:
		return value + " ≈"
	case Worse:
		if ratio == "" { // mostly something where the best has nothing at all
			ratio = " worse"
		}
		return value + ratio
	case Unknown:
		return value + ratio + " ?"
	}
	return value
}

func writeMarkdownLegend(w io.Writer, c *Comparison) {
	fmt.Fprintf(w, "Median ± 95 %% confidence interval (± ∞: fewer than 6 samples; ± ?: it holds "+
		"zero), %s in a cell. "+
		"**Bold**: best median of its row. ≈: a tie, not told apart from the best (corrected p > 0.05). "+
		"×1.42 1.38–1.45: that many times worse than the best, and the 95 %% interval of that ratio. "+
		"?: too few samples to tell. –: not measured. "+
		"%s\n\n", c.sampleCount(), c.caveat())
}

func writeMarkdownOthers(w io.Writer, c *Comparison) {
	for _, t := range c.Tables {
		if len(t.Others()) == 0 {
			continue
		}
		title := "Other units"
		if len(t.Config) > 0 {
			title += ", " + t.heading()
		}
		// HTML and not Markdown up to the empty line.
		fmt.Fprintf(w, "<details>\n<summary>%s</summary>\n\n", html.EscapeString(title))
		for _, u := range t.Others() {
			writeMarkdownUnit(w, t, u)
		}
		fmt.Fprintf(w, "</details>\n\n")
	}
}

// escapeMarkdown shows s as it is, in a table, a heading or a paragraph: what Markdown would take
// for its own gets a backslash, what HTML would, an entity.
func escapeMarkdown(s string) string {
	return markdownEscaper.Replace(s)
}

var markdownEscaper = strings.NewReplacer(
	`&`, "&amp;", `<`, "&lt;", `>`, "&gt;",
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `|`, `\|`, `~`, `\~`,
	`#`, `\#`, `@`, `&#64;`, `$`, `\$`,
)
