package reports

import (
	"math"
	"slices"
	"strings"
)

// maxCharts of a kind is what anybody looks at. maxPoints keeps tables with a row for each of
// thousands of numbers from becoming curves that nobody can read.
const (
	maxCharts = 48
	maxPoints = 4000
)

// A figure is a chart: numbers for the scripts, and the same in a table for whoever has none.
type figure struct {
	Number      int // in the data of the scripts
	Title, X, Y string
	Cols        []name
	Rows        []chartRow
}

// A chartBody is a section of them.
type chartBody struct {
	ID      string
	Figures []figure
}

type chartRow struct {
	X     string
	Cells []chartCell
}

type chartCell struct{ Value, Interval string }

// chartData is a chart for the scripts.
type chartData struct {
	X      string     `json:"x"`
	Y      string     `json:"y"`
	Symbol string     `json:"symbol"` // s, B or nothing
	Better int        `json:"better"`
	LogX   bool       `json:"logX"`
	LogY   bool       `json:"logY"`
	Ticks  []string   `json:"ticks"`
	Lines  []lineData `json:"lines"`
}

type lineData struct {
	Col int      `json:"col"` // of the comparison
	X   []number `json:"xs"`
	Y   []number `json:"ys"`
	Lo  []number `json:"lo"`
	Hi  []number `json:"hi"`
}

// charts adds the sections of curves.
func (a *assembly) charts() {
	var data []chartData
	add := func(id, title, intro string, charts []Chart, better func(Chart) int) {
		if len(charts) == 0 {
			return
		}
		p := a.chartPart(id, charts, &data, better)
		p.ID, p.Title, p.Intro = id, title, intro
		a.page.Sections = append(a.page.Sections, p)
	}
	add("scaling", "Scaling", "How the first unit of each table goes with the numbers in the names. A "+
		"band is the 95 % interval of the medians.", a.scaling(),
		func(c Chart) int { return c.Table.Primary().Better })
	add("percentiles", "Latency percentiles", "How long an operation took, from the median to the "+
		"unluckiest one. A band is the 95 % interval of the medians over all samples.",
		a.percentiles(), func(Chart) int { return -1 })
	if len(data) > 0 {
		a.block("charts", data, 0) // without it their tables are still there
	}
}

func (a *assembly) scaling() (charts []Chart) {
	for _, t := range a.c.Tables {
		if len(t.Rows) <= maxPoints {
			charts = append(charts, t.Scaling()...)
		}
	}
	return charts
}

func (a *assembly) percentiles() (charts []Chart) {
	for _, t := range a.c.Tables {
		if len(t.Rows) <= maxPoints {
			charts = append(charts, t.Percentiles()...)
		}
	}
	return charts
}

// chartPart renders the tables of charts, and adds to data what draws them.
func (a *assembly) chartPart(id string, charts []Chart, data *[]chartData,
	better func(Chart) int) part {
	shown, more := firstOf(charts, maxCharts)
	var figures []figure
	var mine []chartData
	for _, c := range shown {
		figures = append(figures, a.figure(c, len(*data)+len(mine)))
		mine = append(mine, a.chartData(c, better(c)))
	}
	before := a.left
	if !a.plot() {
		return part{Note: a.leave("Too large for this page: " + plural(len(charts), "chart"))}
	}
	p := a.part("charts", chartBody{id, figures})
	if p.Note != "" {
		a.left = before
		return p
	}
	*data = append(*data, mine...)
	if more > 0 {
		p.Note = a.leave("The first " + plural(maxCharts, "chart") + " are shown, " +
			plural(more, "chart") + " not")
	}
	return p
}

func (a *assembly) figure(c Chart, number int) figure {
	f := figure{Number: number, X: clipped(c.X), Y: clipped(c.Y), Title: figureTitle(a.c, c)}
	names := namesOf(a.c)
	for _, l := range c.Lines {
		f.Cols = append(f.Cols, names.one(l.Name))
	}
	for _, x := range places(c) {
		row := chartRow{X: c.place(x)}
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

func figureTitle(c *Comparison, chart Chart) string {
	words := []string{familyName(c, chart.Table), chart.Title}
	if len(c.Tables) == 1 && chart.Title != "" {
		words = words[1:]
	}
	return clipped(strings.TrimSpace(strings.Join(words, " ")))
}

// places are all x of a chart, ascending.
func places(c Chart) []float64 {
	var xs []float64
	for _, l := range c.Lines {
		xs = append(xs, l.X...)
	}
	slices.Sort(xs)
	return slices.Compact(xs)
}

// place names an x.
func (c Chart) place(x float64) string {
	if c.XTicks != nil {
		return c.XTicks[int(x)]
	}
	text, _ := number(x).MarshalJSON()
	return string(text)
}

func (a *assembly) chartData(c Chart, better int) chartData {
	d := chartData{X: clipped(c.X), Y: clipped(c.Y), Symbol: symbol(c.Unit), Better: better,
		LogX: c.LogX, LogY: c.LogY, Ticks: c.XTicks}
	for _, l := range c.Lines {
		d.Lines = append(d.Lines, lineData{slices.Index(a.c.Cols, l.Name), numbers(l.X), numbers(l.Y),
			numbers(l.Lo), numbers(l.Hi)})
	}
	return d
}

func numbers(values []float64) []number {
	list := make([]number, len(values))
	for i, v := range values {
		list[i] = number(v)
	}
	return list
}

// chartedUnits are those that the percentile charts show.
func (a *assembly) chartedUnits() (names []string) {
	for _, t := range a.c.Tables {
		for _, l := range t.ladders() {
			for _, s := range l.steps {
				names = append(names, s.unit.Name)
			}
		}
	}
	return names
}
