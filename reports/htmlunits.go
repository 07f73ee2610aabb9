package reports

import (
	"slices"
	"strconv"
)

// A subject is a section for units that people ask for by what they are about. A text that has none
// of them has no such section.
type subject struct {
	id, title, intro string
	units            []string
}

var subjects = []subject{
	{"fairness", "Fairness", "Who waits, and how unequally. A Jain index of 1 means that all " +
		"goroutines got the same share; the longest wait over the median one says how far the " +
		"unluckiest operation was from an ordinary one.",
		[]string{"jain", "longest/median-wait", "grants/try"}},
	{"cpu-cost", "CPU cost", "What an operation costs beyond the time it takes: processor time, " +
		"also of those that only wait, and how often a thread gave up its processor of its own accord.",
		[]string{"cpu-sec/op", "vcsw/op"}},
	{"allocations", "Allocations", "What an operation leaves to the garbage collector.",
		[]string{"exact-allocs/op", "exact-B/op", "allocs/op", "B/op"}},
}

// units adds a section for each subject that the text has something of, and one for the units that
// are in no other.
func (a *assembly) units() {
	rest := a.otherNames()
	for _, s := range subjects {
		var mine []string
		for _, unit := range s.units {
			if i := slices.Index(rest, unit); i >= 0 {
				mine, rest = append(mine, unit), slices.Delete(rest, i, i+1)
			}
		}
		a.unitSection(s, mine)
	}
	charted := a.chartedUnits()
	rest = slices.DeleteFunc(rest, func(unit string) bool { return slices.Contains(charted, unit) })
	a.unitSection(subject{id: "other-units", title: "Other units"}, rest)
}

// otherNames are the units that are not the first one of every table that has them.
func (a *assembly) otherNames() []string {
	var names []string
	for _, t := range a.c.Tables {
		for _, u := range t.Others() {
			if !slices.Contains(names, u.Name) {
				names = append(names, u.Name)
			}
		}
	}
	return names
}

// unitTables is the body of a section: a table for each unit.
type unitTables struct {
	Tables []heatTable
	Folded bool // one below the other would be long
}

func (a *assembly) unitSection(s subject, units []string) {
	if len(units) == 0 {
		return
	}
	all := allRows(a.c)
	p := part{ID: s.id}
	if all.cellCount()*len(units)*cellBytes > a.left {
		p.Note = a.leave("Too large for this page")
	} else {
		p = a.part("units", a.unitTables(s, units, all))
	}
	p.ID, p.Title, p.Intro = s.id, s.title, s.intro
	a.page.Sections = append(a.page.Sections, p)
}

func (a *assembly) unitTables(s subject, units []string, all shownRows) unitTables {
	list := unitTables{Folded: s.id == "other-units"}
	for _, unit := range units {
		table := newHeatTable(all, other(unit))
		for i := range table.Groups {
			table.Groups[i].flatten(len(a.c.Tables) > 1)
		}
		table.Abs, table.Common, table.Caption = true, "", caption(a.c, other(unit))
		list.Tables = append(list.Tables, table)
	}
	return list
}

// flatten puts the heading into the labels: a table for each unit has to be short, and the heat map
// has the headings and the means.
func (g *heatGroup) flatten(many bool) {
	for i := range g.Rows {
		if many {
			g.Rows[i].Label = g.Heading + " " + g.Rows[i].Label
		}
	}
	g.ID, g.Heading, g.Mean = "", "", nil
}

// other finds a unit where it is not the first one, which the heat map has already.
func other(unit string) unitOf {
	return func(t *Table) *Unit {
		if u := named(unit)(t); u != t.Primary() {
			return u
		}
		return nil
	}
}

func allRows(c *Comparison) shownRows {
	all := shownRows{c, make([]int, len(c.Tables))}
	for i, t := range c.Tables {
		all.rows[i] = len(t.Rows)
	}
	return all
}

// A figureTable describes the samples of one unit.
type figureTable struct {
	Unit string
	Rows []figureRow
}

// A figureRow has a label if it is the first of a row of the comparison.
type figureRow struct {
	Label  *figureLabel
	Col    string
	Values []string // n, min, Q1, median, Q3, max, interval low and high, MAD, CV
}

type figureLabel struct {
	Text string
	Span int // rows
}

// figureBytes is the least that a row of figures takes.
const figureBytes = 120

// samples describes the samples of as many units as fit, the first ones first.
func (a *assembly) samples() part {
	p := part{ID: "samples", Title: "Samples", Intro: "Q1 and Q3 are the medians of the lower and " +
		"the upper half; MAD is the median absolute deviation; CV is the standard deviation over " +
		"the mean."}
	left := 0
	units := append([]string{""}, a.otherNames()...) // "" for the first unit of each table
	for _, unit := range units {
		find := (*Table).Primary
		if unit != "" {
			find = other(unit)
		}
		if a.countCells(find)*figureBytes > a.left {
			left++
			continue
		}
		if table := a.part("figures", newFigureTable(a.c, find)); table.Note == "" {
			p.Body += table.Body
		} else {
			left++
		}
	}
	if left > 0 {
		p.Note = a.leave("Too large for this page: " + plural(left, "unit"))
	}
	return p
}

func (a *assembly) countCells(unit unitOf) int {
	n := 0
	for _, t := range a.c.Tables {
		if u := unit(t); u != nil {
			for _, cells := range u.Cells {
				for _, c := range cells {
					if c != nil {
						n++
					}
				}
			}
		}
	}
	return n
}

func newFigureTable(c *Comparison, unit unitOf) figureTable {
	table := figureTable{Unit: caption(c, unit)}
	for _, t := range c.Tables {
		u := unit(t)
		if u == nil {
			continue
		}
		for i, cells := range u.Cells {
			table.add(&figureLabel{Text: labelOf(c, t, i)}, t.Cols, cells, u.Name)
		}
	}
	return table
}

func (f *figureTable) add(label *figureLabel, cols []string, cells []*Cell, unit string) {
	first := label
	for j, cell := range cells {
		if cell != nil {
			f.Rows = append(f.Rows, figureRow{first, cols[j], figuresOf(cell, unit)})
			label.Span, first = label.Span+1, nil
		}
	}
}

// labelOf names a row where no heading does.
func labelOf(c *Comparison, t *Table, row int) string {
	if len(c.Tables) == 1 {
		return t.Rows[row].Shape
	}
	return familyName(c, t) + " " + t.Rows[row].Shape
}

func figuresOf(c *Cell, unit string) (values []string) {
	f, s := c.Figures(), c.Summary
	values = append(values, strconv.Itoa(f.N))
	for _, v := range []float64{f.Min, f.Q1, s.Center, f.Q3, f.Max, s.Lo, s.Hi, f.MAD} {
		values = append(values, measure(v, unit))
	}
	return append(values, percent(f.CV))
}
