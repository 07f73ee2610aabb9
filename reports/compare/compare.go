// Package compare puts benchmark results into tables and computes what they say of each other.
//
//	c, err := compare.Compare(log, compare.Options{})
//	for _, answer := range c.Answers() {
//		fmt.Println(answer)
//	}
//
// The steps, in the order of the calls: a grouper sorts the series of a [read.Log] into tables,
// rows and columns; rowStatistics computes the summaries of each row and its comparisons with
// the base and the best; Holm's procedure corrects the p-values; and each cell gets a
// [Standing]. [Comparison.Answers], [Comparison.Noise], [Table.Scaling] and [Table.Percentiles]
// derive recommendations, the noise floor and curves from the result.
//
// # What this does not show
//
// See package reports, whose documentation lists the limits of the statistics.
package compare

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/semabench/semabench/reports/read"
)

// Options says how to compare. The zero value means the defaults that the fields name.
type Options struct {
	// Col is the projection whose values become the columns, in the syntax of
	// golang.org/x/perf/benchproc: "/impl", ".file", "commit", "/impl@(channel cond)". "" means
	// "/impl" if any benchmark name has that key, and ".file" otherwise.
	Col string

	// Family says which tests are corrected together; see [Versus.Corrected].
	Family Family
}

// Compare puts the results of log into tables and computes their statistics. It returns an error
// if log has no results, if the projection of o is malformed, or if no result has a value for it:
// the comparison would have a single column without a name.
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
		return nil, fmt.Errorf("comparing by %q: %w", by, err)
	}
	c := g.comparison(log)
	c.By, c.Family = by, o.Family
	computeStatistics(c, log.Units)
	c.Notes = append(slices.Clone(log.Notes), compareNotes(c)...)
	return c, nil
}

// defaultCol prefers the implementations of one file to whole files.
func defaultCol(log *read.Log) string {
	for _, s := range log.Series {
		if strings.Contains(s.Name, "/impl=") {
			return "/impl"
		}
	}
	return ".file"
}

// compareNotes returns a warning if no row has more than one column. The usual reason is that the
// columns also differ in a configuration key, and results of different configuration never share
// a table.
func compareNotes(c *Comparison) []string {
	if len(c.Cols) < 2 || slices.ContainsFunc(c.Tables, (*Table).compares) {
		return nil
	}
	note := "nothing is compared: no row was measured in more than one column"
	keys := []string{c.By}
	for _, f := range c.Tables[0].Config {
		keys = append(keys, f.Key)
	}
	if len(keys) > 1 {
		note += fmt.Sprintf("; the columns differ in %s, and different configurations are never "+
			"mixed; to compare across it, compare by %q",
			strings.Join(keys[1:], ", "), strings.Join(keys, ","))
	}
	return []string{note}
}

// compares reports whether some row of t was measured in more than one column.
func (t *Table) compares() bool {
	for _, row := range t.Primary().Cells {
		measured := 0
		for _, c := range row {
			if c != nil {
				measured++
			}
		}
		if measured > 1 {
			return true
		}
	}
	return false
}
