package compare

import (
	"slices"

	"golang.org/x/perf/benchmath"

	"github.com/semabench/semabench/reports/read"
)

// A Comparison is benchmark results in tables, judged.
type Comparison struct {
	Log    *read.Log
	By     string   // the projection whose values are the columns, such as "/impl"
	Facts  []Fact   // configuration that is the same in all tables
	Cols   []string // the columns of all tables
	Tables []*Table // in order of first appearance
	Family Family   // which tests were corrected together
	Notes  []string // what the reader of the tables has to know, if anything
}

// A Fact is one line of configuration.
type Fact struct{ Key, Value string }

// A Table holds the results of one configuration.
type Table struct {
	Config []Fact   // what sets this table apart from the others
	Common string   // the parts of the benchmark names that are the same in all rows
	Cols   []string // a subset of Comparison.Cols, in its order
	Rows   []Row    // in order of first appearance
	Units  []*Unit  // in order of first appearance; at least one
}

// A Row is one benchmark, whatever its column.
type Row struct {
	Name  string // the benchmark's name without the column's key
	Shape string // Name without what is in Table.Common or Table.Config; for people
}

// A Unit holds what a table has measured in one unit.
type Unit struct {
	Name   string
	Better int  // +1 if higher values are better, -1 if lower, 0 if unknown
	Exact  bool // the text says assume=exact: values have no noise, one sample is enough

	Base     int       // index of the first column that has a cell
	Cells    [][]*Cell // by row and column; nil where nothing was measured
	Geomeans []Geomean // by column, over the rows, as benchstat prints them
	Overall  []Overall // by column, over the rows
}

// A Cell is one row in one column: a sample, and what can be said of it.
type Cell struct {
	Values  []float64         // in the order of the text; shared with the Log
	Summary benchmath.Summary // the median and its 95% interval; the mode if the unit is exact

	// VsBase compares with the base column of the row, as benchstat does: its ratios are this cell
	// over the base. It is nil in that column, and where the base was not measured.
	VsBase *Versus

	// Standing is the place of the cell in its row, Ratio how many times worse than the best it
	// is, whichever direction is better: 1 for the best, more for others, and 0 if there is no
	// ratio, because one of the two is zero or negative, or there is nothing to compare with.
	Standing Standing
	Ratio    float64
	Why      string  // what was missing if Unknown, or if Best among only Unknown
	VsBest   *Versus // against the best, in times worse; nil for the best and if Unranked
}

// A Versus is one comparison of two cells.
type Versus struct {
	benchmath.Comparison // P is that of benchstat: of this comparison alone

	// Corrected is P after Holm's correction for all Tests of the family: the smallest level for
	// the whole family at which this difference would be claimed. If it is at most 0.05 is what
	// is called a difference, then the chance of even one false claim in the family
	// is at most 0.05. (Holm 1979, Scandinavian Journal of Statistics 6: 65-70.)
	// It is P if the unit is exact; no test is made there, and Tests is 0.
	Corrected float64
	Tests     int

	Ratio Ratio

	contradicts bool // the unit is exact, but the samples are not

	smallestCorrected float64 // the smallest Corrected that samples of these sizes could have had
}

// A Family says which tests are corrected together. Tests against the base and tests against the
// best are different families always.
type Family int

const (
	// ByTable: the tests of one unit in one table.
	ByTable Family = iota

	// ByUnit: the tests of one unit in all tables. It says more and shows less: with 6 samples no
	// difference survives in a family of more than 23.
	ByUnit
)

func (f Family) String() string { return [...]string{"table", "unit"}[f] }

// A Standing says how a cell compares with the best median of its row.
type Standing int

const (
	// Unranked: it is alone in its row, or nobody said whether more of its unit is better.
	Unranked Standing = iota

	// Best has the best median of its row, the first of several.
	Best

	// Tie: the samples are many enough to show a difference from the best, and show none.
	Tie

	// Worse than the best, with a corrected p <= 0.05.
	Worse

	// Unknown: too few samples to tell, whatever their values, given how many comparisons there
	// are; see Cell.Why. Never a tie.
	Unknown
)

func (s Standing) String() string {
	return [...]string{"unranked", "best", "tie", "worse", "unknown"}[s]
}

// Primary returns the unit to show first: time, or else the first unit of the text.
func (t *Table) Primary() *Unit {
	for _, u := range t.Units {
		if u.Name == "sec/op" {
			return u
		}
	}
	return t.Units[0]
}

// Others returns all units but the primary one and those of noise, which measure something else.
func (t *Table) Others() []*Unit {
	var others []*Unit
	for _, u := range t.Units {
		if u != t.Primary() && !isNoise(u.Name) {
			others = append(others, u)
		}
	}
	return others
}

// shows reports whether row i belongs into a table of u: rows that were measured in other units
// only would be empty in this one.
func (t *Table) ShowsRow(u *Unit, i int) bool {
	return u == t.Primary() ||
		slices.ContainsFunc(u.Cells[i], func(c *Cell) bool { return c != nil })
}

func (c *Comparison) EachCell(visit func(*Cell)) {
	for _, t := range c.Tables {
		for _, row := range t.Primary().Cells {
			for _, cell := range row {
				if cell != nil {
					visit(cell)
				}
			}
		}
	}
}

func (u *Unit) Compares() bool {
	for _, cells := range u.Cells {
		for _, c := range cells {
			if c != nil && c.VsBase != nil {
				return true
			}
		}
	}
	return false
}
