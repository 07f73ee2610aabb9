package draw

import (
	"fmt"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/internal/format"
)

// answers is a table with a row for each kind of work.
type answerSection struct {
	Kind string // what sets the tables apart: workload
	Rows []answerRow
	More string
}

type answerRow struct {
	Link, Family string
	Why          string // no answer
	Use          []columnName
	Depends      []answerChoice
	Safest       *columnName
	Worst        string
	Prices       []answerPrice
}

// A choice is what to use in some of the rows.
type answerChoice struct {
	Use  []columnName
	Rows string
}

// A price is said without the name of the column if it can only be one.
type answerPrice struct {
	Who                *columnName
	Times, Unit, Where string
}

// A name is one of the columns, with the class of its colour.
type columnName struct{ Text, Class string }

// maxAnswers is more kinds of work than anybody tells apart; maxPrices keeps a row to a few lines.
const (
	maxAnswers = 60
	maxPrices  = 2
	maxChoices = 8
)

func newAnswerSection(c *compare.Comparison) answerSection {
	names := newColumnNames(c)
	list, more := firstOf(c.Answers(), maxAnswers)
	a := answerSection{Kind: commonKey(c), More: andMore(more, "table")}
	for i, answer := range list {
		row := answerRow{
			Link:   tableID(i),
			Family: clipped(tableName(c, answer.Table)),
			Why:    answer.Why,
			Use:    names.all(answer.Use),
		}
		if len(answer.Use) == 0 && answer.Why == "" {
			row.depends(answer, names)
		}
		row.price(answer, names)
		a.Rows = append(a.Rows, row)
	}
	return a
}

func (r *answerRow) depends(a compare.Answer, names namesByColumn) {
	groups, more := firstOf(a.Depends(), maxChoices)
	for _, g := range groups {
		r.Depends = append(r.Depends, answerChoice{names.all(g.Best), clipped(compare.RowNames(g.Rows))})
	}
	if more > 0 {
		r.Depends = append(r.Depends, answerChoice{Rows: andMore(more, "case") + ": see the heat map"})
	}
	if a.Safest != "" {
		safest := names.one(a.Safest)
		r.Safest, r.Worst = &safest, format.Ratio(a.Worst)
	}
}

func (r *answerRow) price(a compare.Answer, names namesByColumn) {
	for _, p := range a.Prices[:min(len(a.Prices), maxPrices)] {
		shown := answerPrice{Times: format.Ratio(p.Times), Unit: clipped(escape.Printable(p.Unit))}
		if len(a.Use) != 1 {
			who := names.one(p.Col)
			shown.Who = &who
		}
		if len(a.Table.Rows) > 1 {
			shown.Where = clipped(p.Row.Shape)
		}
		r.Prices = append(r.Prices, shown)
	}
}

// columnNames are the columns of a comparison, each with its color.
type namesByColumn map[string]columnName

func newColumnNames(c *compare.Comparison) namesByColumn {
	names := make(namesByColumn)
	for i, col := range c.Cols {
		names[col] = columnName{col, colorClass(i)}
	}
	return names
}

// The class has a color and a marker in page.css; there are eight.
func colorClass(col int) string { return fmt.Sprintf("c%d", col%8+1) }

func (n namesByColumn) one(col string) columnName {
	found := n[col]
	found.Text = clipped(found.Text)
	return found
}

func (n namesByColumn) all(cols []string) []columnName {
	var list []columnName
	cols, more := firstOf(cols, maxChoices)
	for _, col := range cols {
		list = append(list, n.one(col))
	}
	if more > 0 {
		list = append(list, columnName{Text: andMore(more, "column")})
	}
	return list
}

// commonKey is the key that sets all tables apart, if it is one: workload.
func commonKey(c *compare.Comparison) string {
	for _, t := range c.Tables {
		if len(t.Config) != 1 {
			return ""
		}
	}
	return clipped(c.Tables[0].Config[0].Key)
}

// familyName leaves the key out where a heading says it.
func tableName(c *compare.Comparison, t *compare.Table) string {
	switch {
	case commonKey(c) != "":
		return t.Config[0].Value
	case len(t.Config) == 0:
		return "all benchmarks"
	}
	return t.Heading()
}
