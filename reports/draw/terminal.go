package draw

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/rivo/uniseg"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/internal/page"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/internal/picture"
)

// A Terminal describes the terminal that a heat map is written to. The zero value is 80 columns
// wide and has no colours.
//
// Width and colours are given and not found out here: the command knows its terminal, and tests
// need the same output everywhere.
type Terminal struct {
	Width  int  // in columns; 0 means 80
	Colour bool // the terminal has the 256 colours of xterm
}

const (
	usualWidth   = 80
	terminalRows = 60 // one screen, and as much as a user scrolls back to
	narrowest    = 8  // width of a cell that holds "1234?" between spaces
	widestCell   = 12
	labelPercent = 45 // of the width, unless the columns leave more
)

// WriteHeat writes a summary of c: which column to use, how noisy the figures are, and a heat map
// of the ratios to the best of each row. Columns that do not fit the width continue in a second
// block below the first.
//
// Warnings come first: no answer should be read without them. One of three forms follows:
// figures for a single column, a ranking for very many, and else the map.
func (t Terminal) WriteHeat(w io.Writer, c *compare.Comparison) error {
	if t.Width < 1 {
		t.Width = usualWidth
	}
	out := bufio.NewWriter(w) // keeps the first error for Flush
	for _, line := range warningLines(c) {
		t.writeWrapped(out, "", line)
	}
	t.writeAnswers(out, c)
	t.writeNoise(out, c.Noise())
	rows, total := heatRows(c, terminalRows)
	switch {
	case c.Job() == compare.Describe:
		t.writeFigures(out, c)
	case isRanking(c):
		t.writeRankings(out, c)
	case total > 0:
		fmt.Fprintln(out)
		t.writeRatios(out, c, rows, total)
	}
	return out.Flush()
}

// writeRankings writes a ranking of the columns for each table.
//
// The map is left out and not folded, as a terminal cannot fold.
func (t Terminal) writeRankings(w io.Writer, c *compare.Comparison) {
	for _, table := range c.Tables {
		fmt.Fprintf(w, "\n%s\n", t.bold(tableName(c, table)))
		rows, left := rankingRows(table)
		lines := [][]string{rankingHead}
		for _, r := range rows {
			lines = append(lines, r.cells())
		}
		t.writeColumns(w, lines)
		if left > 0 {
			fmt.Fprintln(w, andMore(left, "column"))
		}
	}
	t.writeWrapped(w, "", rankingNote)
}

// writeFigures writes the medians of a comparison with a single column.
//
// The limit of rows is over all tables together: a hundred tables of ten rows are as much to
// scroll as one of a thousand.
func (t Terminal) writeFigures(w io.Writer, c *compare.Comparison) {
	left := terminalRows
	for _, table := range c.Tables {
		f := newFigureTable(table)
		fmt.Fprintln(w)
		if f.heading != "" {
			fmt.Fprintln(w, t.bold(f.heading))
		}
		shown, more := page.First(f.rows, left)
		left -= len(shown)
		lines := [][]string{append([]string{""}, f.units...)}
		t.writeColumns(w, append(lines, shown...))
		if more > 0 {
			fmt.Fprintln(w, andMore(more, "row"))
			break
		}
	}
	t.writeWrapped(w, "", fmt.Sprintf("Medians with 95 %% intervals, %s in a cell.",
		sampleCount(c)))
}

// writeColumns aligns lines in columns, and leaves out the columns that do not fit the width.
//
// The first two columns always remain. A unit that is cut off in the middle of a number would be
// worse than a missing one.
func (t Terminal) writeColumns(w io.Writer, lines [][]string) {
	var widths []int
	for _, line := range lines {
		for i, text := range line {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], uniseg.StringWidth(text))
		}
	}
	widths[0] = min(widths[0], max(10, t.Width*labelPercent/100))
	for _, line := range lines {
		out, used := fit(line[0], widths[0]), widths[0]
		for i, text := range line[1:] {
			if used += 2 + widths[i+1]; used > t.Width && i > 0 {
				break
			}
			out += "  " + fitRight(text, widths[i+1])
		}
		fmt.Fprintln(w, strings.TrimRight(out, " "))
	}
}

// writeAnswers writes one line for each table, with the names aligned.
//
// Names take at most 24 columns, and a longer one is cut: it would push every answer to the
// right edge.
func (t Terminal) writeAnswers(w io.Writer, c *compare.Comparison) {
	list, left := tableAnswers(c)
	names := 0
	for _, a := range list {
		names = max(names, min(24, uniseg.StringWidth(a.name)))
	}
	for _, a := range list {
		t.writeWrapped(w, t.bold(fit(a.name, names))+"  ", a.text)
	}
	if left > 0 {
		fmt.Fprintf(w, "and %s more\n", plural.Of(left, "table"))
	}
	if s := c.Requirement(); s != "" && len(list) > 0 {
		t.writeWrapped(w, "", "("+s+")")
	}
	if len(list) > 0 {
		fmt.Fprintln(w)
	}
}

func (t Terminal) writeNoise(w io.Writer, n compare.Noise) {
	t.writeWrapped(w, "", n.String())
	for _, warning := range n.Warnings {
		t.writeWrapped(w, "", "! "+warning)
	}
}

// A terminalTable is a heat map laid out for a width.
type terminalTable struct {
	Terminal
	cols []string
	rows []heatRow
	// the widths of the labels and the cells, and how many columns fit side by side
	label, cell, columnsPerBlock int
}

// writeRatios lays out the heat map and writes it in blocks of columns.
//
// The label may take up to 45 % of the width, and more if the columns leave it. If not even one
// column fits beside the label, the block has one column and exceeds the width: a terminal wraps
// it, and nothing is lost.
func (t Terminal) writeRatios(w io.Writer, c *compare.Comparison, rows []heatRow, total int) {
	g := terminalTable{
		Terminal: t,
		cols:     rankedColumns(c),
		rows:     rows,
		cell:     narrowest,
	}
	for _, r := range g.rows {
		g.label = max(g.label, uniseg.StringWidth(r.label))
	}
	for _, name := range g.cols {
		g.cell = max(g.cell, min(widestCell, uniseg.StringWidth(name)+2))
	}
	changes := c.Job() == compare.Changed
	if changes {
		g.cell = widestCell // for "1.539GiB/s" and "+24.7 %?"
	}
	g.label = min(g.label, max(10, t.Width*labelPercent/100, t.Width-g.cell*len(g.cols)))
	g.columnsPerBlock = max(1, (t.Width-g.label)/g.cell)
	t.writeWrapped(w, "", escape.Printable(mapQuestion(c))+", "+ratiosOf(g.rows)+".")
	for from := 0; from < len(g.cols); from += g.columnsPerBlock {
		if from > 0 {
			fmt.Fprintln(w)
		}
		g.write(w, from, min(from+g.columnsPerBlock, len(g.cols)))
	}
	legend := "1.00: best; ≈: a tie, within 5 % of the best; ?: undecided, the samples show neither; " +
		"·: not measured."
	if changes {
		legend = "+: more; −: less; ≈: the interval is within 5 %; ?: undecided, the samples show neither; " +
			"·: not measured."
	}
	if len(g.rows) < total {
		legend = fmt.Sprintf("The first %d of %d rows. ", len(g.rows), total) + legend
	}
	t.writeWrapped(w, "", legend)
}

// write writes one block of columns. An empty line separates tables, unless both have one row.
//
// The line is padded for alignment and then trimmed: a space at the end would wrap in a terminal
// of just that width, and shows up in diffs.
func (g terminalTable) write(w io.Writer, from, to int) {
	line := strings.Repeat(" ", g.label)
	for _, name := range g.cols[from:to] {
		line += " " + fitRight(name, g.cell-2) + " "
	}
	fmt.Fprintln(w, strings.TrimRight(line, " "))
	for i, r := range g.rows {
		if i > 0 && r.table != g.rows[i-1].table &&
			len(r.table.Rows)+len(g.rows[i-1].table.Rows) > 2 {
			fmt.Fprintln(w)
		}
		line := fit(r.label, g.label)
		for _, c := range r.cells[from:to] {
			line += " " + g.paint(c, fitRight(c.short(), g.cell-2)+" ")
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

// bold prints s in bold type.
// A terminal that shows no colours gets no escape codes at all, since the output may be a file.
func (t Terminal) bold(s string) string {
	if !t.Colour {
		return s
	}
	return "\x1b[1m" + s + reset
}

const reset = "\x1b[0m"

// A cellColours is a background and a text colour, from the 256 colours of xterm. Both are set,
// so the contrast does not depend on the theme of the terminal.
//
// The 16 basic colours would follow the theme, and a theme may make yellow on white of them.
type cellColours struct{ ground, text int }

const black, white = 16, 231

var (
	bestPaint      = cellColours{25, white}
	tiePaint       = cellColours{153, black}
	undecidedPaint = cellColours{250, black}
	worsePaints    = [picture.Steps]cellColours{
		{230, black}, {223, black}, {222, black}, {215, black},
		{208, black}, {166, black}, {130, white}, {88, white},
	}
)

// paint colours s as the cell c.
//
// The best is bold as well, so that it stands out on a terminal of few colours and for readers
// that confuse some colours.
func (t Terminal) paint(c heatCell, s string) string {
	if !t.Colour {
		return s
	}
	p, weight := cellColours{}, "0"
	switch c.kind {
	case picture.Best:
		p, weight = bestPaint, "1"
	case picture.Tie:
		p = tiePaint
	case picture.Undecided:
		p = undecidedPaint
	case picture.Worse:
		p = worsePaints[c.shade-1]
	default:
		return s
	}
	return fmt.Sprintf("\x1b[%s;38;5;%d;48;5;%dm%s%s", weight, p.text, p.ground, s, reset)
}

// fit cuts or pads s to a number of columns of the terminal. Wide characters take two columns.
func fit(s string, to int) string {
	s = cut(s, to)
	return s + strings.Repeat(" ", to-uniseg.StringWidth(s))
}

// fitRight is fit with the padding on the left.
func fitRight(s string, to int) string {
	s = cut(s, to)
	return strings.Repeat(" ", to-uniseg.StringWidth(s)) + s
}

// cut shortens s to a number of columns. It cuts between grapheme clusters: a letter keeps its
// accents.
//
// One column is reserved for the ellipsis, which marks that something is missing. A cluster of
// two columns that no longer fits leaves that column empty.
func cut(s string, to int) string {
	if uniseg.StringWidth(s) <= to {
		return s
	}
	kept, used := "", 1 // 1 for the ellipsis
	for clusters := uniseg.NewGraphemes(s); clusters.Next(); {
		if used += clusters.Width(); used > to {
			break
		}
		kept += clusters.Str()
	}
	return kept + "…"
}

// writeWrapped writes before and then text, broken between words. Further lines are indented by
// the width that it had before.
//
// The escape codes before it have no width, so they are removed to measure it. A word that is
// longer than a line stays whole.
func (t Terminal) writeWrapped(w io.Writer, before, text string) {
	indent := uniseg.StringWidth(strings.NewReplacer("\x1b[1m", "", reset, "").Replace(before))
	line, used := before, indent
	for i, word := range strings.Fields(text) {
		n := uniseg.StringWidth(word)
		switch {
		case i == 0:
		case used+1+n > t.Width:
			fmt.Fprintln(w, line)
			line, used = strings.Repeat(" ", indent), indent
		default:
			line, used = line+" ", used+1
		}
		line, used = line+word, used+n
	}
	fmt.Fprintln(w, line)
}
