package draw

import (
	"fmt"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/internal/page"
	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/internal/format"
)

// An answerSection is a table of recommendations, with a row for each table of the comparison.
type answerSection struct {
	Kind string // the key that sets the tables apart: workload
	Job  compare.Job
	Rows []answerRow
	More string

	Requirement string // which needs decided
}

// An answerRow is the recommendation for one table. Use, or Depends and Safest, or Why is set.
// Open goes with Use, or stands alone with Undecided.
//
// The fields are texts and not the Answer itself, since a template has no place for rules: what
// a row says is decided by package compare.
type answerRow struct {
	Link, Family string
	Why          string // why there is no answer
	Change       string // what the second of two files changed
	Use, Open    []columnName
	Even         bool   // a tie of all columns
	Shown        string // what the samples could have shown of Open
	Depends      []answerChoice
	Safest       *columnName
	Worst, Most  string // how far behind the best it is in its worst row, and surely at most
	Prices       []answerPrice
	Unfit        string // the price of the needs
	Choose       bool   // the other rows recommend columns
}

// Choose reports whether the answers recommend columns.
func (a answerSection) Choose() bool { return a.Job == compare.Choose }

// An answerChoice is a recommendation for some of the rows.
type answerChoice struct {
	Use, Open []columnName // Open if Use is empty: the rows are undecided between these
	Rows      string
}

// An answerPrice is a unit in which a recommended column costs much. Column is nil if only one
// column is recommended.
type answerPrice struct {
	Column             *columnName
	Times, Unit, Where string
	Sizes              string // "3.2ms against 1.1µs"
}

// maxAnswers is more tables than a reader tells apart. maxPrices and maxChoices keep a row to a
// few lines.
const (
	maxAnswers = 60
	maxPrices  = 2
	maxChoices = 8
)

// newAnswerSection prepares the answers of c for the page.
//
// A long list of requirements or of reasons is clipped at twice the usual length: it is the
// sentence that a reader came for.
func newAnswerSection(c *compare.Comparison) answerSection {
	names := newColumnNames(c)
	list, more := page.First(c.Answers(), maxAnswers)
	a := answerSection{Kind: commonKey(c), Job: c.Job(), More: andMore(more, "table"),
		Requirement: clippedAt(c.Requirement(), 2*maxText)}
	for i, answer := range list {
		a.Rows = append(a.Rows, newAnswerRow(c, i, answer, names))
	}
	return a
}

// newAnswerRow prepares the answer for table i.
func newAnswerRow(c *compare.Comparison, i int, answer compare.Answer, names namesByColumn) answerRow {
	row := answerRow{
		Link:   tableID(i),
		Family: clipped(tableName(c, answer.Table)),
		Choose: c.Job() == compare.Choose,
		Why:    answer.Why,
		Change: clippedAt(answer.Change, 2*maxText),
		Use:    names.all(answer.Use),
		Open:   names.all(answer.Open),

		Even:  answer.Even,
		Shown: strings.Join(answer.OpenNotes(), "; "),
	}
	if answer.Undecided() != "" && len(answer.Open) == 1 && len(answer.Rows) > 1 {
		row.Shown = "or it depends; " + row.Shown
	}
	if answer.Unfit != nil {
		row.Unfit = clippedAt(answer.Unfit.String(), 2*maxText)
	}
	// Only an answer that names no column for all rows depends on the row. An answer with a
	// reason or a change has nothing to choose.
	if len(answer.Use)+len(answer.Open) == 0 && answer.Why+answer.Change == "" {
		row.depends(answer, names)
	}
	row.price(answer, names)
	return row
}

// depends fills in a recommendation that depends on the row.
//
// The safest column stands beside the groups for readers that want one column whatever the row.
// It is the column that loses least where it loses most.
func (r *answerRow) depends(a compare.Answer, names namesByColumn) {
	groups, more := page.First(a.Depends(), maxChoices)
	for _, g := range groups {
		r.Depends = append(r.Depends, answerChoice{
			names.all(g.Best), names.all(g.Open), clipped(compare.RowNames(g.Rows)),
		})
	}
	if more > 0 {
		r.Depends = append(
			r.Depends, answerChoice{Rows: andMore(more, "case") + ": see the heat map"},
		)
	}
	if a.Safest != "" {
		safest := names.one(a.Safest)
		r.Safest, r.Worst, r.Most = &safest, format.Ratio(a.Worst), a.SurelyAtMost()
	}
}

// price fills in the most important prices.
//
// The column is named only where several are recommended, and the row only where the table has
// several: each would repeat what the line says already.
func (r *answerRow) price(a compare.Answer, names namesByColumn) {
	for _, p := range a.Prices[:min(len(a.Prices), maxPrices)] {
		shown := answerPrice{Times: format.Ratio(p.Times), Unit: clipped(escape.Printable(p.Unit)),
			Sizes: p.Sizes()}
		if len(a.Use) != 1 {
			column := names.one(p.Col)
			shown.Column = &column
		}
		if len(a.Table.Rows) > 1 {
			shown.Where = clipped(p.Row.Shape)
		}
		r.Prices = append(r.Prices, shown)
	}
}

// namesByColumn finds the columns of a comparison by name, each with its colour.
// A colour belongs to the place of a column in the whole comparison. So a column has one colour
// in every table, chart and sentence of the page.
type namesByColumn map[string]columnName

func newColumnNames(c *compare.Comparison) namesByColumn {
	names := make(namesByColumn)
	for i, col := range orderedColumns(c) {
		names[col] = columnName{col, colorClass(i)}
	}
	return names
}

// colorClass returns the CSS class of a column. Its colour and marker are in page.css, which has
// eight.
//
// From the ninth column on colours repeat. More than eight are not told apart anyway, and the
// name stands beside each.
func colorClass(col int) string { return fmt.Sprintf("c%d", col%8+1) }

// one returns a column, with its name shortened for display.
func (n namesByColumn) one(col string) columnName {
	found := n[col]
	found.Text = clipped(found.Text)
	return found
}

// all returns the first columns, and counts the others.
func (n namesByColumn) all(cols []string) []columnName {
	var list []columnName
	cols, more := page.First(cols, maxChoices)
	for _, col := range cols {
		list = append(list, n.one(col))
	}
	if more > 0 {
		list = append(list, columnName{Text: andMore(more, "column")})
	}
	return list
}

// commonKey returns the key that alone sets all tables apart, such as workload, or "".
//
// Clipping makes the result unusable as a key for lookups; it is for display and for the
// comparison with "".
func commonKey(c *compare.Comparison) string {
	for _, t := range c.Tables {
		if len(t.Config) != 1 {
			return ""
		}
	}
	return clipped(c.Tables[0].Config[0].Key)
}

// tableName names t. If one key sets all tables apart, the heading names it, and only the value
// is left.
func tableName(c *compare.Comparison, t *compare.Table) string {
	switch {
	case commonKey(c) != "":
		return t.Config[0].Value
	case len(t.Config) == 0:
		return "all benchmarks"
	}
	return t.Heading()
}

const mostNeeds = 6 // 2^6 choices

const mostTexts = 20_000 // of all choices together: packed they take about 50 kB

const mostCells = 5_000 // each set of columns has statistics of its own

// addChoices adds the switches of needs and costs, if the text declares needs by which columns differ.
// Needs that the comparison requires and no switch shows stay required in each choice.
func (a *pageBuilder) addChoices() {
	if a.c.Job() != compare.Choose {
		return
	}
	chooser := compare.NewChooser(a.c)
	d := choiceData{Needs: chooser.Needs(), Weight: int(a.c.Weight)}
	cells := 0
	for _, t := range a.c.Tables {
		cells += len(t.Rows) * len(t.Cols)
	}
	names, rows := newColumnNames(a.c), make(map[string]int)
	weights := []compare.Weight{compare.Throughput, compare.Latency, compare.CPU}
	if n := len(d.Needs); n == 0 || n > mostNeeds || cells > mostCells ||
		len(weights)<<n*min(len(a.c.Tables), maxAnswers) > mostTexts {
		return
	}
	for i, need := range d.Needs {
		if slices.Contains(a.c.Required, need) {
			d.Chosen |= 1 << i
		}
	}
	for _, w := range weights {
		d.Weights = append(d.Weights, w.String())
		for choice := range 1 << len(d.Needs) {
			require := chosenNeeds(a.c.Required, d.Needs, choice)
			if err := d.add(a.c, chooser, names, rows, require, w); err != nil {
				a.err = err
				return
			}
		}
	}
	if a.addBlock("choice-answers", d, 0) {
		a.page.Choices = &d
	}
}

// chosenNeeds returns the needs of a choice: first the needs of the page that are not switched off, in
// their order, then the needs that are switched on. It is never nil, which would mean the needs
// of the text.
func chosenNeeds(required, needs []string, choice int) []string {
	list := []string{}
	on := func(i int) bool { return choice>>i&1 == 1 }
	for _, need := range required {
		if i := slices.Index(needs, need); i < 0 || on(i) {
			list = append(list, need)
		}
	}
	for i, need := range needs {
		if on(i) && !slices.Contains(required, need) {
			list = append(list, need)
		}
	}
	return list
}

// add adds the answers of one choice. rows has the number of each row that some choice before has.
func (d *choiceData) add(c *compare.Comparison, chooser *compare.Chooser, names namesByColumn, rows map[string]int,
	require []string, w compare.Weight) error {
	answers, requirement := chooser.Answers(require, w)
	d.Words = append(d.Words, clippedAt(requirement, 2*maxText))
	var list []int
	for i, answer := range answers[:min(len(answers), maxAnswers)] {
		html, err := rendered("answer", newAnswerRow(c, i, answer, names))
		if err != nil {
			return err
		}
		n, known := rows[string(html)]
		if !known {
			n = len(d.Rows)
			rows[string(html)] = n
			d.Rows = append(d.Rows, string(html))
		}
		list = append(list, n)
	}
	d.Lists = append(d.Lists, list)
	return nil
}
