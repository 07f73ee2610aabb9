package draw

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/internal/format"
	"github.com/semabench/semabench/reports/internal/picture"
)

// A drawing is one of the pictures of a report.
//
// The SVG is a function, because Markdown needs only the names and the texts of pictures that
// WriteDir has written.
type drawing struct {
	kind string // "heat" is written to report-heat.svg
	name string // the name of the picture in headings
	alt  string // describes the picture for readers that do not see it
	svg  func() ([]byte, error)
}

// drawingKinds are the kinds of all drawings, whether or not a report has figures for them.
var drawingKinds = []string{"heat", "ratios", "scaling", "latency"}

// svgName returns the file name of a picture.
func svgName(prefix, kind string) string { return prefix + "-" + kind + ".svg" }

// newDrawings returns the drawings for which c has figures. It draws nothing yet.
//
// The numbers of all rows and charts are counted beyond what a picture holds, so that each says
// how many it leaves out.
func newDrawings(c *compare.Comparison) []drawing {
	var list []drawing
	if rows, total := heatRows(c, picture.MaxRows); total > 0 {
		list = append(list, heatDrawing(c, rows, total), forestDrawing(c, rows, total))
	}
	var scaling, latency chartList
	for _, t := range c.Tables {
		scaling.add(t.FirstScaling(picture.MaxCharts - len(scaling.charts)))
		latency.add(t.FirstPercentiles(picture.MaxCharts - len(latency.charts)))
	}
	if scaling.total > 0 {
		list = append(list, sheetDrawing(c, "scaling", "Scaling", scaling,
			"Medians, with bands for their 95 % intervals."))
	}
	if latency.total > 0 {
		list = append(list, sheetDrawing(
			c, "latency", "Latency percentiles", latency,
			"Medians over the samples of each percentile, with bands for their 95 % intervals; "+
				"less is "+
				"better.",
		))
	}
	return list
}

// A chartList holds the charts that a picture shows, and the number of all.
type chartList struct {
	charts []compare.Chart
	total  int
}

// add takes the two results of FirstScaling and FirstPercentiles as they are.
func (l *chartList) add(charts []compare.Chart, total int) {
	l.charts, l.total = append(l.charts, charts...), l.total+total
}

// write has the type of the other outputs of WriteDir. The comparison is unused: the closure has
// it already.
func (d drawing) write(w io.Writer, _ *compare.Comparison) error {
	svg, err := d.svg()
	if err != nil {
		return err
	}
	_, err = w.Write(svg)
	return err
}

// heatDrawing prepares the heat map.
//
// The description for screen readers has the answers too: a heat map cannot be heard.
func heatDrawing(c *compare.Comparison, rows []heatRow, total int) drawing {
	h := picture.Heat{Cols: rankedColumns(c), All: total, Head: picture.Head{
		Title: "Times worse than the best, by " + columnKind(c),
		Subtitle: ratiosOf(
			rows,
		) + ". 1.00 is the best of its row, ≈ within 5 % of it, ? undecided.",
		Note: warningNote(c),
	}}
	alt := fmt.Sprintf(
		"Heat map of %s by %s in %s: how many times worse than the best of its row each is.",
		plural.Of(total, "benchmark"), columnKind(c), ratiosOf(rows),
	)
	if c.Job() == compare.Changed {
		h.Head.Title = mapQuestion(c)
		h.Head.Subtitle = ratiosOf(rows) + ". ≈: within 5 % of no change. ?: undecided."
		h.Key = picture.HeatKey{Scale: "times worse than before", Best: "better", BestText: "−", Tie: "within 5 %"}
		alt = fmt.Sprintf("Heat map of %s in %s: how much each differs from %s in %s.",
			plural.Of(total, "benchmark"), ratiosOf(rows), c.Cols[0], c.Cols[1])
	}
	for _, r := range rows {
		row := picture.HeatRow{Label: r.label, Group: r.group}
		for _, cell := range r.cells {
			row.Cells = append(row.Cells, cell.picture())
		}
		h.Rows = append(h.Rows, row)
	}
	h.Desc = alt + answerText(c)
	return drawing{"heat", "Heat map", alt, h.SVG}
}

// forestDrawing prepares the ratios with their intervals.
//
// The picture exists beside the heat map because the map has no room for intervals, and a cell
// is undecided because its interval crosses 1.
func forestDrawing(c *compare.Comparison, rows []heatRow, total int) drawing {
	f := picture.Forest{
		Cols: rankedColumns(c),
		All:  total,
		X:    "times worse than the best of the row (logarithmic)",
		Head: picture.Head{
			Title:    "Ratios to the best, with corrected intervals",
			Subtitle: ratiosOf(rows) + ". The best of a row is at ×1.",
			Note:     warningNote(c),
		},
	}
	alt := fmt.Sprintf(
		"Ratio of each %s to the best of its row in %s, with corrected intervals, for %s.",
		columnKind(c), ratiosOf(rows), plural.Of(total, "benchmark"),
	)
	name, first := "Ratios with intervals", 0
	if c.Job() == compare.Changed {
		name, first = "Changes with intervals", 1
		f.Cols, f.X = c.Cols[1:], "times "+c.Cols[0]+" (logarithmic)"
		f.Head.Title = "Changes from " + c.Cols[0] + " to " + c.Cols[1] + ", with corrected intervals"
		f.Head.Subtitle = ratiosOf(rows) + ". ×1 is no change."
		alt = fmt.Sprintf("Change of %s from %s to %s in %s, with corrected intervals.",
			plural.Of(total, "benchmark"), c.Cols[0], c.Cols[1], ratiosOf(rows))
	}
	for _, r := range rows {
		row := picture.ForestRow{Label: r.label}
		for _, cell := range r.cells[first:] {
			row.Dots = append(row.Dots, picture.Dot{At: cell.ratio, Lo: cell.low, Hi: cell.high})
		}
		f.Rows = append(f.Rows, row)
	}
	f.Desc = alt + answerText(c)
	return drawing{"ratios", name, alt, f.SVG}
}

// sheetDrawing prepares a sheet of charts.
//
// The axes are named once each in the description. Twelve charts of one kind would otherwise
// repeat them.
func sheetDrawing(
	c *compare.Comparison, kind, name string, list chartList, how string,
) drawing {
	s := picture.Sheet{Names: c.Cols, All: list.total, Head: picture.Head{
		Title:    name + ", by " + columnKind(c),
		Subtitle: how,
		Note:     warningNote(c),
	}}
	var axes, titles []string
	for _, chart := range list.charts {
		p := sheetChart(chart)
		if axis := p.Y + " over " + p.X; !slices.Contains(axes, axis) {
			axes = append(axes, axis)
		}
		s.Charts, titles = append(s.Charts, p), append(titles, p.Title)
	}
	alt := fmt.Sprintf("%s by %s: %s, in %s", name, columnKind(c), strings.Join(axes, ", "),
		plural.Of(list.total, "chart"))
	s.Desc = alt + ": " + strings.Join(titles, "; ")
	return drawing{kind, name, alt, s.SVG}
}

// sheetChart converts a chart for package picture, which chooses its ticks by the room it has.
func sheetChart(c compare.Chart) picture.Chart {
	p := picture.Chart{
		Title: strings.TrimSpace(c.Table.ShortName() + " " + c.Title),
		X:     c.X, Y: c.Y, LogX: c.LogX, LogY: c.LogY, XTicks: c.XTicks,
		Format: func(v float64) string { return format.Axis(v, c.Unit) },
	}
	if p.Title == "" {
		p.Title = c.Table.Common
	}
	for _, l := range c.Lines {
		p.Lines = append(p.Lines, picture.Line(l))
	}
	return p
}
