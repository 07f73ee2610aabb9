package reports

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
)

// A heatTable is one unit of several tables, in groups: the columns are those of the comparison, so
// that one colour and one place mean one column all over the page.
type heatTable struct {
	ID, Caption string
	Cols        []name
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

func headings(c *Comparison) []name {
	var list []name
	for i, col := range c.Cols {
		list = append(list, name{clipped(col), colorClass(i)})
	}
	return list
}

// A unitOf finds the unit to show of a table, or nil.
type unitOf func(t *Table) *Unit

func named(unit string) unitOf {
	return func(t *Table) *Unit {
		i := slices.IndexFunc(t.Units, func(u *Unit) bool { return u.Name == unit })
		if i < 0 {
			return nil
		}
		return t.Units[i]
	}
}

// shownRows are those that are on the page: the first few of each table.
type shownRows struct {
	c    *Comparison
	rows []int // by table
}

func (s shownRows) missing() int {
	n := 0
	for i, t := range s.c.Tables {
		n += len(t.Rows) - s.rows[i]
	}
	return n
}

func (s shownRows) cellCount() int {
	n := 0
	for i, t := range s.c.Tables {
		n += s.rows[i] * len(t.Cols)
	}
	return n
}

// heat shows as many rows as there is room for. Of what is left it takes the greater part only: a
// map without any chart, tooltip or price would be less useful than one without its last rows.
func (a *assembly) heat() shownRows {
	shown := shownRows{a.c, make([]int, len(a.c.Tables))}
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
	a.page.Heat = a.part("heat", table)
	a.page.Controls.Cols = table.Cols
	if n := shown.missing(); n > 0 {
		a.page.LeftOut = append(a.page.LeftOut,
			a.leave(plural(n, "row")+" would make this page too large"))
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

func newHeatTable(shown shownRows, unit unitOf) heatTable {
	table := heatTable{Cols: headings(shown.c), Common: sharedParts(shown.c)}
	for i, t := range shown.c.Tables {
		u := unit(t)
		if u == nil || shown.rows[i] == 0 {
			continue
		}
		g := heatGroup{ID: tableID(i), Heading: familyName(shown.c, t), Common: unsaid(t, table.Common),
			More: len(t.Rows) - shown.rows[i]}
		place := columnPlaces(shown.c, t)
		for r := range shown.rows[i] {
			if t.shows(u, r) {
				g.Rows = append(g.Rows, heatRow{t.Rows[r].Shape, spread(u.Cells[r], u, place)})
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
func unsaid(t *Table, said string) string {
	parts := slices.DeleteFunc(strings.Fields(t.Common), func(p string) bool {
		inHeading := func(f Fact) bool { return p == f.Key+"="+f.Value }
		return slices.ContainsFunc(t.Config, inHeading) || slices.Contains(strings.Fields(said), p)
	})
	return clipped(strings.Join(parts, " "))
}

// columnPlaces says for each column of the comparison which it is of t; -1 for none.
func columnPlaces(c *Comparison, t *Table) []int {
	places := make([]int, len(c.Cols))
	for i, col := range c.Cols {
		places[i] = slices.Index(t.Cols, col)
	}
	return places
}

func spread(cells []*Cell, u *Unit, places []int) []pageCell {
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
				center = measure(g, u.Name)
			}
			list[i] = overallCell(u.Overall[p], center)
		}
	}
	return list
}

// caption says what the numbers are.
func caption(c *Comparison, unit unitOf) string {
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
