package draw

import (
	"encoding/json"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/internal/format"
)

// A unitData is one unit of the heat map for the scripts. Its rows are the rows of the table on
// the page, including the rows of the means.
type unitData struct {
	Unit    string        `json:"unit"`
	Caption string        `json:"caption"`
	Rows    [][]*cellData `json:"rows"`
}

// A cellData is written as an array and not an object: there are thousands of them.
//
// The order is a contract with data.js, which names the places. Names of fields would repeat in
// every cell.
type cellData struct {
	pageCell
	tooltip
}

// MarshalJSON writes the fields in the order that data.js expects.
func (c *cellData) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{c.Class, c.Rel, c.Interval, c.Abs, c.Spread, c.N, c.Lo, c.Hi, c.P,
		c.Family, c.Why})
}

// primaryUnit returns the unit that the page shows at first.
func primaryUnit(shown pageRows) []unitData {
	return []unitData{newUnitData(shown, "", (*compare.Table).Primary)}
}

// newUnitData collects the cells of one unit. Cells that were not measured stay null.
//
// The rows must be in the order of the table in the HTML: the script finds the n'th row of one
// by the n'th of the other. So the condition for a row of means is the same call as there.
func newUnitData(shown pageRows, name string, unit unitSelector) unitData {
	data := unitData{Unit: name, Caption: caption(shown.c, unit)}
	for i, t := range shown.c.Tables {
		u, columns := unit(t), columnIndexes(shown.c, t)
		for r := range shown.rows[i] {
			row := make([]*cellData, len(columns))
			for col, p := range columns {
				if u != nil && p >= 0 && u.Cells[r][p] != nil {
					c := u.Cells[r][p]
					row[col] = &cellData{newPageCell(jobCell(shown.c.Job(), u.Cells[r], u, p)), newTooltip(c, u)}
				}
			}
			data.Rows = append(data.Rows, row)
		}
		if hasMeanRow(shown.c.Job(), t) && shown.rows[i] > 0 {
			data.Rows = append(data.Rows, meanData(shown.c.Job(), u, columns))
		}
	}
	return data
}

// meanData returns the row of the geometric means.
//
// A unit that a table lacks gives a row without cells and not no row: the count of rows must
// stay.
func meanData(job compare.Job, u *compare.Unit, columns []int) []*cellData {
	row := make([]*cellData, len(columns))
	if u == nil {
		return row
	}
	for col, c := range overallCells(job, u, columns) {
		row[col] = &cellData{pageCell: c}
	}
	return row
}

// addOtherUnits adds the other units of the heat map for the scripts: all of them, or none with a
// note. A choice of some units would look like all there are.
//
// The first test is an estimate from below, which saves packing megabytes that cannot fit.
func (a *pageBuilder) addOtherUnits(shown pageRows) {
	a.page.Controls.Units = []string{clipped(escape.Printable(a.firstUnit()))}
	names := a.otherNames()
	var list []unitData
	if len(names)*shown.cellCount()*packedBytes < a.left {
		for _, unit := range names {
			list = append(list, newUnitData(shown, unit, otherUnit(unit)))
		}
	}
	if len(list) > 0 && a.addBlock("cells-more", list, 0) {
		for _, unit := range names {
			a.page.Controls.Units = append(a.page.Controls.Units, clipped(escape.Printable(unit)))
		}
	} else if len(names) > 0 {
		a.page.LeftOut = append(a.page.LeftOut,
			a.leftOutNote("The heat map shows no other unit than the first: they would make "+
				"this page too large"))
	}
}

// firstUnit names the unit that the page shows at first.
func (a *pageBuilder) firstUnit() string {
	first := a.c.Tables[0].Primary().Name
	for _, t := range a.c.Tables {
		if t.Primary().Name != first {
			return "the first of each table"
		}
	}
	return first
}

// packedBytes is the least that a cell takes in a block.
const packedBytes = 8

// A rawUnit has the values of one unit by row and column of the heat map, in the order of the
// text.
type rawUnit struct {
	Unit   string           `json:"unit"`
	Symbol string           `json:"symbol"`
	Rows   [][][]jsonNumber `json:"rows"`
}

// addRawValues adds all single values, if there is room.
//
// Raw values come last of all: they are the largest block, and everything that they show in
// detail is on the page in sum.
func (a *pageBuilder) addRawValues(shown pageRows) {
	values := 0
	for _, s := range a.c.Log.Series {
		for _, u := range s.Units {
			values += len(u.Values)
		}
	}
	// A value takes at least two bytes, and its drawing takes uPlot.
	before, had := a.left, a.hasPlots
	if values*2 > a.left || !a.reservePlots() || !a.addBlock("raw-values", a.rawUnits(shown), 0) {
		a.left, a.hasPlots = before, had
		a.page.Raw.Note = "The single values would make this page too large; they are in the " +
			"benchmark text."
		return
	}
	a.page.Controls.Raw = true
}

// rawUnits collects the values of all units, the first unit of each table first.
func (a *pageBuilder) rawUnits(shown pageRows) []rawUnit {
	list := []rawUnit{newRawUnit(shown, a.firstUnit(), (*compare.Table).Primary)}
	for _, unit := range a.otherNames() {
		list = append(list, newRawUnit(shown, unit, otherUnit(unit)))
	}
	return list
}

// newRawUnit collects the values of one unit.
//
// The rows repeat the order of newUnitData, for the same reason.
func newRawUnit(shown pageRows, name string, unit unitSelector) rawUnit {
	data := rawUnit{Unit: escape.Printable(name), Symbol: format.Symbol(name)}
	for i, t := range shown.c.Tables {
		u, columns := unit(t), columnIndexes(shown.c, t)
		for r := range shown.rows[i] {
			row := make([][]jsonNumber, len(columns))
			for col, p := range columns {
				if u != nil && p >= 0 && u.Cells[r][p] != nil {
					for _, v := range u.Cells[r][p].Values {
						row[col] = append(row[col], jsonNumber(v))
					}
				}
			}
			data.Rows = append(data.Rows, row)
		}
		if hasMeanRow(shown.c.Job(), t) && shown.rows[i] > 0 {
			data.Rows = append(data.Rows, nil) // the row of the means has no values
		}
	}
	return data
}
