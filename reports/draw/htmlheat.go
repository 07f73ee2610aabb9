package draw

import (
	"fmt"
	"hash/fnv"
	"html/template"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/internal/format"
	"github.com/semabench/semabench/reports/internal/picture"
)

// A heatTable is one unit of several tables, in groups. Its columns are the columns of the
// comparison, so that one colour and one place mean one column on the whole page.
//
// A table that lacks a column shows empty cells there. The alternative, columns of its own for
// each table, would move one implementation from place to place while a reader scrolls.
type heatTable struct {
	ID, Caption string
	Cols        []columnName
	Groups      []heatGroup
	Change      bool   // it compares an old and a new column
	Abs         bool   // cells show the measured value first, and not the ratio
	Common      string // the parts of the names that all rows of all groups share
}

// A heatGroup is one table of the comparison.
//
// More counts the rows that do not fit, while Mean is over all of them: a mean of the shown rows
// would change with the size of the page.
type heatGroup struct {
	ID, Heading, Common string
	Rows                []heatGroupRow
	Mean                *heatGroupRow // over all rows, including rows that are not on the page
	More                int           // the number of rows that are not on the page
}

// A heatGroupRow is one row of a group.
type heatGroupRow struct {
	ID    string // the anchor of the row; "" outside of the heat map
	Label string
	Cells []pageCell
}

// Span returns the number of columns that the heading of a group spans.
func (t heatTable) Span() int { return len(t.Cols) + 1 }

// Fits reports whether the table fits a telephone without scrolling.
func (t heatTable) Fits() bool { return len(t.Cols) <= 4 }

// Wide says whether the table may be wider than the text of the page, and whether its cells are narrow: so a
// laptop shows 16 columns without scrolling.
func (t heatTable) Wide() string {
	switch n := len(t.Cols); {
	case n >= compare.ManyColumns:
		return " wide dense"
	case n > 8:
		return " wide"
	}
	return ""
}

// headings returns the columns of c with their colours.
func headings(c *compare.Comparison) []columnName {
	var list []columnName
	for i, col := range pageColumns(c) {
		list = append(list, columnName{clipped(col), colorClass(i)})
	}
	return list
}

// A unitSelector returns the unit of a table to show, or nil.
type unitSelector func(t *compare.Table) *compare.Unit

// unitByName selects the unit with the given name.
func unitByName(unit string) unitSelector {
	return func(t *compare.Table) *compare.Unit {
		i := slices.IndexFunc(t.Units, func(u *compare.Unit) bool { return u.Name == unit })
		if i < 0 {
			return nil
		}
		return t.Units[i]
	}
}

// pageRows says how many rows of each table are on the page: the first ones.
// The number is decided once, in addHeatMap, and everything else follows it: the data of the
// scripts must have as many rows as the table.
type pageRows struct {
	c    *compare.Comparison
	rows []int // by table
}

// missing returns the number of rows that found no room in the heat map.
func (s pageRows) missing() int {
	n := 0
	for i, t := range s.c.Tables {
		if !standsAlone(s.c, t) {
			n += len(t.Rows) - s.rows[i]
		}
	}
	return n
}

// cellCount returns the number of cells on the page, measured or not.
func (s pageRows) cellCount() int {
	n := 0
	for i, t := range s.c.Tables {
		n += s.rows[i] * len(t.Cols)
	}
	return n
}

// addHeatMap adds as many rows as there is room for, but takes at most four fifths of the room. A
// map without any chart, tooltip or price would be less useful than one without its last rows.
//
// The number of rows is found by adding up sizes and not by rendering: rendering row by row
// would execute the template thousands of times. The parts are rendered once, and renderPart
// measures what came out.
//
// Names are measured after escaping, because a quote is five times as long in HTML.
func (a *pageBuilder) addHeatMap() pageRows {
	shown := pageRows{a.c, make([]int, len(a.c.Tables))}
	left := a.left * 4 / 5
	columns := 0
	for _, col := range a.c.Cols {
		columns += len(template.HTMLEscapeString(clipped(col))) + headBytes
	}
	left -= columns
	for i, t := range a.c.Tables {
		if standsAlone(a.c, t) {
			continue
		}
		if left -= groupBytes + len(template.HTMLEscapeString(t.Heading()+t.Common)) +
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
	table := newHeatTable(shown, (*compare.Table).Primary)
	table.ID = "heat"
	table.Caption = caption(a.c, (*compare.Table).Primary)
	a.page.Heat = a.renderPart("heat", table)
	a.page.Controls.Cols = table.Cols
	if n := shown.missing(); n > 0 {
		a.page.LeftOut = append(a.page.LeftOut,
			a.leftOutNote(plural.Of(n, "row")+" would make this page too large"))
	}
	return shown
}

// The sizes of the markup without names, each a little more than it is. The number of rows must
// be known before the first one is rendered.
// A constant that is too small would let the part grow beyond the room, and the whole map would
// be left out. TestPageSize renders large shapes for that reason.
const (
	headBytes  = 80
	groupBytes = 300
	rowBytes   = 82
	cellBytes  = 52
)

// newHeatTable prepares one unit of c for the page.
//
// A group without a row of its own is left out, as its heading would say that the table was
// measured in this unit.
func newHeatTable(shown pageRows, unit unitSelector) heatTable {
	table := heatTable{Cols: headings(shown.c), Common: sharedParts(shown.c), Change: shown.c.Job() == compare.Changed}
	for i, t := range shown.c.Tables {
		u := unit(t)
		if u == nil || shown.rows[i] == 0 {
			continue
		}
		g := heatGroup{
			ID:      tableID(i),
			Heading: tableName(shown.c, t),
			Common:  ownNameParts(t, table.Common),
			More:    len(t.Rows) - shown.rows[i],
		}
		columns := columnIndexes(shown.c, t)
		for r := range shown.rows[i] {
			if t.ShowsRow(u, r) {
				g.Rows = append(
					g.Rows, heatGroupRow{rowID(t, r), t.Rows[r].Shape, pageCells(shown.c.Job(), u.Cells[r], u, columns)},
				)
			}
		}
		if hasMeanRow(shown.c.Job(), t) {
			g.Mean = &heatGroupRow{"", "geometric mean", overallCells(shown.c.Job(), u, columns)}
		}
		table.Groups = append(table.Groups, g)
	}
	return table
}

// rowID returns the anchor of a row. It follows from the name of the row: a link to it holds for the
// page of the next run, whatever rows that one has besides.
func rowID(t *compare.Table, row int) string {
	id := fnv.New32a()
	id.Write([]byte(t.Heading() + "\n" + t.Rows[row].Name))
	return fmt.Sprintf("r-%08x", id.Sum32())
}

// hasMeanRow reports whether a group shows a geometric mean. The mean of one row is that row, and
// without any ratio there is no mean.
//
// The primary unit decides for all units, so that the n'th row of every unit is the same row.
func hasMeanRow(job compare.Job, t *compare.Table) bool {
	if job == compare.Changed {
		changed := func(g compare.Geomean) bool { return g.VsBase > 0 }
		return len(t.Rows) > 1 && slices.ContainsFunc(t.Primary().Geomeans, changed)
	}
	return len(t.Rows) > 1 &&
		slices.ContainsFunc(
			t.Primary().Overall, func(o compare.Overall) bool { return o.Ratio != 0 },
		)
}

// sharedParts returns the parts of the names that all rows of all tables share.
//
// They are said once above the map. Each row then has only what sets it apart.
func sharedParts(c *compare.Comparison) string {
	shared := strings.Fields(c.Tables[0].Common)
	for _, t := range c.Tables {
		have := strings.Fields(t.Common)
		shared = slices.DeleteFunc(shared, func(p string) bool { return !slices.Contains(have, p) })
	}
	return clipped(strings.Join(shared, " "))
}

// ownNameParts returns the parts of the names of t that neither its heading nor said contains.
func ownNameParts(t *compare.Table, said string) string {
	parts := slices.DeleteFunc(strings.Fields(t.Common), func(p string) bool {
		inHeading := func(f compare.Fact) bool { return p == f.Key+"="+f.Value }
		return slices.ContainsFunc(t.Config, inHeading) || slices.Contains(strings.Fields(said), p)
	})
	return clipped(strings.Join(parts, " "))
}

// overallCells returns the row of the geometric means.
//
// Center and ratio are different means: the first is of the medians, and the second of the
// ratios to the best.
func overallCells(job compare.Job, u *compare.Unit, columns []int) []pageCell {
	if job == compare.Changed {
		return changeMeans(u, columns)
	}
	list := make([]pageCell, len(columns))
	for i, p := range columns {
		list[i] = notMeasured
		if p >= 0 {
			center := "–"
			if g := u.Geomeans[p].Center; g != 0 {
				center = format.Value(g, u.Name)
			}
			list[i] = overallCell(u.Overall[p], center)
		}
	}
	return list
}

// caption names the unit and says in which direction it is better.
//
// Where the tables disagree about their first unit, no single name is right, and the caption
// says so.
func caption(c *compare.Comparison, unit unitSelector) string {
	said, name := "", ""
	for _, t := range c.Tables {
		u := unit(t)
		if u == nil {
			continue
		}
		text := clipped(escape.Printable(u.Name)) + ", " + direction(u)
		if name != "" && name != u.Name {
			return "the first unit of each table"
		}
		said, name = text, u.Name
	}
	return said
}

// direction says in which direction u is better.
func direction(u *compare.Unit) string {
	switch u.Better {
	case 0:
		return "median; the text does not say whether more is better"
	case 1:
		return "more is better"
	}
	return "less is better"
}

// A legendEntry is the class of a colour and its meaning.
type legendEntry struct{ Class, Text string }

// RankingNote says what the order of a ranking rests on.
func (*pageData) RankingNote() string { return rankingNote }

// Legend returns the meanings of the colours of the cells.
//
// It is made from the same steps as the shades, so it cannot name a border that no cell has.
func (p *pageData) Legend() []legendEntry {
	entries := []legendEntry{{"best", "best"}, {"tie", "tie, within 5 %"}}
	if p.Job.Change {
		entries = []legendEntry{{"best", "better than before"}, {"tie", "within 5 %"}}
	}
	for i := range picture.Steps {
		text := "to " + format.Ratio(picture.StepEnd(i+1)) + "×"
		switch i {
		case 0:
			text = "worse, up " + text
		case picture.Steps - 1:
			text = "beyond"
		}
		entries = append(entries, legendEntry{shadeClass(i + 1), text})
	}
	return append(entries, legendEntry{"unknown", "? undecided"},
		legendEntry{"none", "not measured"})
}

// A pageCell is a cell of the page in words and a class for its colour: a reader without colours
// misses nothing. It has two faces: the ratio to the best of its row, and the measured value.
//
// The page shows one face at a time. The scripts switch between them, and without scripts the
// ratio is shown.
type pageCell struct {
	Class         string
	Rel, Interval string // "2.31×" and "2.25–2.38"; for the best, the measured value
	Abs, Spread   string // "46.63ns" and "± 2 %"
}

var notMeasured = pageCell{Class: "none", Rel: "–", Abs: "–"}

// newPageCell writes h in the two faces of a page cell.
func newPageCell(h heatCell) pageCell {
	if h.kind == picture.Missing {
		return notMeasured
	}
	if h.old != nil {
		return newChangePageCell(h)
	}
	cell := pageCell{
		Rel: format.Ratio(h.ratio) + "×", Interval: h.interval(),
		Abs: h.median(), Spread: h.spread(),
	}
	// Exact values have no spread: ± 0 % would look measured.
	if h.unit.Exact {
		cell.Spread = ""
	}
	if h.ratio == 0 { // no ratio: show the measured value instead
		cell.Rel, cell.Interval = "", cell.Abs
	}
	switch {
	case h.best && h.kind == picture.Undecided:
		cell.Class, cell.Rel, cell.Interval = "unknown lowest", "lowest ?", cell.Abs
		if h.unit.Better > 0 {
			cell.Rel = "highest ?"
		}
	case h.best:
		cell.Class, cell.Rel, cell.Interval = "best", "best", cell.Abs
	case h.kind == picture.Tie:
		cell.Class, cell.Rel = "tie", strings.TrimSpace(cell.Rel+" tie")
	case h.kind == picture.Undecided:
		cell.Class, cell.Rel = "unknown", strings.TrimSpace(cell.Rel+" ?")
	case h.kind == picture.Worse:
		cell.Class = shadeClass(h.shade)
		if h.ratio == 0 {
			cell.Rel = "worse"
		}
	default:
		cell.Class, cell.Rel, cell.Interval = "plain", cell.Abs, cell.Spread
	}
	return cell
}

// pageCells writes one row of a table, with a cell for each column of the comparison.
func pageCells(job compare.Job, cells []*compare.Cell, u *compare.Unit, columns []int) []pageCell {
	list := make([]pageCell, len(columns))
	for i, h := range heatCells(job, cells, u, columns) {
		list[i] = newPageCell(h)
	}
	return list
}

// shadeClass is the class of a shade of “worse”: h1 to h8. heat.css gives it its colour.
func shadeClass(shade int) string { return fmt.Sprintf("h%d", shade) }

// overallCell writes the geometric mean of a column; center is the mean of the measured values.
//
// A single undecided row makes the mean undecided, whatever its size. “always best” needs the
// best median in every row, as no mean of ratios from 1 on can be 1 otherwise.
func overallCell(o compare.Overall, center string) pageCell {
	cell := pageCell{
		Class: shadeClass(picture.StepOf(o.Ratio)),
		Rel:   format.Ratio(o.Ratio) + "×",
		Abs:   center,
	}
	switch {
	case o.Ratio == 0:
		return pageCell{Class: "none", Rel: "n/a", Interval: o.Why, Abs: center}
	case o.Unknown:
		cell.Class, cell.Interval = "unknown", "undecided ?"
	case o.Ratio == 1:
		cell.Class, cell.Interval = "best", "always best"
	case o.Tied:
		cell.Class, cell.Interval = "tie", "serves every row"
	}
	if o.Lowest && cell.Interval == "" {
		cell.Class, cell.Interval = cell.Class+" lowest", "lowest"
	}
	return cell
}

// A tooltip holds all figures of a cell.
//
// The tooltip is for the scripts only; without them the same figures are in the table of
// samples.
type tooltip struct {
	N         int
	Lo, Hi    string
	P, Family string // the corrected p, and the number of tests it is corrected for
	Why       string
}

// newTooltip collects the figures of a cell, and every reason to doubt them.
func newTooltip(c *compare.Cell, u *compare.Unit) tooltip {
	s := tooltip{
		N:  len(c.Values),
		Lo: format.Value(c.Summary.Lo, u.Name),
		Hi: format.Value(c.Summary.Hi, u.Name),
	}
	if v := c.VsBest; v != nil && v.Tests > 0 {
		s.P, s.Family = fmt.Sprintf("%.3f", v.Corrected), plural.Of(v.Tests, "test")
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
