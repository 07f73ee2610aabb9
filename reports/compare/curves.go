package compare

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/semabench/semabench/reports/internal/format"
)

// A Chart is a family of curves in numbers: a drawing shows them, and so can a table. The curves
// are computed here once; the SVG pictures and the page draw them. The chart has one line for
// each column of the table that has a value.
//
// Ticks are not part of a chart. They depend on the space that the drawing has, and the page
// computes them anew whenever its reader zooms.
type Chart struct {
	Table      *Table
	Title      string // what the points of this chart share, and other charts of the table do not
	X, Y       string // labels of the axes
	Unit       string // of the values of Y
	LogX, LogY bool
	XTicks     []string // labels of the values 0, 1, 2 and so on of X; nil if X is a number
	Lines      []Line
}

// A Line holds the points of one column, with X ascending.
//
// The slices have one length. A column without a value at some X has no point there, and not a
// zero.
type Line struct {
	Name   string
	X, Y   []float64
	Lo, Hi []float64 // the 95 % interval of each median; NaN if the samples are too few
}

// minPoints is the smallest number of points that make a curve. Two are a straight line whatever
// the measurement is.
const minPoints = 3

// Scaling returns the primary unit of t as a function of each number in the names of the rows,
// such as goroutines=64. Each chart varies one number and fixes all other parts of the name.
func (t *Table) Scaling() []Chart {
	charts, _ := t.FirstScaling(math.MaxInt)
	return charts
}

// FirstScaling returns the first charts of [Table.Scaling], at most most of them, and the number
// of all. A table of 100 000 rows has tens of thousands, and a reader looks at ten.
//
// Charts beyond most are counted without being made. The count is of groups with enough rows, so
// it may exceed the number of charts by groups in which no column has a value.
func (t *Table) FirstScaling(most int) (charts []Chart, total int) {
	u := t.Primary()
	for _, key := range t.numericKeys() {
		for _, g := range t.seriesOver(key) {
			if len(g.rows) < minPoints {
				continue
			}
			if len(charts) >= most {
				total++
				continue
			}
			c := Chart{Table: t, Title: g.title, X: key, Y: u.Name, Unit: u.Name}
			for col := range t.Cols {
				c.addLine(t.Cols[col], u, g.rows, col)
			}
			if len(c.Lines) > 0 {
				charts, total = append(charts, c.withLogAxes()), total+1
			}
		}
	}
	return charts, total
}

// numericKeys returns the keys of row names that have numbers as values, in order of appearance.
func (t *Table) numericKeys() []string {
	var keys []string
	for _, row := range t.Rows {
		for _, p := range nameParts(row.Name) {
			key, _, ok := numericPart(p)
			if ok && !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// numericPart splits /goroutines=64, /hold=10µs and the suffix -2 that stands for GOMAXPROCS.
//
// A plain number wins over a duration: “0” is both. NaN and infinity parse as floats and have no
// place on an axis.
func numericPart(part string) (key string, value float64, ok bool) {
	key, text, ok := strings.Cut(partText(part), "=")
	if !ok {
		return "", 0, false
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil {
		var d time.Duration
		d, err = time.ParseDuration(text)
		value = d.Seconds()
	}
	return key, value, err == nil && !math.IsNaN(value) && !math.IsInf(value, 0)
}

// A rowSeries is a set of rows that differ in one number only.
type rowSeries struct {
	title string
	rows  []rowPoint
}

// A rowPoint is the index of a row and its number.
type rowPoint struct {
	row int
	x   float64
}

// seriesOver groups the rows of t that have a number for key. If two rows have the same number,
// as 1ms and 1000µs, the first one counts.
//
// All parts of a name but one must be equal, and the map finds the group by them. Comparing each
// row with each group would be quadratic in the rows.
func (t *Table) seriesOver(key string) []*rowSeries {
	var list []*rowSeries
	byRest := make(map[string]*rowSeries) // a table may have a series for every few rows
	for i, row := range t.Rows {
		x, others, ok := cutNumber(nameParts(row.Name), key)
		if !ok {
			continue
		}
		rest := strings.Join(others, "")
		s := byRest[rest]
		if s == nil {
			_, title, _ := cutNumber(strings.Fields(row.Shape), key)
			s = &rowSeries{title: strings.Join(title, " ")}
			byRest[rest], list = s, append(list, s)
		}
		s.rows = append(s.rows, rowPoint{i, x})
	}
	for _, s := range list {
		slices.SortStableFunc(s.rows, func(a, b rowPoint) int { return cmp.Compare(a.x, b.x) })
		s.rows = slices.CompactFunc(s.rows, func(a, b rowPoint) bool { return a.x == b.x })
	}
	return list
}

// cutNumber removes the first number of key from the parts of a name.
//
// Only the first is removed: a name may have a key twice, and the second one then tells rows
// apart.
func cutNumber(parts []string, key string) (x float64, rest []string, ok bool) {
	for _, p := range parts {
		if k, v, numeric := numericPart(p); numeric && k == key && !ok {
			x, ok = v, true
			continue
		}
		rest = append(rest, p)
	}
	return x, rest, ok
}

// percentileUnit splits acquire-p99.9-sec into acquire, p99.9 and sec.
var percentileUnit = regexp.MustCompile(`^(.+)-(p\d+(?:\.\d+)?|max)-(.+)$`)

// A percentileSet is a set of units that are percentiles of one quantity, ascending.
type percentileSet struct {
	name        string // "acquire"
	unit        string // "sec"
	percentiles []percentile
}

// A percentile is one unit of a percentileSet. The maximum has the order +Inf.
type percentile struct {
	name  string // "p99.9"
	order float64
	unit  *Unit
}

// Percentiles returns a chart for each row of t that has percentiles of some quantity: units with
// names such as acquire-p50-ns, acquire-p99.9-ns and acquire-max-ns.
func (t *Table) Percentiles() []Chart {
	charts, _ := t.FirstPercentiles(math.MaxInt)
	return charts
}

// FirstPercentiles returns the first charts of [Table.Percentiles], at most most of them, and the
// number of all.
func (t *Table) FirstPercentiles(most int) (charts []Chart, total int) {
	for _, l := range t.percentileSets() {
		for i, row := range t.Rows {
			if len(charts) >= most {
				total++
				continue
			}
			c := Chart{Table: t, Title: row.Shape, X: "percentile of " + l.name,
				Y: l.name + " " + l.unit, Unit: l.unit}
			for _, s := range l.percentiles {
				c.XTicks = append(c.XTicks, s.name)
			}
			for col, name := range t.Cols {
				c.addPercentiles(name, l, i, col)
			}
			if len(c.Lines) > 0 {
				charts, total = append(charts, c.withLogAxes()), total+1
			}
		}
	}
	return charts, total
}

// PercentileUnits returns the names of the units that the charts of [Table.Percentiles] show.
func (t *Table) PercentileUnits() (names []string) {
	for _, set := range t.percentileSets() {
		for _, p := range set.percentiles {
			names = append(names, p.unit.Name)
		}
	}
	return names
}

// percentileSets returns the sets of at least minPoints percentiles.
//
// Fewer than minPoints percentiles are no curve. They stay among the units, since
// PercentileUnits does not name them.
func (t *Table) percentileSets() []*percentileSet {
	var list []*percentileSet
	for _, u := range t.Units {
		m := percentileUnit.FindStringSubmatch(u.Name)
		if m == nil {
			continue
		}
		order := math.Inf(1)
		if p, ok := strings.CutPrefix(m[2], "p"); ok {
			order, _ = strconv.ParseFloat(p, 64) // the expression lets only digits through
		}
		at := slices.IndexFunc(
			list, func(l *percentileSet) bool { return l.name == m[1] && l.unit == m[3] },
		)
		if at < 0 {
			at, list = len(list), append(list, &percentileSet{name: m[1], unit: m[3]})
		}
		list[at].percentiles = append(list[at].percentiles, percentile{m[2], order, u})
	}
	for _, l := range list {
		slices.SortStableFunc(
			l.percentiles, func(a, b percentile) int { return cmp.Compare(a.order, b.order) },
		)
	}
	return slices.DeleteFunc(
		list, func(l *percentileSet) bool { return len(l.percentiles) < minPoints },
	)
}

// addLine adds the line of one column over the numbers of rows. addPercentiles does it over the
// percentiles of one row.
func (c *Chart) addLine(name string, u *Unit, rows []rowPoint, col int) {
	l := Line{Name: name}
	for _, p := range rows {
		l.appendPoint(p.x, u.Cells[p.row][col])
	}
	c.appendLine(l)
}

func (c *Chart) addPercentiles(name string, of *percentileSet, row, col int) {
	l := Line{Name: name}
	for i, s := range of.percentiles {
		l.appendPoint(float64(i), s.unit.Cells[row][col])
	}
	c.appendLine(l)
}

// appendLine leaves out a column without any point, which would be a name in the legend and
// nothing else.
func (c *Chart) appendLine(l Line) {
	if len(l.X) > 0 {
		c.Lines = append(c.Lines, l)
	}
}

// appendPoint adds the median of a cell. An infinite bound becomes NaN, which a drawing leaves
// out; it could not draw the other to the edge without claiming that it ends there.
func (l *Line) appendPoint(x float64, cell *Cell) {
	if cell == nil {
		return
	}
	s := cell.Summary
	lo, hi := s.Lo, s.Hi
	// the interval is unbounded: the samples are too few
	if math.IsInf(lo, 0) || math.IsInf(hi, 0) {
		lo, hi = math.NaN(), math.NaN()
	}
	l.X, l.Y = append(l.X, x), append(l.Y, s.Center)
	l.Lo, l.Hi = append(l.Lo, lo), append(l.Hi, hi)
}

// logAxisFrom is the quotient of the greatest and the smallest value from which an axis is
// logarithmic. For less, a logarithm would bend a curve without need.
const logAxisFrom = 8

// withLogAxes decides which axes of c are logarithmic. A named axis never is.
//
// It is decided from the values and not from the unit, and the same way for picture and page.
func (c Chart) withLogAxes() Chart {
	var xs, ys []float64
	for _, l := range c.Lines {
		xs, ys = append(xs, l.X...), append(ys, l.Y...)
	}
	c.LogX = c.XTicks == nil && spansDecades(xs)
	c.LogY = spansDecades(ys)
	return c
}

// spansDecades reports whether values ask for a logarithmic axis.
func spansDecades(values []float64) bool {
	low, high := slices.Min(values), slices.Max(values)
	return low > 0 && high/low >= logAxisFrom
}

// Value formats a value of the y axis with its unit.
func (c Chart) Value(y float64) string { return format.Value(y, c.Unit) }

// String names the chart: the table, the title and the axes.
func (c Chart) String() string {
	return strings.Join(slices.DeleteFunc([]string{c.Table.Heading(), c.Title,
		fmt.Sprintf("%s over %s", c.Y, c.X)}, func(s string) bool { return s == "" }), ", ")
}
