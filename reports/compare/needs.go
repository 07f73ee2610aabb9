package compare

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/reports/internal/format"
)

// A text may declare what its columns can do, in lines that benchmark tools skip:
//
//	Unit /impl require=no-burn,fifo
//	Unit /impl=spin no-burn=burns-a-core-for-each-waiter fifo=yes
//
// The first line names the needs that a column must meet to be recommended. The key of the other
// lines is the projection of the columns and the name of a column. The value of a need is yes, no, or
// what the column does instead, with hyphens for spaces. This package knows no need by name: a text
// about anything can declare any.

// columnKey returns the key whose values are the columns, or "" if the projection has several.
//
// A projection of several keys has no single name under which a text could declare anything.
func (c *Comparison) columnKey() string {
	key, _, _ := strings.Cut(c.By, "@")
	if strings.Contains(c.By, ",") {
		return ""
	}
	return key
}

// declared returns the value that a column declares for a need, "" if it declares none.
func (c *Comparison) declared(col, need string) string {
	if meta := c.Log.Units.Get(c.columnKey()+"="+col, need); meta != nil {
		return meta.Value
	}
	return ""
}

// setNeeds takes the needs from the options, or else from the text. A need of the options that no
// column declares is an error: it may be misspelled, and no column would meet it.
//
// The check is for needs of the options only. A text that requires a need which no column
// declares says so in its answers: no column meets it.
func (c *Comparison) setNeeds(o Options) error {
	c.Weight, c.Required = o.Weight, o.Require
	if o.Require == nil {
		if meta := c.Log.Units.Get(c.columnKey(), "require"); meta != nil && c.columnKey() != "" {
			c.Required = strings.Split(meta.Value, ",")
		}
		return nil
	}
	for _, need := range o.Require {
		declares := func(col string) bool { return c.declared(col, need) != "" }
		if !slices.ContainsFunc(c.Cols, declares) {
			return fmt.Errorf("requiring %q: no column declares it; declared are: %s", need,
				strings.Join(c.needs(), ", "))
		}
	}
	return nil
}

// needs returns the needs that the columns declare, in alphabetical order.
func (c *Comparison) needs() (list []string) {
	for key := range c.Log.Units {
		if strings.HasPrefix(key.Unit, c.columnKey()+"=") && !slices.Contains(list, key.Key) {
			list = append(list, key.Key)
		}
	}
	slices.Sort(list)
	return list
}

// unmet returns what a column does instead of each need that it lacks, nil if it meets all. A need
// that it does not declare is not met: silence is no promise.
func (c *Comparison) unmet(col string) (list []string) {
	for _, need := range c.Required {
		switch value := c.declared(col, need); value {
		case "yes":
		case "":
			list = append(list, "does not declare "+need)
		case "no":
			list = append(list, "lacks "+need)
		default:
			list = append(list, strings.ReplaceAll(value, "-", " "))
		}
	}
	return list
}

// fitting returns the comparison of the columns that meet the needs, c itself if all do. Its
// verdicts come from its own tests: the best of all columns may be missing, and fewer columns need
// fewer tests.
//
// Taking the verdicts of all columns instead would be wrong in both directions: the best fitting
// column may be worse than the best of all, and still serve; and corrections for tests of
// columns that cannot be chosen would hide differences.
func (c *Comparison) fitting() *Comparison {
	meets := func(col string) bool { return c.unmet(col) == nil }
	unfit := func(col string) bool { return !meets(col) }
	if !slices.ContainsFunc(c.Cols, unfit) {
		return c
	}
	kept := &Comparison{Family: c.Family}
	measured := *kept // without the tables in which no column meets the needs
	for _, t := range c.Tables {
		fit := t.only(meets)
		kept.Tables = append(kept.Tables, fit)
		if len(fit.Cols) > 0 {
			measured.Tables = append(measured.Tables, fit)
		}
	}
	computeStatistics(&measured, c.Log.Units)
	return kept
}

// only returns a copy of t with some of its columns, without statistics. The values are shared.
//
// Statistics are not copied, since each of them depends on the columns that are there.
func (t *Table) only(keep func(col string) bool) *Table {
	kept := &Table{Config: t.Config, Common: t.Common, Rows: t.Rows}
	var places []int
	for i, col := range t.Cols {
		if keep(col) {
			places, kept.Cols = append(places, i), append(kept.Cols, col)
		}
	}
	for _, u := range t.Units {
		copied := &Unit{Name: u.Name} // computeStatistics sets the rest
		for _, cells := range u.Cells {
			row := make([]*Cell, len(places))
			for i, place := range places {
				if c := cells[place]; c != nil {
					row[i] = &Cell{Values: c.Values}
				}
			}
			copied.Cells = append(copied.Cells, row)
		}
		kept.Units = append(kept.Units, copied)
	}
	return kept
}

// Deciding returns the unit by which the columns of t are chosen, or nil if it was not measured.
func (t *Table) Deciding(w Weight) *Unit {
	if w == Throughput {
		return t.Primary()
	}
	for _, u := range t.Units {
		m := percentileUnit.FindStringSubmatch(u.Name)
		if w == Latency && m != nil && m[2] == "p99" || w == CPU && u.Name == "cpu-sec/op" {
			return u
		}
	}
	return nil
}

// Answers returns one answer for each table, in the order of the tables. A single column has no
// answer to give: the list is then empty.
//
// A comparison of two files gets a sentence on the change and no recommendation. The old commit
// is no choice.
func (c *Comparison) Answers() []Answer {
	if c.Job() == Describe {
		return nil
	}
	list := make([]Answer, len(c.Tables))
	if c.Job() == Changed {
		for i, t := range c.Tables {
			list[i] = Answer{Table: t, Change: t.changeText()}
		}
		return list
	}
	for i, t := range c.Tables {
		list[i] = c.choose(t, c.fit.Tables[i])
	}
	return list
}

// choose recommends among the columns of fit, a table of fitting columns, and names the price of
// the needs: what the best column of t that lacks one would save.
//
// A table with one column of several is a measurement of its own, such as the floor of the
// machine. Nothing is recommended there.
func (c *Comparison) choose(t, fit *Table) Answer {
	if len(t.Cols) == 1 && len(c.Cols) > 1 {
		return Answer{Table: t, Change: t.figures()}
	}
	var a Answer
	switch u := fit.Deciding(c.Weight); {
	case len(fit.Cols) == 0:
		a.Why = "no column meets " + andList(c.Required)
	case u == nil:
		a.Why = "the text has no unit for " + c.Weight.String()
	case len(fit.Cols) == 1 && len(t.Cols) > 1:
		a.Use = fit.Cols // nothing is left to compare with
	default:
		a = fit.answer(u)
	}
	a.Table = t
	if u := t.Deciding(c.Weight); a.Why == "" && u != nil {
		a.Even = format.Symbol(u.Name) == "s" && t.isEven(u) // only time has a bottleneck
	}
	if a.Why == "" && fit != t {
		a.Unfit = c.priceOfNeeds(t, a)
	}
	return a
}

// figures returns the medians of a table with one column: the column, and each row with its value.
func (t *Table) figures() string {
	u, list := t.Primary(), []string(nil)
	for i, row := range t.Rows {
		if c := u.Cells[i][0]; c != nil {
			list = append(list, row.Shape+" "+format.Value(c.Summary.Center, u.Name))
		}
	}
	return t.Cols[0] + " alone: " + strings.Join(list, ", ")
}

// priceOfNeeds finds the row in which a column that lacks a need saves most. Only rows count in
// which a test finds the recommended column worse than the best one.
//
// The verdict is from the comparison of all columns, in which the unfit column was tested
// against the recommended one.
func (c *Comparison) priceOfNeeds(t *Table, a Answer) *Unfit {
	u := t.Deciding(c.Weight)
	var found *Unfit
	for i, cells := range u.Cells {
		best := slices.IndexFunc(cells, func(c *Cell) bool { return c != nil && c.Standing == Best })
		chosen := slices.Index(t.Cols, a.chosen(i))
		if best < 0 || chosen < 0 || cells[chosen] == nil {
			continue
		}
		but, cell := c.unmet(t.Cols[best]), cells[chosen]
		if but == nil || cell.Standing != Worse || found != nil && cell.Ratio <= found.Times {
			continue
		}
		found = &Unfit{Col: t.Cols[best], Unit: u.Name, Row: t.Rows[i], Times: cell.Ratio,
			Value: cells[best].Summary.Center, Instead: cell.Summary.Center, But: but}
	}
	return found
}

// Requirement says which needs decided the answers, or "" if none did.
func (c *Comparison) Requirement() string {
	if len(c.Required) == 0 && c.Weight == Throughput {
		return c.share
	}
	s := "recommended by " + c.Weight.String()
	if len(c.Required) > 0 {
		s += ", among the columns that meet " + andList(c.Required)
	}
	if c.share != "" {
		s += "; " + c.share
	}
	return s
}

// Brief returns the answer for each table in a line of its own, with the names aligned, for a
// terminal or the log of a build. Beyond most tables the last line counts the others. Of two files it says what
// changed. It returns nothing for a single column, and leaves out tables in which there is nothing to choose.
func (c *Comparison) Brief(most int) (lines []string) {
	answers := slices.Clone(c.Answers())
	switch c.Job() {
	case Describe:
		return nil
	case Choose:
		answers = slices.DeleteFunc(answers, func(a Answer) bool { return a.Change != "" })
	}
	shown, width := answers[:min(most, len(answers))], 0
	for _, a := range shown {
		width = max(width, utf8.RuneCountInString(a.Table.ShortName()))
	}
	for _, a := range shown {
		name := a.Table.ShortName()
		lines = append(lines, name+strings.Repeat(" ", width-utf8.RuneCountInString(name)+2)+a.Short())
	}
	if n := len(answers) - len(shown); n > 0 {
		lines = append(lines, fmt.Sprintf("and %s more", plural.Of(n, "table")))
	}
	return lines
}

// Summary returns all answers in one line: how many tables each column serves, how many of them
// are ties, how many are undecided, and the greatest price of the needs. It returns "" if there
// is nothing to choose.
func (c *Comparison) Summary() string {
	answers := c.Answers()
	if len(answers) == 0 || c.Job() != Choose {
		return ""
	}
	serves, ties, undecided := map[string]int{}, 0, 0
	var price *Unfit
	tables := 0
	for _, a := range answers {
		if a.Change != "" {
			continue // nothing is chosen
		}
		tables++
		for _, col := range a.Use {
			serves[col]++
		}
		switch len(a.Use) {
		case 0:
			undecided++
		case 1:
		default:
			ties++
		}
		if a.Unfit != nil && (price == nil || a.Unfit.Times > price.Times) {
			price = a.Unfit
		}
	}
	cols := slices.DeleteFunc(slices.Clone(c.Cols), func(col string) bool { return serves[col] == 0 })
	slices.SortStableFunc(cols, func(a, b string) int { return serves[b] - serves[a] })
	var parts []string
	for _, col := range cols {
		parts = append(parts, fmt.Sprintf("%s in %d", col, serves[col]))
	}
	s := "answer: of " + plural.Of(tables, "table") + ", "
	if len(parts) > 0 {
		s += "use " + strings.Join(parts, ", ")
	}
	if ties > 0 { // else the counts would exceed the number of tables, unexplained
		s += fmt.Sprintf(" (%s, counted for each of its columns)", plural.Of(ties, "tie"))
	}
	if undecided > 0 {
		if len(parts) > 0 {
			s += ", "
		}
		s += fmt.Sprintf("no single choice in %d", undecided)
	}
	if price != nil {
		s += "; " + price.String()
	}
	return s
}
