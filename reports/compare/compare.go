// Package compare puts benchmark results into tables and computes what they say of each other.
//
//	c, err := compare.Compare(log, compare.Options{})
//	for _, answer := range c.Answers() {
//		fmt.Println(answer)
//	}
//
// The steps, in the order of the calls: a grouper sorts the series of a [read.Log] into tables,
// rows and columns; rowStatistics computes the summaries of each row and tests all pairs of its
// cells; Holm's procedure corrects the p-values; the intervals follow at the corrected level; and
// each cell gets a [Standing]. [Comparison.Answers], [Comparison.Noise], [Table.Scaling] and
// [Table.Percentiles] derive recommendations, the noise floor and curves from the result.
//
// # How often the verdicts are wrong
//
// The figures below come from simulated tables of one row whose truth is known, 2000 tables for
// each line and each noise. Either all columns are equal, or all but the first are worse by 5.1 %
// or by 10 %. The logarithms have a normal distribution with a standard deviation (the noise) of 1,
// 5 and 20 %. Each figure is the percentage of the tables with at least one
//
//   - false worse: a cell is called worse, and all are equal;
//   - false best: one column alone is recommended, and it is not the only best one;
//   - wrong tie: two cells that are 5.1 % or 10 % apart are called a tie;
//   - bad advice: a column that is worse by 5.1 %, or by 10 %, is among the recommended;
//   - no advice: no column is recommended, with noise of 1, 5 and 20 %.
//
// In the first five columns of figures, the greatest figure of the three noises is shown. Each is
// promised to be at most 5 %, and every figure of this first table is within one standard error of that.
//
//	columns n    false  false  wrong   bad advice       no advice: equal   10 % apart
//	             worse  best   tie     5.1 %    10 %       1    5   20       1    5   20
//	2      5     3.2    3.1    1.9     4.0       2.5        0   38   82       0    2   72
//	2      8     5.2    5.2    2.9     4.5       1.4        0   17   80       0    0   64
//	2     10     5.2    5.2    2.5     4.4       1.4        0    9   76       0    0   59
//	2     20     4.5    4.0    4.1     4.8       0.8        0    0   66       0    0   30
//	4      5     2.8    0.0    0.3     2.2       0.3        0   87   99       0   16   98
//	4      8     2.6    0.1    0.8     2.6       0.2        0   65   99       0    0   96
//	4     10     3.1    0.1    2.0     2.9       0.1        0   49   98       0    0   93
//	4     20     4.2    0.1    3.2     3.3       0.2        0    5   96       0    0   74
//	8      5     0.0    0.0    0.0     0.0       0.0      100  100  100     100  100  100
//	8      8     1.9    0.1    0.1     1.7       0.0        0   94  100       0    6  100
//	8     10     3.0    0.0    0.8     1.6       0.0        0   83  100       0    0  100
//	8     20     4.3    0.0    3.0     3.0       0.0        0   22  100       0    0   94
//
// Other shapes of noise follow, each with 2, 5 and 12 columns of 4 to 50 samples, in tables of 1 and of 20 rows. Each
// figure is the greatest of these. One false cell in 20 rows counts. In the last line each of 3, 6 or 12 columns is
// worse than the column before by 2, 3, 5.1 or 10 %.
//
//	noise                                  false  false  wrong   bad advice
//	                                       worse  best   tie     5.1 %    10 %
//	half of the values are 25 % greater    5.8    5.2    2.9     4.4       0.6
//	Student, 2 degrees of freedom, 3 %     5.6    3.5    3.1     4.8       0.1
//	exponential, 3 %                       5.2    1.2    1.9     3.4       0.0
//	3 %, in steps of 1 %                   5.3    2.8    2.4     2.6       0.0
//	a drift that all columns share         0.9    0.8    1.2     1.4       0.0
//	the best has 1 %, the others 20 %      5.4    5.2    0.5     5.3       1.7
//	the best has 20 %, the others 1 %      5.3    5.3    0.6     4.8       1.9
//	a staircase of 1 to 20 %               0.6    0.0    1.4     1.9       0.3
//
// These figures of 2000 tables have a standard error of 0.5, and each is the greatest of up to 144. Noise that differs
// twentyfold exceeds the promise a little: 10 000 further tables of 2 columns, 6 samples and 20 rows
// had a false worse in 5.6 and 5.7 %, where the standard error is 0.2. With 20 samples it was 3.4 %.
//
// An answer with undecided columns names the column that cannot be far behind the best, and a bound for how far
// it may be; see [Bound]. That column was worse than the bound in 4.4 % of the tables at most.
//
// A rank test has a smallest p that depends on n alone: with 8 columns and n = 5 no difference can
// be shown. More columns and rows need more samples, and so does noise. The command is
//
//	SEMABENCH_LONG=1 go test ./reports/compare -run FalseAnswers -v
//
// # What this does not show
//
// See package reports, whose documentation lists the limits of the statistics.
package compare

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/reports/read"
	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchproc"
)

// Compare puts the results of log into tables and computes their statistics. It returns an error
// if log has no results, if the projection of o is malformed, or if no result has a value for it:
// the comparison would have a single column without a name.
//
// The order matters. Needs are checked before the statistics, which may take seconds. fitting
// makes statistics of its own. The notes come last, since they describe the tables.
func Compare(log *read.Log, o Options) (*Comparison, error) {
	if log == nil || len(log.Series) == 0 {
		return nil, errors.New("comparing: no results")
	}
	by := o.Col
	if by == "" {
		by = defaultCol(log)
	}
	g, err := newGrouper(by)
	if err != nil {
		return nil, fmt.Errorf("comparing by %q: %w", by, err)
	}
	for _, s := range log.Series {
		if err := g.add(s); err != nil {
			return nil, fmt.Errorf("comparing by %q: %w", by, err)
		}
	}
	if err := g.mustHaveColumns(); err != nil {
		return nil, fmt.Errorf("comparing by %q: %w%s", by, err, nameKeys(log))
	}
	c := g.comparison(log)
	c.By, c.Family = by, o.Family
	if err := c.setNeeds(o); err != nil {
		return nil, err
	}
	computeStatistics(c, log.Units)
	c.fit = c.fitting()
	c.Notes = slices.Concat(log.Notes, compareNotes(c), c.pooledNotes(), c.contentionNotes())
	c.share = c.operationShare(o.Operation)
	c.Noise() // now: the outputs read it, and may do so at the same time
	return c, nil
}

// defaultCol prefers the implementations of one file to whole files.
//
// A text that compares implementations has the key /impl in its names. In a text without it, the
// usual question is about the change between two files.
func defaultCol(log *read.Log) string {
	for _, s := range log.Series {
		if strings.Contains(s.Name, "/impl=") {
			return "/impl"
		}
	}
	return ".file"
}

// compareNotes returns a warning if no two columns have a row in one unit, with the reason and the next step.
//
// Without the note the output would be tables without a single ratio, and a user would look for
// the fault in the statistics.
func compareNotes(c *Comparison) []string {
	if len(c.Cols) < 2 || slices.ContainsFunc(c.Tables, (*Table).compares) {
		return nil
	}
	keys := []string{c.By}
	for _, f := range c.Tables[0].Config {
		keys = append(keys, f.Key)
	}
	var why string
	switch {
	case len(keys) > 1:
		why = fmt.Sprintf("no row was measured in more than one column; the columns differ in %s, and different "+
			"configurations are never mixed; to compare across it: -col %s",
			strings.Join(keys[1:], ", "), strings.Join(keys, ","))
	case slices.ContainsFunc(c.Tables, (*Table).sharesRows):
		why = "no row was measured in the same unit in more than one column"
	case c.differsInProcs():
		why = fmt.Sprintf("the names of the rows differ in GOMAXPROCS, the number at their end; to compare across it: "+
			"-col %s,/gomaxprocs", c.By)
	default:
		why = "no row was measured in more than one column; the names of the benchmarks must be equal, also their " +
			"capital letters and the parts behind slashes"
	}
	return []string{"nothing is compared: " + why}
}

// compares reports whether some row of t was measured in more than one column, in one unit.
func (t *Table) compares() bool {
	return slices.ContainsFunc(t.Units, func(u *Unit) bool {
		return slices.ContainsFunc(u.Cells, func(row []*Cell) bool { return measured(row) > 1 })
	})
}

// sharesRows reports whether some row of t was measured in more than one column, in any units.
func (t *Table) sharesRows() bool {
	for i := range t.Rows {
		cols := make([]*Cell, len(t.Cols))
		for _, u := range t.Units {
			for col, c := range u.Cells[i] {
				cols[col] = cmp.Or(cols[col], c)
			}
		}
		if measured(cols) > 1 {
			return true
		}
	}
	return false
}

func measured(row []*Cell) (n int) {
	for _, c := range row {
		if c != nil {
			n++
		}
	}
	return n
}

// procs is the end of a name by which package testing says GOMAXPROCS.
var procs = regexp.MustCompile("-[0-9]+$")

// differsInProcs reports whether rows of two columns have the same name but for GOMAXPROCS.
func (c *Comparison) differsInProcs() bool {
	first := make(map[string]int) // the column of a name without GOMAXPROCS
	for _, t := range c.Tables {
		for i, row := range t.Rows {
			name := procs.ReplaceAllString(row.Name, "")
			for col, cell := range t.Primary().Cells[i] {
				if cell == nil {
					continue
				}
				at := slices.Index(c.Cols, t.Cols[col])
				if other, known := first[name]; known && other != at {
					return true
				}
				first[name] = at
			}
		}
	}
	return false
}

// A grouper sorts series into tables, rows and columns. benchproc computes the three keys of a
// series; benchstat does the same.
//
// groups and tables hold the same keys; the slice keeps the order in which the text has them, as
// a map has none.
type grouper struct {
	// removes the results that an order like /impl@(a b) does not name
	filter                *benchproc.Filter
	tableBy, rowBy, colBy *benchproc.Projection

	groups map[benchproc.Key]*group
	tables []benchproc.Key // in order of first appearance
	cols   map[benchproc.Key]bool

	lastSeries *read.Series
	last       *benchfmt.Result
}

// A group collects the results of one table.
type group struct {
	rows, cols map[benchproc.Key]bool
	units      []string // in order of first appearance
	values     map[cellKey][]*read.Series
}

// A cellKey is the place of a cell within its table.
type cellKey struct{ row, col benchproc.Key }

// newGrouper parses the projection of the columns. The keys of the configuration and of the name
// that are not columns make the tables and the rows.
//
// A key of the columns must be in no other projection: each column would then have rows or
// tables of its own, and nothing would be compared.
func newGrouper(by string) (*grouper, error) {
	g := &grouper{groups: make(map[benchproc.Key]*group), cols: make(map[benchproc.Key]bool)}
	var err error
	if g.filter, err = benchproc.NewFilter("*"); err != nil {
		return nil, err
	}
	var parser benchproc.ProjectionParser
	if g.colBy, err = parser.Parse(by, g.filter); err != nil {
		return nil, err
	}
	// The file is no part of .config. Without naming it here, the results of two files would
	// share a sample.
	if g.tableBy, err = parser.Parse(without(g.colBy, ".config", ".file"), g.filter); err != nil {
		return nil, err
	}
	g.rowBy, err = parser.Parse(without(g.colBy, ".fullname"), g.filter)
	return g, err
}

// without joins keys to a projection, leaving out the keys that cols projects already.
func without(cols *benchproc.Projection, keys ...string) string {
	for _, f := range cols.Fields() {
		keys = slices.DeleteFunc(keys, func(k string) bool { return k == f.Name })
	}
	return strings.Join(keys, ",")
}

// add puts a series into its cell. The values stay where they are; a million lines are some
// thousands of series.
//
// A result that the filter refuses is left out without an error: the user has named the values
// to keep.
func (g *grouper) add(s *read.Series) error {
	r := g.result(s)
	if ok, err := g.filter.Apply(r); !ok {
		return err
	}
	table, row, col := g.tableBy.Project(r), g.rowBy.Project(r), g.colBy.Project(r)
	t := g.groups[table]
	if t == nil {
		t = &group{
			rows:   make(map[benchproc.Key]bool),
			cols:   make(map[benchproc.Key]bool),
			values: make(map[cellKey][]*read.Series),
		}
		g.groups[table] = t
		g.tables = append(g.tables, table)
	}
	t.rows[row], t.cols[col], g.cols[col] = true, true, true
	for _, v := range s.Units {
		if !slices.Contains(t.units, v.Unit) {
			t.units = append(t.units, v.Unit)
		}
	}
	at := cellKey{row, col}
	t.values[at] = append(t.values[at], s)
	return nil
}

// result returns s in the form that a projection reads. Series of the same configuration share
// one result, because benchproc makes an index of each configuration that it sees.
//
// Only the last configuration is kept, because a text changes it rarely and then for good. Names
// and values are overwritten: a projection copies what it keeps.
func (g *grouper) result(s *read.Series) *benchfmt.Result {
	if g.lastSeries == nil || !read.SameConfig(g.lastSeries, s) {
		g.last = &benchfmt.Result{Config: s.ConfigLines()}
	}
	g.lastSeries = s
	g.last.Name = append(g.last.Name[:0], s.Name...)
	g.last.Values = g.last.Values[:0]
	for _, v := range s.Units {
		g.last.Values = append(g.last.Values, benchfmt.Value{Unit: v.Unit})
	}
	return g.last
}

// mustHaveColumns returns an error if the columns have no name: the key is misspelled, or the
// filter of its order matches nothing.
//
// One result with a value is enough. Results without one stand in a column (none), where a
// reader sees them.
func (g *grouper) mustHaveColumns() error {
	if len(g.cols) == 0 {
		return errors.New("it leaves no result")
	}
	for col := range g.cols {
		if col.StringValues() != "" {
			return nil
		}
	}
	return errors.New("no result has a value for it")
}

// nameKeys returns the keys in the names of benchmarks, for the error about a key that no result
// has. The keys begin with a slash, so the error shows that -col impl lacks one. The order is the order
// of the first names; a text has a handful of keys, so a list does for a set.
func nameKeys(log *read.Log) string {
	var keys []string
	for _, s := range log.Series {
		for part := range strings.SplitSeq(s.Name, "/") {
			if key, _, ok := strings.Cut(part, "="); ok && !slices.Contains(keys, "/"+key) {
				keys = append(keys, "/"+key)
			}
		}
		if len(keys) > 10 {
			break // names that hold anything
		}
	}
	if len(keys) == 0 {
		return ""
	}
	return "; the names of benchmarks have " + strings.Join(keys, ", ")
}

// comparison builds the tables, without their statistics.
func (g *grouper) comparison(log *read.Log) *Comparison {
	facts, configs := splitConfiguration(g.tableBy, g.tables)
	c := &Comparison{Log: log, Facts: facts}
	for _, k := range sortedKeys(g.cols) {
		c.Cols = append(c.Cols, nameOf(k))
	}
	for i, key := range g.tables {
		c.Tables = append(c.Tables, g.groups[key].table(configs[i]))
	}
	shortenRowNames(c)
	return c
}

// table builds the table of t. Cells without results stay nil.
//
// The rectangle of cells is made even where few of them were measured. Pointers cost little, and
// every later step can index by row and column.
func (t *group) table(config []Fact) *Table {
	rows, cols := sortedKeys(t.rows), sortedKeys(t.cols)
	table := &Table{Config: config}
	for _, r := range rows {
		table.Rows = append(table.Rows, Row{Name: nameOf(r)})
	}
	for _, c := range cols {
		table.Cols = append(table.Cols, nameOf(c))
	}
	for _, name := range t.units {
		unit := &Unit{Name: name, Cells: make([][]*Cell, len(rows))}
		for i, row := range rows {
			unit.Cells[i] = make([]*Cell, len(cols))
			for j, col := range cols {
				if values := valuesOf(t.values[cellKey{row, col}], name); values != nil {
					unit.Cells[i][j] = &Cell{Values: values}
				}
			}
		}
		table.Units = append(table.Units, unit)
	}
	return table
}

// sortedKeys orders keys as their projection says, or else by first appearance.
func sortedKeys(set map[benchproc.Key]bool) []benchproc.Key {
	keys := make([]benchproc.Key, 0, len(set))
	for k := range set {
		keys = append(keys, k)
	}
	benchproc.SortKeys(keys)
	return keys
}

// nameOf returns the text of a key for display.
func nameOf(k benchproc.Key) string {
	if s := k.StringValues(); s != "" {
		return escape.Printable(s)
	}
	return noValue
}

// valuesOf returns the values of a cell in one unit, in the order of the text. A cell nearly
// always has a single series, whose values are shared and not copied.
func valuesOf(series []*read.Series, unit string) []float64 {
	var found []*read.Values
	for _, s := range series {
		for i := range s.Units {
			if s.Units[i].Unit == unit {
				found = append(found, &s.Units[i])
			}
		}
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
		return found[0].Values
	}
	return inOrder(found)
}

// inOrder merges the values of several series by line number. The series of a cell come from one
// file, unless the columns pool files on purpose; the order then has no meaning.
//
// The order matters for the noise floor and for the search for a jump, which both compare early
// with late samples.
func inOrder(series []*read.Values) []float64 {
	type placed struct {
		line  uint32
		value float64
	}
	var all []placed
	for _, s := range series {
		for i, v := range s.Values {
			all = append(all, placed{s.Lines[i], v})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.line, b.line) })
	values := make([]float64, len(all))
	for i, p := range all {
		values[i] = p.value
	}
	return values
}
