package draw

import (
	"math"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/page"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/internal/format"
)

// maxCharts is the number of charts of one kind that a reader looks at. maxPoints is the number
// of rows of a table beyond which its curves would be unreadable, and their data large.
const (
	maxCharts = 48
	maxPoints = 4000
)

// A curveFigure is a chart on the page: numbers for the scripts, and a table of the same numbers
// for readers without scripts.
//
// The curves and their axes come from package compare, and the SVG pictures draw the same ones.
// The ticks do not: the scripts choose them anew for each width and zoom of the window.
type curveFigure struct {
	Number      int // the index of the chart in the data of the scripts
	Title, X, Y string
	Cols        []columnName
	Rows        []chartRow
}

// A chartBody is the content of a section of charts.
type chartBody struct {
	ID      string
	Change  bool // relative values are times the old column
	Figures []curveFigure
}

// A chartRow is one x of a chart, with a cell for each line.
type chartRow struct {
	X     string
	Cells []chartCell
}

type chartCell struct{ Value, Interval string }

// chartData is a chart in the form that the scripts read.
//
// The names of the tags are read by chart.js. A field without a tag would reach the script under
// its Go name, and no error would tell.
type chartData struct {
	X      string     `json:"x"`
	Y      string     `json:"y"`
	Symbol string     `json:"symbol"` // "s", "B" or ""
	Better int        `json:"better"`
	LogX   bool       `json:"logX"`
	LogY   bool       `json:"logY"`
	Ticks  []string   `json:"ticks"`
	Lines  []lineData `json:"lines"`
}

type lineData struct {
	Col  int          `json:"col"`  // the index in orderedColumns
	Name string       `json:"name"` // for a column that is not in the heat map
	X    []jsonNumber `json:"xs"`
	Y    []jsonNumber `json:"ys"`
	Lo   []jsonNumber `json:"lo"`
	Hi   []jsonNumber `json:"hi"`
}

// addCharts adds the sections of curves, and one block with the data of all of them.
//
// Percentiles always improve downwards, whatever the text says of their units. The scaling
// charts follow the primary unit of each table, which may be a throughput.
func (a *pageBuilder) addCharts() {
	var data []chartData
	add := func(id, title, intro string, charts []compare.Chart, better func(compare.Chart) int) {
		if len(charts) == 0 {
			return
		}
		p := a.chartPart(id, charts, &data, better)
		p.ID, p.Title, p.Intro = id, title, intro
		a.page.Sections = append(a.page.Sections, p)
	}
	add(
		"scaling", "Scaling",
		"The first unit of each table over the numbers in the benchmark names. A "+
			"band is the 95 % interval of the medians.",
		a.scaling(), func(c compare.Chart) int { return c.Table.Primary().Better },
	)
	add("percentiles", "Latency percentiles", "How long an operation took, from the median to the "+
		"unluckiest one. A band is the 95 % interval of the medians over all samples.",
		a.percentiles(), func(compare.Chart) int { return -1 })
	if len(data) > 0 {
		// without the block, the tables of the charts are still on the page
		a.addBlock("charts", data, 0)
	}
}

// scaling returns the curves over numbers in names, without tables that are too long for curves.
//
// A table of 4000 rows has curves that cover each other. Its rows are in the heat map and in the
// exports.
func (a *pageBuilder) scaling() (charts []compare.Chart) {
	for _, t := range a.c.Tables {
		if len(t.Rows) <= maxPoints {
			charts = append(charts, t.Scaling()...)
		}
	}
	return charts
}

// percentiles returns the curves of latency percentiles, likewise.
func (a *pageBuilder) percentiles() (charts []compare.Chart) {
	for _, t := range a.c.Tables {
		if len(t.Rows) <= maxPoints {
			charts = append(charts, t.Percentiles()...)
		}
	}
	return charts
}

// chartPart renders the tables of charts, and appends the numbers that the scripts draw to data.
// better returns the direction of a chart in which values improve.
//
// The index of a figure continues over both sections, because all numbers are in one block. mine
// is added to data only after the part was placed; so an index on the page always has its
// numbers.
func (a *pageBuilder) chartPart(id string, charts []compare.Chart, data *[]chartData,
	better func(compare.Chart) int) part {
	shown, more := page.First(charts, maxCharts)
	var figures []curveFigure
	var mine []chartData
	for _, c := range shown {
		figures = append(figures, a.newFigure(c, len(*data)+len(mine)))
		mine = append(mine, a.chartData(c, better(c)))
	}
	before, had := a.left, a.hasPlots
	if !a.reservePlots() {
		return part{
			Note: a.leftOutNote("Too large for this page: " + plural.Of(len(charts), "chart")),
		}
	}
	p := a.renderPart("charts", chartBody{id, a.page.Job.Change, figures})
	if p.Note != "" {
		// Without the charts nothing needs uPlot. Its bytes are free again, and the page must not
		// carry it: later parts take the room.
		a.left, a.hasPlots = before, had
		return p
	}
	*data = append(*data, mine...)
	if more > 0 {
		p.Note = a.leftOutNote("The first " + plural.Of(maxCharts, "chart") + " are shown, " +
			plural.Of(more, "chart") + " not")
	}
	return p
}

// newFigure writes a chart as a table, with number as its index in the data.
//
// A line without a value at an x leaves its cell empty: columns may have been measured with
// different numbers of goroutines.
func (a *pageBuilder) newFigure(c compare.Chart, number int) curveFigure {
	f := curveFigure{Number: number, X: clipped(c.X), Y: clipped(c.Y), Title: figureTitle(a.c, c)}
	names := newColumnNames(a.c)
	for _, l := range c.Lines {
		f.Cols = append(f.Cols, names.one(l.Name))
	}
	for _, x := range chartXs(c) {
		row := chartRow{X: xText(c, x)}
		for _, l := range c.Lines {
			var cell chartCell
			if i := slices.Index(l.X, x); i >= 0 {
				cell.Value = c.Value(l.Y[i])
				if !math.IsNaN(l.Lo[i]) {
					cell.Interval = c.Value(l.Lo[i]) + "–" + c.Value(l.Hi[i])
				}
			}
			row.Cells = append(row.Cells, cell)
		}
		f.Rows = append(f.Rows, row)
	}
	return f
}

// figureTitle names a chart by its table and its title.
func figureTitle(c *compare.Comparison, chart compare.Chart) string {
	words := []string{tableName(c, chart.Table), chart.Title}
	if len(c.Tables) == 1 && chart.Title != "" {
		words = words[1:]
	}
	return clipped(strings.TrimSpace(strings.Join(words, " ")))
}

// chartXs returns all x values of a chart, ascending.
//
// The values were parsed from names, so lines that share the name of a point share its float
// exactly.
func chartXs(c compare.Chart) []float64 {
	var xs []float64
	for _, l := range c.Lines {
		xs = append(xs, l.X...)
	}
	slices.Sort(xs)
	return slices.Compact(xs)
}

// xText names an x value.
func xText(c compare.Chart, x float64) string {
	if c.XTicks != nil {
		return c.XTicks[int(x)]
	}
	text, _ := jsonNumber(x).MarshalJSON()
	return string(text)
}

// chartData converts a chart for the scripts.
//
// Col is the index in the comparison, from which the script derives the colour; lines of a chart
// may be fewer than columns.
func (a *pageBuilder) chartData(c compare.Chart, better int) chartData {
	d := chartData{X: clipped(c.X), Y: clipped(c.Y), Symbol: format.Symbol(c.Unit), Better: better,
		LogX: c.LogX, LogY: c.LogY, Ticks: c.XTicks}
	for _, l := range c.Lines {
		d.Lines = append(
			d.Lines,
			lineData{slices.Index(orderedColumns(a.c), l.Name), l.Name, jsonNumbers(l.X), jsonNumbers(l.Y),
				jsonNumbers(l.Lo), jsonNumbers(l.Hi)},
		)
	}
	return d
}

// jsonNumbers converts values for the scripts.
func jsonNumbers(values []float64) []jsonNumber {
	list := make([]jsonNumber, len(values))
	for i, v := range values {
		list[i] = jsonNumber(v)
	}
	return list
}

// chartedUnits returns the units that the percentile charts show. They need no table of their
// own.
func (a *pageBuilder) chartedUnits() (names []string) {
	for _, t := range a.c.Tables {
		names = append(names, t.PercentileUnits()...)
	}
	return names
}
