package reports

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
)

// A heatTable is one unit of several tables, in groups: the columns are those of the comparison, so
// that one colour and one place mean one column all over the page.
type heatTable struct {
	ID, Caption string
	Cols        []columnName
	Groups      []heatGroup
	Abs         bool   // a cell shows first what was measured
	Common      string // what is the same in all rows of all groups
}

// A heatGroup is one table of the comparison.
type heatGroup struct {
	ID, Heading, Common string
	Rows                []heatRow
	Mean                *heatRow // over all rows, shown or not
	More                int      // rows that are not on the page
}

type heatRow struct {
	Label string
	Cells []pageCell
}

// Span is how wide the heading of a group is.
func (t heatTable) Span() int { return len(t.Cols) + 1 }

// Fits reports whether so few columns need no scroller, on a telephone either.
func (t heatTable) Fits() bool { return len(t.Cols) <= 4 }

func tableID(i int) string { return fmt.Sprintf("table-%d", i+1) }

func headings(c *Comparison) []columnName {
	var list []columnName
	for i, col := range c.Cols {
		list = append(list, columnName{clipped(col), colorClass(i)})
	}
	return list
}

// A unitOf finds the unit to show of a table, or nil.
type unitSelector func(t *Table) *Unit

func unitByName(unit string) unitSelector {
	return func(t *Table) *Unit {
		i := slices.IndexFunc(t.Units, func(u *Unit) bool { return u.Name == unit })
		if i < 0 {
			return nil
		}
		return t.Units[i]
	}
}

// shownRows are those that are on the page: the first few of each table.
type pageRows struct {
	c    *Comparison
	rows []int // by table
}

func (s pageRows) missing() int {
	n := 0
	for i, t := range s.c.Tables {
		n += len(t.Rows) - s.rows[i]
	}
	return n
}

func (s pageRows) cellCount() int {
	n := 0
	for i, t := range s.c.Tables {
		n += s.rows[i] * len(t.Cols)
	}
	return n
}

// heat shows as many rows as there is room for. Of what is left it takes the greater part only: a
// map without any chart, tooltip or price would be less useful than one without its last rows.
func (a *pageBuilder) addHeatMap() pageRows {
	shown := pageRows{a.c, make([]int, len(a.c.Tables))}
	left := a.left * 4 / 5
	columns := 0
	for _, col := range a.c.Cols {
		columns += len(template.HTMLEscapeString(clipped(col))) + headBytes
	}
	left -= columns
	for i, t := range a.c.Tables {
		if left -= groupBytes + len(template.HTMLEscapeString(t.heading()+t.Common)) +
			len(a.c.Cols)*cellBytes; left < 0 {
			break
		}
		for _, r := range t.Rows {
			left -= rowBytes + len(template.HTMLEscapeString(r.Shape)) + len(a.c.Cols)*cellBytes
			if left < 0 {
				break
			}
			shown.rows[i]++
		}
	}
	table := newHeatTable(shown, (*Table).Primary)
	table.ID = "heat"
	table.Caption = caption(a.c, (*Table).Primary)
	a.page.Heat = a.renderPart("heat", table)
	a.page.Controls.Cols = table.Cols
	if n := shown.missing(); n > 0 {
		a.page.LeftOut = append(a.page.LeftOut,
			a.leftOutNote(plural(n, "row")+" would make this page too large"))
	}
	return shown
}

// What the markup takes without names, with some to spare.
const (
	headBytes  = 80
	groupBytes = 300
	rowBytes   = 40
	cellBytes  = 52
)

func newHeatTable(shown pageRows, unit unitSelector) heatTable {
	table := heatTable{Cols: headings(shown.c), Common: sharedParts(shown.c)}
	for i, t := range shown.c.Tables {
		u := unit(t)
		if u == nil || shown.rows[i] == 0 {
			continue
		}
		g := heatGroup{ID: tableID(i), Heading: tableName(shown.c, t), Common: ownNameParts(t, table.Common),
			More: len(t.Rows) - shown.rows[i]}
		place := columnIndexes(shown.c, t)
		for r := range shown.rows[i] {
			if t.showsRow(u, r) {
				g.Rows = append(g.Rows, heatRow{t.Rows[r].Shape, pageCells(u.Cells[r], u, place)})
			}
		}
		if t.hasMean() {
			g.Mean = &heatRow{"geometric mean", overallCells(u, place)}
		}
		table.Groups = append(table.Groups, g)
	}
	return table
}

// hasMean reports whether a group shows a geometric mean: of one row it is that row, and without any
// ratio there is none.
func (t *Table) hasMean() bool {
	return len(t.Rows) > 1 &&
		slices.ContainsFunc(t.Primary().Overall, func(o Overall) bool { return o.Ratio != 0 })
}

// sharedParts are the parts of the names that all rows of all tables have.
func sharedParts(c *Comparison) string {
	shared := strings.Fields(c.Tables[0].Common)
	for _, t := range c.Tables {
		have := strings.Fields(t.Common)
		shared = slices.DeleteFunc(shared, func(p string) bool { return !slices.Contains(have, p) })
	}
	return clipped(strings.Join(shared, " "))
}

// unsaid are the parts of the names of t that neither its heading nor the caption has.
func ownNameParts(t *Table, said string) string {
	parts := slices.DeleteFunc(strings.Fields(t.Common), func(p string) bool {
		inHeading := func(f Fact) bool { return p == f.Key+"="+f.Value }
		return slices.ContainsFunc(t.Config, inHeading) || slices.Contains(strings.Fields(said), p)
	})
	return clipped(strings.Join(parts, " "))
}

// columnPlaces says for each column of the comparison which it is of t; -1 for none.
func columnIndexes(c *Comparison, t *Table) []int {
	places := make([]int, len(c.Cols))
	for i, col := range c.Cols {
		places[i] = slices.Index(t.Cols, col)
	}
	return places
}

func pageCells(cells []*Cell, u *Unit, places []int) []pageCell {
	list := make([]pageCell, len(places))
	for i, p := range places {
		list[i] = notMeasured
		if p >= 0 {
			list[i] = newPageCell(cells[p], u)
		}
	}
	return list
}

func overallCells(u *Unit, places []int) []pageCell {
	list := make([]pageCell, len(places))
	for i, p := range places {
		list[i] = notMeasured
		if p >= 0 {
			center := "–"
			if g := u.Geomeans[p].Center; g != 0 {
				center = valueText(g, u.Name)
			}
			list[i] = overallCell(u.Overall[p], center)
		}
	}
	return list
}

// caption says what the numbers are.
func caption(c *Comparison, unit unitSelector) string {
	said, name := "", ""
	for _, t := range c.Tables {
		u := unit(t)
		if u == nil {
			continue
		}
		text := clipped(printable(u.Name)) + ", " + direction(u)
		if name != "" && name != u.Name {
			return "the first unit of each table; times worse than the best of the row"
		}
		said, name = text, u.Name
	}
	return said
}

func direction(u *Unit) string {
	switch u.Better {
	case 0:
		return "median; the text does not say whether more is better"
	case 1:
		return "more is better"
	}
	return "less is better"
}

// steps is the number of colours for “worse”. Each step is a factor of the square root of two, so
// equal distances in colour are equal distances in time; the last one takes all that is beyond.
const heatSteps = 8

func heatClass(ratio float64) string {
	step := 1 + int(2*math.Log2(ratio))
	return fmt.Sprintf("h%d", max(1, min(heatSteps, step)))
}

type legendEntry struct{ Class, Text string }

// Legend is what the colours of the page's cells mean.
func (*page) Legend() []legendEntry {
	entries := []legendEntry{{"best", "best"}, {"tie", "tie"}}
	for i := range heatSteps {
		text := "to " + ratioText(math.Pow(2, float64(i+1)/2)) + "×"
		switch i {
		case 0:
			text = "worse, up " + text
		case heatSteps - 1:
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
		Rel: ratioText(c.Ratio) + "×", Interval: c.VsBest.span(),
		Abs: valueText(c.Summary.Center, u.Name), Spread: c.spread(),
	}
	if u.Exact {
		cell.Spread = ""
	}
	if c.Ratio == 0 { // mostly something where the best has nothing at all
		cell.Rel, cell.Interval = "", cell.Abs
	}
	cell.setStanding(c)
	return cell
}

// stand says in color and in words how c stands in its row.
func (p *pageCell) setStanding(c *Cell) {
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
		p.Class = heatClass(c.Ratio)
		if c.Ratio == 0 {
			p.Class, p.Rel = fmt.Sprintf("h%d", heatSteps), "worse"
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
	return ratioText(v.Ratio.Lo) + "–" + ratioText(v.Ratio.Hi)
}

func overallCell(o Overall, center string) pageCell {
	cell := pageCell{Class: heatClass(o.Ratio), Rel: ratioText(o.Ratio) + "×", Abs: center}
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
type tooltip struct {
	N         int
	Lo, Hi    string
	P, Family string // corrected, and for how many tests
	Why       string
}

func newTooltip(c *Cell, u *Unit) tooltip {
	s := tooltip{N: len(c.Values), Lo: valueText(c.Summary.Lo, u.Name), Hi: valueText(c.Summary.Hi, u.Name)}
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
