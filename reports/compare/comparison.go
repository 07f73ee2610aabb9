package compare

import (
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/reports/read"
	"golang.org/x/perf/benchmath"
)

// Options says how to compare. The zero value means the defaults that the fields name.
type Options struct {
	// Col is the projection whose values become the columns, in the syntax of
	// golang.org/x/perf/benchproc: "/impl", ".file", "commit", "/impl@(channel cond)". "" means
	// "/impl" if any benchmark name has that key, and ".file" otherwise.
	Col string

	// Family says which tests are corrected together; see [Versus.Corrected].
	Family Family

	// Require names needs that a column must declare to be recommended. nil means the needs that
	// the text requires, and an empty list means none.
	Require []string

	// Weight says which cost decides between the columns that meet the needs.
	Weight Weight

	// Operation is how long an operation of the user takes that needs one row once: a request of 5 ms
	// that acquires one permit. The answers then say how much of it the choice changes. 0 means that
	// it is not known.
	Operation time.Duration
}

// A Weight says which cost decides between the columns that meet the needs.
//
// The zero value is the time of an operation, so Options without a Weight ask the usual
// question.
type Weight int

const (
	Throughput Weight = iota // the time of an operation, which is Table.Primary
	Latency                  // the 99th percentile of a latency
	CPU                      // the processor time of an operation
)

// String returns "throughput", "latency" or "cpu".
func (w Weight) String() string { return [...]string{"throughput", "latency", "cpu"}[w] }

// A Comparison is a set of benchmark results in tables, with the statistics of each cell.
//
// It is complete when Compare returns, and only read from then on. So several outputs may render
// it at the same time.
type Comparison struct {
	Log    *read.Log
	By     string   // the projection whose values are the columns, such as "/impl"
	Facts  []Fact   // the configuration that all tables share
	Cols   []string // the columns of all tables
	Tables []*Table // in order of first appearance
	Family Family   // which tests were corrected together
	Notes  []string // warnings for the reader of the tables

	Required []string // the needs that a column must declare to be recommended
	Weight   Weight   // the cost that decides between the columns that do

	fit *Comparison // of the columns that meet Required only; see fitting

	noise *Noise // see Comparison.Noise
	share string // how much of the user's operation the choice changes; "" if that is not known
}

// A Fact is one key of the configuration with its value.
type Fact struct{ Key, Value string }

// Noise says how far two measurements of the same thing differ within the text of a comparison.
type Noise struct {
	// Typical and High are the 50th and the 95th percentile, over the cells of the primary units,
	// of the difference between the median of the even samples and the median of the odd ones.
	// 0.012 means 1.2 %. Nothing but noise differs between the two halves. Both are NaN if every
	// cell has fewer than 4 samples above zero. With fewer than 20 cells there is no 95th percentile, and
	// High is the greatest difference.
	Typical, High float64
	Cells         int // the number of cells with enough samples

	Machine  []MachineNoise
	Warnings []string // why a reader should be careful with the figures, if there is a reason
}

// A MachineNoise is a unit whose name begins with noise-. Such a unit does not measure the
// benchmark but what else the machine did at the time. No column is compared by it.
type MachineNoise struct {
	Unit        string
	Median, Max float64 // over all samples of all cells
}

// A Table holds the results of one configuration.
type Table struct {
	Config []Fact   // the configuration that sets this table apart from the others
	Common string   // the parts of the benchmark names that all rows share
	Cols   []string // a subset of Comparison.Cols, in the same order
	Rows   []Row    // in order of first appearance
	Units  []*Unit  // in order of first appearance; at least one
}

// A Row is one benchmark in all columns.
//
// Name identifies the row within its table; Shape only has to differ from the other shapes
// there.
type Row struct {
	Name  string // the name of the benchmark without the key of the columns
	Shape string // Name without the parts in Table.Common and Table.Config, for display
}

// A Unit holds the results of a table in one unit.
//
// All units of a table have the same rows and columns, whether or not they were measured there.
// An index of a row therefore means one benchmark in every unit.
type Unit struct {
	Name   string
	Better int // +1 if higher values are better, -1 if lower ones are, 0 if the text does not say
	// Decides says that the text has decides=yes for the unit: it is then the primary one of every
	// table that has it.
	Decides bool

	Exact bool // the text says assume=exact: the values have no noise, and one sample is enough

	Base     int       // the index of the first column that has a cell
	Cells    [][]*Cell // by row and column; nil if not measured
	Geomeans []Geomean // by column, over the rows, as benchstat prints them
	Overall  []Overall // by column, over the rows

	others [][]float64 // by row, the p-values of the pairs without the best cell; see testOthers
}

// A Geomean is the geometric mean of a column, which benchstat prints in its last row. A mean
// that does not exist, because of zeros or negative values, is 0.
//
// The numbers repeat benchstat, with its rule that a mean over different rows gets a warning and
// no refusal.
type Geomean struct {
	Center   float64 // of the medians
	VsBase   float64 // of the ratios to the base column; 0 in that column
	Warnings []error
}

// An Overall is the geometric mean of [Cell.Ratio] over all rows of a table: how far a column is
// from the best on average.
//
// Ratio is 0 if a row lacks a ratio in this column, and Why then says so. A mean over the
// remaining rows would not be comparable with the other columns: the missing row may be the
// hardest.
type Overall struct {
	Ratio   float64
	Why     string
	Lowest  bool // no other column of the table has a lower ratio
	Tied    bool // the column serves every row; see Cell.Serves
	Unknown bool // the column is worse in no row, and undecided in one at least
}

// A Cell is one row in one column: a sample with its statistics.
//
// VsBase and VsBest may be one value; see testAgainstBest. Neither is written after Compare.
type Cell struct {
	// in the order of the text; shared with the Log, so do not change them
	Values  []float64
	Summary benchmath.Summary // the median and its 95 % interval; the mode if the unit is exact

	// VsBase compares the cell with the base column of its row, as benchstat does. Its ratios are
	// this cell over the base. It is nil in the base column, and if the base was not measured.
	VsBase *Versus

	// Standing is the place of the cell in its row. Ratio is how many times worse than the best
	// the cell is, whichever direction is better: 1 for the best and more for others. Ratio is 0
	// if there is no ratio: one of the two medians is not positive, or nothing to compare with.
	Standing Standing
	Ratio    float64
	// what leaves the standing open: set if Standing is Undecided, or Best while another cell may
	// be better by more than 5 %
	Why    string
	VsBest *Versus // compares with the best, in times worse; nil for the best and for Unranked

	// Serves says that the column may be recommended for the row: its samples show that it is at
	// most 5 % worse than the best cell, and that no other cell is better than the best by more.
	Serves bool
}

// A Versus is one comparison of two cells.
//
// lo and hi decide, and Ratio is shown. They differ where a sample has zeros: no ratio can be
// shown there, and yet two samples of zeros are equal.
type Versus struct {
	benchmath.Comparison // P is the p of benchstat, uncorrected

	// Corrected is P after Holm's correction for the Tests tests of the family. A family against
	// the best holds the tests of all pairs of cells, because the best is chosen from the same
	// samples: with 4 columns 6 tests for each row, and not 3. Corrected is the smallest error
	// level of the whole family at which this difference would be claimed. Calling a difference
	// one with Corrected <= 0.05 keeps the chance of even one false claim in the family at or
	// below 0.05. (Holm 1979, Scandinavian Journal of Statistics 6: 65-70.)
	//
	// Exact units need no test: Corrected is then P, and Tests is 0.
	Corrected float64
	Tests     int

	Ratio Ratio

	// the interval of the ratio with 0/0 = 1, in which zeros take part; 0 and +Inf without one
	lo, hi float64
	level  float64 // the chance of error of the interval
	uneven bool    // the samples spread differently, and the interval allows for it

	// The bounds of the ratio on which ties, recommendations and answers rest, and the chance that one of the two
	// fails; see family.correct. They are no interval: a claim rests on one of them, or on each for itself.
	least, most float64
	boundLevel  float64

	contradicts bool // the unit is declared exact, but the samples of a cell differ

	smallestCorrected float64 // the smallest Corrected that samples of these sizes can reach
}

// A Family says which tests are corrected together. Tests against the base and tests against the
// best are always different families: they answer different questions.
//
// The default is the smaller family. A reader looks at one table at a time and wants its claims
// to hold together; a claim over a whole suite needs ByUnit.
type Family int

const (
	// ByTable corrects the tests of one unit in one table together.
	ByTable Family = iota

	// ByUnit corrects the tests of one unit in all tables together. It makes a stronger claim and
	// finds less: with 6 samples no difference survives in a family of more than 23 tests.
	ByUnit
)

// String returns "table" or "unit".
func (f Family) String() string { return [...]string{"table", "unit"}[f] }

// A Standing says how a cell compares with the best median of its row.
//
// The zero value is Unranked, so a cell that no step has judged claims nothing.
type Standing int

const (
	// Unranked cells are alone in their row, or the text does not say which direction of the unit
	// is better.
	Unranked Standing = iota

	// Best is the cell with the best median of the row, the first of several. A row whose values
	// are all the same has none: all its cells are ties.
	Best

	// Tie means that the interval of the ratio to the best lies within 5 % of 1.
	Tie

	// Worse means worse than the best with a corrected p <= 0.05.
	Worse

	// Undecided means that the samples neither show a difference from the best nor exclude one of
	// more than 5 %; see Cell.Why. It is never a tie.
	Undecided
)

// String returns the name of s in lower case, as CSV and JSON have it.
func (s Standing) String() string {
	return [...]string{"unranked", "best", "tie", "worse", "undecided"}[s]
}

// Primary returns the unit to show first: a unit that decides, sec/op, or else the first unit of the
// text.
//
// The order of the text decides where neither rule applies, because authors write the unit first
// that they measure.
func (t *Table) Primary() *Unit {
	primary := t.Units[0]
	for _, u := range t.Units {
		if u.Decides {
			return u
		}
		if u.Name == "sec/op" {
			primary = u
		}
	}
	return primary
}

// Others returns the units of t without the primary one and without the units of noise, which
// measure the machine and not the benchmark.
func (t *Table) Others() []*Unit {
	var others []*Unit
	for _, u := range t.Units {
		if u != t.Primary() && !isNoise(u.Name) {
			others = append(others, u)
		}
	}
	return others
}

// ShowsRow reports whether row i belongs into a table of u. A row that was measured in other
// units only would be empty there.
func (t *Table) ShowsRow(u *Unit, i int) bool {
	return u == t.Primary() ||
		slices.ContainsFunc(u.Cells[i], func(c *Cell) bool { return c != nil })
}

// EachCell calls visit for every measured cell of the primary units.
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

// Compares reports whether any cell of u is compared with the base column.
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

// NoisePrefix begins the names of units that measure the machine and not the benchmark.
const NoisePrefix = "noise-"

func isNoise(unit string) bool { return strings.HasPrefix(unit, NoisePrefix) }
