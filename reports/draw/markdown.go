package draw

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/internal/format"
	"github.com/semabench/semabench/reports/internal/picture"
)

// WriteMarkdown writes c for a pull request or a README, without pictures: the answers, one table
// for each configuration in its primary unit with every cell against the best of its row, and the
// other units folded.
func WriteMarkdown(w io.Writer, c *compare.Comparison) error { return Markdown{}.Write(w, c) }

// Markdown says how to write Markdown. The zero value writes as [WriteMarkdown] does.
//
// Pictures is a path and no folder of files to read: the Markdown may be shown on a server that
// has the pictures and not the results.
type Markdown struct {
	// Pictures is the path of the pictures that [WriteDir] has written, without -heat.svg and so
	// on. "" shows no pictures.
	Pictures string

	// Brief leaves out the tables. The answers, the noise floor, the machine and the pictures
	// remain.
	Brief bool
}

// Write writes c as Markdown.
//
// The heat map comes before the tables, because it is a summary of them.
func (m Markdown) Write(w io.Writer, c *compare.Comparison) error {
	out := bufio.NewWriter(w) // keeps the first error for Flush
	var drawings []drawing
	if m.Pictures != "" {
		drawings = newDrawings(c)
	}
	writeMarkdownHead(out, c)
	for _, d := range drawings {
		if d.kind == "heat" {
			m.writePicture(out, d)
		}
	}
	if m.Brief {
		m.writeFolded(out, drawings)
		return out.Flush()
	}
	for _, t := range c.Tables {
		if isRanking(c) {
			writeMarkdownRanking(out, c, t)
		}
		writeMarkdownTable(out, c, t)
	}
	writeMarkdownLegend(out, c)
	m.writeFolded(out, drawings)
	writeMarkdownOthers(out, c)
	return out.Flush()
}

// writePicture links one picture. url.URL escapes spaces and brackets of a path, which would end
// the link.
func (m Markdown) writePicture(w io.Writer, d drawing) {
	target := url.URL{Path: svgName(filepath.ToSlash(m.Pictures), d.kind)}
	fmt.Fprintf(w, "![%s](%s)\n\n", escape.Markdown(d.alt), target.String())
}

// writeFolded writes the larger pictures in elements that a reader has to open.
//
// The empty line after the summary is needed: without it GitHub takes what follows for HTML and
// shows the Markdown as text.
func (m Markdown) writeFolded(w io.Writer, drawings []drawing) {
	for _, d := range drawings {
		if d.kind == "heat" {
			continue
		}
		fmt.Fprintf(w, "<details>\n<summary>%s</summary>\n\n", html.EscapeString(d.name))
		m.writePicture(w, d)
		fmt.Fprintf(w, "</details>\n\n")
	}
}

// writeMarkdownHead begins with the warnings: no answer should be read without them.
//
// All text from the input goes through escape.Markdown: a benchmark named [x](y) must not become
// a link in a pull request.
func writeMarkdownHead(w io.Writer, c *compare.Comparison) {
	if warnings := warningLines(c); len(warnings) > 0 {
		fmt.Fprintln(w, "> [!WARNING]")
		for _, line := range warnings {
			text := strings.TrimLeft(line, " ")
			indent := line[:len(line)-len(text)]
			fmt.Fprintf(w, "> %s- %s\n", indent, escape.Markdown(text))
		}
		fmt.Fprintln(w)
	}
	list, left := tableAnswers(c)
	for _, a := range list {
		fmt.Fprintf(w, "- **%s**: %s\n", escape.Markdown(a.name), escape.Markdown(a.text))
	}
	if left > 0 {
		fmt.Fprintf(w, "- and %s more, see below\n", plural.Of(left, "table"))
	}
	if s := c.Requirement(); s != "" && len(list) > 0 {
		fmt.Fprintf(w, "\n(%s)\n", escape.Markdown(s))
	}
	noise := c.Noise()
	fmt.Fprintf(w, "\n%s\n\n", escape.Markdown(noise.String()))
	for _, warning := range noise.Warnings {
		fmt.Fprintf(w, "**Beware:** %s.\n\n", escape.Markdown(warning))
	}
	var facts []string
	for _, f := range c.Facts {
		facts = append(facts, escape.Markdown(f.Key+": "+f.Value))
	}
	if len(facts) > 0 {
		fmt.Fprintf(w, "%s\n\n", strings.Join(facts, " · "))
	}
}

// fewRows is the number of rows up to which a table is shown open.
const fewRows = 30

// writeMarkdownRanking writes the columns of t in the order of their means.
//
// The cells are escaped in place, which is safe because cells makes a new slice for each row.
func writeMarkdownRanking(w io.Writer, c *compare.Comparison, t *compare.Table) {
	rows, left := rankingRows(t)
	fmt.Fprintf(w, "| %s | %s |\n| :-- | --: | --: | :-- |\n",
		escape.Markdown(tableName(c, t)), strings.Join(rankingHead[1:], " | "))
	for _, r := range rows {
		cells := r.cells()
		for i := range cells {
			cells[i] = escape.Markdown(cells[i])
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
	fmt.Fprintf(w, "\n%s %s\n\n", rankingNote, andMore(left, "column"))
}

// writeMarkdownTable writes the primary unit of t.
//
// Beyond fewRows the table is folded and not cut: the figures stay searchable on the page.
func writeMarkdownTable(w io.Writer, c *compare.Comparison, t *compare.Table) {
	if len(t.Config) > 0 {
		fmt.Fprintf(w, "### %s\n\n", escape.Markdown(t.Heading()))
	}
	if len(t.Rows) > fewRows || isRanking(c) {
		fmt.Fprintf(w, "<details>\n<summary>%s</summary>\n\n", plural.Of(len(t.Rows), "row"))
		defer fmt.Fprint(w, "</details>\n\n")
	}
	writeMarkdownUnit(w, c.Job(), t, t.Primary())
	if t.Common != "" {
		fmt.Fprintf(w, "<sub>all rows: %s</sub>\n\n", escape.Markdown(t.Common))
	}
}

// writeMarkdownUnit writes the cells of t in the unit u.
//
// Rows that were not measured in u are left out. Cells that were not measured stay as a dash,
// since a row cannot lack a column in Markdown.
func writeMarkdownUnit(w io.Writer, job compare.Job, t *compare.Table, u *compare.Unit) {
	head, rule := "| "+escape.Markdown(u.Name)+" |", "| :-- |"
	for _, col := range t.Cols {
		head += " " + escape.Markdown(col) + " |"
		rule += " --: |"
	}
	fmt.Fprintf(w, "%s\n%s\n", head, rule)
	for i, cells := range u.Cells {
		if !t.ShowsRow(u, i) {
			continue
		}
		line := "| " + escape.Markdown(t.Rows[i].Shape) + " |"
		for col := range cells {
			line += " " + markdownCell(jobCell(job, cells, u, col)) + " |"
		}
		fmt.Fprintln(w, line)
	}
	fmt.Fprintln(w)
}

// markdownCell writes the value with its interval, then the ratio with its interval.
//
// Markdown has neither colours nor tooltips, so all that decides stands in the cell: bold for
// the best, a sign for a tie or a doubt, and both intervals.
func markdownCell(h heatCell) string {
	if h.kind == picture.Missing {
		return "–"
	}
	value := h.median() + " " + h.spread()
	if h.changes {
		return value + h.markdownChange()
	}
	ratio := ""
	if h.ratio != 0 {
		ratio = " ×" + format.Ratio(h.ratio)
	}
	if interval := h.interval(); interval != "" {
		ratio += " " + interval
	}
	switch {
	case h.best && h.kind == picture.Undecided:
		return "**" + value + "** ?"
	case h.best:
		return "**" + value + "**"
	case h.kind == picture.Tie:
		return value + ratio + " ≈"
	case h.kind == picture.Undecided:
		return value + ratio + " ?"
	case h.kind == picture.Worse:
		if ratio == "" { // no finite ratio: the best has nothing of the unit at all
			ratio = " worse"
		}
		return value + ratio
	}
	return value
}

// markdownChange returns the change of a cell of the new column after a space, bold if it is a verdict,
// or "".
func (h heatCell) markdownChange() string {
	if h.old == nil || h.kind == picture.Tie && h.old.Summary.Center == h.cell.Summary.Center {
		return ""
	}
	change := h.changeWords()
	switch h.kind {
	case picture.Tie:
		change += " ≈"
	case picture.Undecided:
		change += " ?"
	default:
		change = "**" + change + "**"
	}
	if interval := h.changeInterval(); interval != "" {
		change += " (" + interval + ")"
	}
	return ", " + change
}

// writeMarkdownLegend explains the notation of the cells.
//
// It stands once below the tables. The readers of a pull request may never have seen the
// notation.
func writeMarkdownLegend(w io.Writer, c *compare.Comparison) {
	if c.Job() == compare.Describe {
		fmt.Fprintf(w, "Median ± 95 %% confidence interval (± ∞: fewer than 6 samples; ± ?: it "+
			"holds zero), %s in a cell.\n\n", sampleCount(c))
		return
	}
	if c.Job() == compare.Changed {
		fmt.Fprintf(w, "Median ± 95 %% confidence interval (± ∞: fewer than 6 samples; ± ?: it holds "+
			"zero), %s in a cell. "+
			"In %s, the change from %s follows, and its interval, corrected like the verdict. "+
			"**Bold**: the two differ. ≈: the interval lies within 5 %% of no change. "+
			"?: undecided, the samples show neither. –: not measured. %s\n\n",
			sampleCount(c), escape.Markdown(c.Cols[1]), escape.Markdown(c.Cols[0]), caveat(c))
		return
	}
	fmt.Fprintf(w, "Median ± 95 %% confidence interval (± ∞: fewer than 6 samples; ± ?: it holds "+
		"zero), %s in a cell. "+
		"**Bold**: best median of its row. "+
		"×1.42 1.38–1.45: that many times worse than the best, and the interval of that ratio, "+
		"corrected like the verdict. "+
		"≈: a tie, the interval lies within 5 %% of the best. "+
		"?: undecided, the samples show neither a difference nor a tie. –: not measured. "+
		"%s\n\n", sampleCount(c), caveat(c))
}

// writeMarkdownOthers writes the other units of each table, folded.
func writeMarkdownOthers(w io.Writer, c *compare.Comparison) {
	for _, t := range c.Tables {
		if len(t.Others()) == 0 {
			continue
		}
		title := "Other units"
		if len(t.Config) > 0 {
			title += ", " + t.Heading()
		}
		// Up to the empty line this is HTML, and is escaped as HTML.
		fmt.Fprintf(w, "<details>\n<summary>%s</summary>\n\n", html.EscapeString(title))
		for _, u := range t.Others() {
			writeMarkdownUnit(w, c.Job(), t, u)
		}
		fmt.Fprintf(w, "</details>\n\n")
	}
}
