package draw

import (
	"slices"

	"github.com/semabench/semabench/reports/compare"
)

// A unitSubject is a section of the page for units that belong together by what they measure. A
// text without any of these units has no such section.
//
// Package bench and go test use these names. A text of another project with the same names gets
// the same sections, and any other unit is under “Other units”: no unit is lost.
type unitSubject struct {
	id, title, intro string
	units            []string
}

var subjects = []unitSubject{
	{
		"fairness", "Fairness",
		"How evenly the goroutines are served. A Jain index of 1 means that all " +
			"goroutines got the same share; the longest wait over the median one says how far " +
			"the " +
			"unluckiest operation was from an ordinary one.",
		[]string{"jain", "longest/median-wait", "grants/try"},
	},
	{"cpu-cost", "CPU cost", "The cost of an operation beyond the time it takes: processor time, " +
		"including the time of waiting goroutines, and how often a thread gave up its processor.",
		[]string{"cpu-sec/op", "vcsw/op"}},
	{"allocations", "Allocations", "What an operation leaves to the garbage collector.",
		[]string{"exact-allocs/op", "exact-B/op", "allocs/op", "B/op"}},
}

// addUnitSections adds a section for each subject of which the text has a unit, and a section for
// the units that are in no other.
//
// Each unit is in exactly one section. Units that a percentile chart shows are in none, because
// the chart has a table of the same figures.
func (a *pageBuilder) addUnitSections() {
	rest := a.otherNames()
	for _, s := range subjects {
		var mine []string
		for _, unit := range s.units {
			if i := slices.Index(rest, unit); i >= 0 {
				mine, rest = append(mine, unit), slices.Delete(rest, i, i+1)
			}
		}
		a.addUnitSection(s, mine)
	}
	charted := a.chartedUnits()
	rest = slices.DeleteFunc(rest, func(unit string) bool { return slices.Contains(charted, unit) })
	a.addUnitSection(unitSubject{id: "other-units", title: "Other units"}, rest)
}

// otherNames returns the names of the units that are not the primary unit of some table that has
// them, in order of first appearance.
//
// A unit can be primary in one table and not in another. It is then listed for the latter only;
// otherUnit makes the same choice.
func (a *pageBuilder) otherNames() []string {
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

// unitTables is the content of a section: a table for each unit.
type unitTables struct {
	Tables []heatTable
	Folded bool // folded, because the tables below each other would be long
}

// addUnitSection adds one section, or a note that it does not fit.
//
// The estimate uses cellBytes, an upper bound; a section that is refused by it may have fitted
// barely. Rendering first would cost the time of the section each time that it does not fit.
func (a *pageBuilder) addUnitSection(s unitSubject, units []string) {
	if len(units) == 0 {
		return
	}
	all := allRows(a.c)
	p := part{ID: s.id}
	if all.cellCount()*len(units)*cellBytes > a.left {
		p.Note = a.leftOutNote("Too large for this page")
	} else {
		p = a.renderPart("units", a.unitTables(s, units, all))
	}
	p.ID, p.Title, p.Intro = s.id, s.title, s.intro
	a.page.Sections = append(a.page.Sections, p)
}

// unitTables prepares a table for each unit of a section.
func (a *pageBuilder) unitTables(s unitSubject, units []string, all pageRows) unitTables {
	list := unitTables{Folded: s.id == "other-units"}
	for _, unit := range units {
		table := newHeatTable(all, otherUnit(unit))
		for i := range table.Groups {
			table.Groups[i].flatten(len(a.c.Tables) > 1)
		}
		table.Abs, table.Common, table.Caption = true, "", caption(a.c, otherUnit(unit))
		list.Tables = append(list.Tables, table)
	}
	return list
}

// flatten puts the heading of a group into the labels of its rows: these tables have to be short,
// and the heat map above has the headings and the means.
//
// The result is a list that a reader scans by value. Abs shows the measured value first for the
// same reason.
func (g *heatGroup) flatten(many bool) {
	for i := range g.Rows {
		g.Rows[i].ID = ""
		if many {
			g.Rows[i].Label = g.Heading + " " + g.Rows[i].Label
		}
	}
	g.ID, g.Heading, g.Mean = "", "", nil
}

// otherUnit selects a unit in the tables where it is not the primary one. The heat map shows the
// primary one already.
//
// Comparing pointers is enough, since Primary returns an element of Units. A table without the
// unit gives nil, which differs from its primary one, and nil is returned.
func otherUnit(unit string) unitSelector {
	return func(t *compare.Table) *compare.Unit {
		if u := unitByName(unit)(t); u != t.Primary() {
			return u
		}
		return nil
	}
}

// allRows selects all rows of c that are compared.
func allRows(c *compare.Comparison) pageRows {
	all := pageRows{c, make([]int, len(c.Tables))}
	for i, t := range c.Tables {
		if !standsAlone(c, t) {
			all.rows[i] = len(t.Rows)
		}
	}
	return all
}
