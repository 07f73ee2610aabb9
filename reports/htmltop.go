package reports

import (
	"fmt"
	"strings"
)

// A top is what comes before the answer: what there is to know before any of it is believed.
type top struct {
	State     string // class of the banner: good, warn or neutral
	Headline  string
	Partial   []string
	Broken    []string
	NotListed int
	Failures  []string
	Notes     []string
}

func newTop(c *Comparison) top {
	t := top{State: bannerState(c), Headline: headline(c), Failures: c.failures()}
	for _, note := range append(c.Noise().Warnings, c.Notes...) {
		t.Notes = append(t.Notes, clipped(note))
	}
	for _, f := range c.Log.Files {
		if f.Partial() && len(c.Log.Files) > 1 { // of a single file the headline says it
			t.Partial = append(t.Partial, fmt.Sprintf("%s is partial: %d of %d planned samples",
				clipped(printable(f.Label)), f.Present, f.Planned))
		}
	}
	var more int
	if t.Partial, more = firstOf(t.Partial, maxListed); more > 0 {
		t.Partial = append(t.Partial, andMore(more, "partial file"))
	}
	broken, more := firstOf(c.Log.Broken, maxListed)
	for _, b := range broken {
		t.Broken = append(t.Broken, clipped(brokenLine(b)))
	}
	t.NotListed = more
	return t
}

func bannerState(c *Comparison) string {
	wrong := len(c.Log.Broken) + len(c.Log.Failures) + len(c.Notes) + len(c.Noise().Warnings)
	switch {
	case c.completeness() == "partial", wrong > 0:
		return "warn"
	case c.completeness() == "complete":
		return "good"
	}
	return "neutral"
}

func headline(c *Comparison) string {
	present, planned := 0, 0
	for _, f := range c.Log.Files {
		present, planned = present+f.Present, planned+f.Planned
	}
	size := fmt.Sprintf("%s with %s each, %s.", plural(c.cellCount(), "cell"),
		c.sampleCount(), plural(len(c.Log.Broken), "broken line"))
	switch c.completeness() {
	case "complete":
		return fmt.Sprintf("Complete: %d of %d planned samples. %s", present, planned, size)
	case "partial":
		return fmt.Sprintf("Partial: %d of %d planned samples. %s", present, planned, size)
	}
	return size + " The text states no plan, so whether it is complete is unknown."
}

// answers is a table with a row for each kind of work.
type answers struct {
	Kind string // what sets the tables apart: workload
	Rows []answerRow
	More string
}

type answerRow struct {
	Link, Family string
	Why          string // no answer
	Use          []name
	Depends      []choice
	Safest       *name
	Worst        string
	Prices       []price
}

// A choice is what to use in some of the rows.
type choice struct {
	Use  []name
	Rows string
}

// A price is said without the name of the column if it can only be one.
type price struct {
	Who                *name
	Times, Unit, Where string
}

// A name is one of the columns, with the class of its colour.
type name struct{ Text, Class string }

// maxAnswers is more kinds of work than anybody tells apart; maxPrices keeps a row to a few lines.
const (
	maxAnswers = 60
	maxPrices  = 2
	maxChoices = 8
)

func newAnswers(c *Comparison) answers {
	names := namesOf(c)
	list, more := firstOf(c.Answers(), maxAnswers)
	a := answers{Kind: commonKey(c), More: andMore(more, "table")}
	for i, answer := range list {
		row := answerRow{
			Link:   tableID(i),
			Family: clipped(familyName(c, answer.Table)),
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

func (r *answerRow) depends(a Answer, names columnNames) {
	groups, more := firstOf(a.Depends(), maxChoices)
	for _, g := range groups {
		r.Depends = append(r.Depends, choice{names.all(g.Best), clipped(some(g.Rows))})
	}
	if more > 0 {
		r.Depends = append(r.Depends, choice{Rows: andMore(more, "case") + ": see the heat map"})
	}
	if a.Safest != "" {
		safest := names.one(a.Safest)
		r.Safest, r.Worst = &safest, times(a.Worst)
	}
}

func (r *answerRow) price(a Answer, names columnNames) {
	for _, p := range a.Prices[:min(len(a.Prices), maxPrices)] {
		shown := price{Times: times(p.Times), Unit: clipped(printable(p.Unit))}
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
type columnNames map[string]name

func namesOf(c *Comparison) columnNames {
	names := make(columnNames)
	for i, col := range c.Cols {
		names[col] = name{col, colorClass(i)}
	}
	return names
}

// The class has a color and a marker in page.css; there are eight.
func colorClass(col int) string { return fmt.Sprintf("c%d", col%8+1) }

func (n columnNames) one(col string) name {
	found := n[col]
	found.Text = clipped(found.Text)
	return found
}

func (n columnNames) all(cols []string) []name {
	var list []name
	cols, more := firstOf(cols, maxChoices)
	for _, col := range cols {
		list = append(list, n.one(col))
	}
	if more > 0 {
		list = append(list, name{Text: andMore(more, "column")})
	}
	return list
}

// commonKey is the key that sets all tables apart, if it is one: workload.
func commonKey(c *Comparison) string {
	for _, t := range c.Tables {
		if len(t.Config) != 1 {
			return ""
		}
	}
	return clipped(c.Tables[0].Config[0].Key)
}

// familyName leaves the key out where a heading says it.
func familyName(c *Comparison, t *Table) string {
	switch {
	case commonKey(c) != "":
		return t.Config[0].Value
	case len(t.Config) == 0:
		return "all benchmarks"
	}
	return t.heading()
}

// A machine is where it was measured, and how quietly.
type machine struct {
	Facts   []Fact
	More    string
	Floor   string
	Unknown bool
	Cells   string
	Typical string
	High    string
	Units   []machineUnit
}

type machineUnit struct{ Name, Median, Max string }

const maxFacts = 40

func newMachine(c *Comparison) machine {
	n := c.Noise()
	m := machine{Floor: n.String(), Unknown: n.Cells == 0, Cells: plural(n.Cells, "cell"),
		Typical: percent(n.Typical), High: percent(n.High)}
	facts, more := firstOf(c.Facts, maxFacts)
	for _, f := range facts {
		m.Facts = append(m.Facts, Fact{clipped(f.Key), clipped(f.Value)})
	}
	m.More = andMore(more, "line")
	machineUnits, _ := firstOf(n.Machine, maxFacts)
	for _, u := range machineUnits {
		name := strings.TrimPrefix(printable(u.Unit), noisePrefix)
		m.Units = append(m.Units, machineUnit{clipped(name), measure(u.Median, u.Unit),
			measure(u.Max, u.Unit)})
	}
	return m
}
