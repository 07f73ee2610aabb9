package draw

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/escape"
	"github.com/semabench/semabench/reports/compare"
	"golang.org/x/perf/benchfmt"
)

// An Export writes a comparison for programs. The zero value leaves out the single values.
type Export struct {
	Values bool // write all values of every cell, in the order of the text
}

// WriteCSV writes one line for each cell, with the columns of [ExportCell] and the record "cell".
// The warnings come first, as lines with the record "warning" and the text in the column why. It
// is Export{}.CSV.
func WriteCSV(w io.Writer, c *compare.Comparison) error { return Export{}.CSV(w, c) }

// WriteJSON writes one object with all of c. Its keys are by, family, facts, files and warnings; broken and
// failures, which list such lines with file and line; require and weight, the needs that the answers meet;
// answers, an [ExportAnswer] for each table; and cells, an array of [ExportCell] with one cell on each
// line. It is Export{}.JSON.
func WriteJSON(w io.Writer, c *compare.Comparison) error { return Export{}.JSON(w, c) }

// csvColumns are the kind of the line, then the tags of ExportCell without values.
var csvColumns = []string{
	"record", "table", "unit", "row", "column", "n", "median", "median_low", "median_high", "base",
	"ratio", "ratio_low", "ratio_high", "shift", "p", "p_holm", "tests", "verdict", "standing",
	"times_worse", "times_worse_low", "times_worse_high", "times_worse_p_holm", "why",
	"serves", "detectable",
}

// CSV writes a line of column names, then one line for each cell. Values come last, separated by
// spaces.
//
// Warnings are records of the same file, because a second file would be lost on the way. A
// program that selects the record "cell" does not see them.
func (x Export) CSV(w io.Writer, c *compare.Comparison) error {
	out := bufio.NewWriter(w) // keeps the first error for Flush
	names := csvColumns
	if x.Values {
		names = append(names[:len(names):len(names)], "values")
	}
	fmt.Fprintln(out, strings.Join(names, ","))
	for _, text := range warningLines(c) {
		line := make([]string, len(names))
		line[0], line[slices.Index(csvColumns, "why")] = "warning", string(appendCSVText(nil, text))
		fmt.Fprintln(out, strings.Join(line, ","))
	}
	var line []byte
	for _, t := range c.Tables {
		for _, u := range t.Units {
			eachExportCell(t, u, func(e ExportCell) {
				line = e.appendCSV(line[:0])
				if x.Values {
					line = append(line, ',')
					line = append(line, strings.Trim(fmt.Sprint(e.Values), "[]")...)
				}
				out.Write(append(line, '\n'))
			})
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	return nil
}

// JSON writes the cells one by one: together they may be larger than the comparison.
//
// Everything before the cells is small and goes through encoding/json. Each cell is on a line of
// its own, so that diff and grep work on the file.
func (x Export) JSON(w io.Writer, c *compare.Comparison) error {
	out := bufio.NewWriter(w) // keeps the first error for Flush
	fmt.Fprint(out, "{\n")
	facts := map[string]string{}
	for _, f := range c.Facts {
		facts[f.Key] = f.Value
	}
	for _, part := range []struct {
		name  string
		value any
	}{{"by", c.By}, {"family", c.Family.String()}, {"facts", facts}, {"files", c.Log.Files},
		{"broken", messages(c.Log.Broken)}, {"failures", messages(c.Log.Failures)},
		{"warnings", append([]string{}, warningLines(c)...)},
		{"require", append([]string{}, c.Required...)}, {"weight", c.Weight.String()},
		{"answers", exportAnswers(c)}} {
		text, err := json.Marshal(part.value)
		if err != nil {
			return fmt.Errorf("writing JSON: %w", err)
		}
		fmt.Fprintf(out, "%q: %s,\n", part.name, text)
	}
	fmt.Fprint(out, `"cells": [`)
	var line []byte
	separator := "\n"
	for _, t := range c.Tables {
		for _, u := range t.Units {
			eachExportCell(t, u, func(e ExportCell) {
				if !x.Values {
					e.Values = nil
				}
				line = e.appendJSON(append(line[:0], separator...))
				out.Write(line)
				separator = ",\n"
			})
		}
	}
	fmt.Fprint(out, "\n]}\n")
	return out.Flush()
}

// eachExportCell visits the measured cells of a unit, row by row.
//
// Figures that do not exist start as NaN and not as 0: a p of 0 or a ratio of 0 would be a
// claim. A cell that was not measured has no record at all.
func eachExportCell(t *compare.Table, u *compare.Unit, visit func(ExportCell)) {
	nan := Number(math.NaN())
	for i, cells := range u.Cells {
		for j, c := range cells {
			if c == nil {
				continue
			}
			e := ExportCell{
				Table: t.Heading(), Unit: escape.Printable(u.Name),
				Row: t.Rows[i].Name, Column: t.Cols[j],
				N: len(c.Values), Median: Number(c.Summary.Center),
				Low: Number(c.Summary.Lo), High: Number(c.Summary.Hi),
				Ratio: nan, RatioLow: nan, RatioHigh: nan, Shift: nan, P: nan, Corrected: nan,
				Standing: c.Standing.String(),
				Worse:    orNaN(c.Ratio), WorseLow: nan, WorseHigh: nan, WorseP: nan,
				Why: c.Why, Serves: c.Serves, Detectable: nan, Values: c.Values,
			}
			if v := c.VsBase; v != nil {
				e.Base = t.Cols[u.Base]
				e.compare(v)
			}
			if v := c.VsBest; v != nil {
				e.WorseLow, e.WorseHigh = ratioBounds(v.Ratio)
				e.WorseP = correctedNumber(v)
				e.Detectable = Number(v.Detectable())
			}
			visit(e)
		}
	}
}

// compare fills in the comparison with the base column.
func (e *ExportCell) compare(v *compare.Versus) {
	e.Ratio, e.Shift = orNaN(v.Ratio.Medians), orNaN(v.Ratio.Shift)
	e.RatioLow, e.RatioHigh = ratioBounds(v.Ratio)
	e.Tests, e.Verdict = v.Tests, v.Verdict()
	if e.Corrected = correctedNumber(v); v.Tests > 0 {
		e.P = Number(v.P)
	}
	if e.Why == "" {
		e.Why = v.WhyUndecided()
	}
	if e.Why == "" {
		e.Why = v.Ratio.Why
	}
}

// correctedNumber returns NaN if the unit is exact: no test was made, so there is no p.
func correctedNumber(v *compare.Versus) Number {
	if v.Tests == 0 {
		return Number(math.NaN())
	}
	return Number(v.Corrected)
}

// ratioBounds returns NaN twice if there is no interval; the bounds are then 0 and infinity.
func ratioBounds(r compare.Ratio) (lo, hi Number) {
	if r.Confidence == 0 {
		return Number(math.NaN()), Number(math.NaN())
	}
	return Number(r.Lo), Number(r.Hi)
}

// orNaN returns NaN for a ratio of 0, which stands for a missing ratio.
func orNaN(ratio float64) Number {
	if ratio == 0 {
		return Number(math.NaN())
	}
	return Number(ratio)
}

// messages returns the texts of all lines in list, without a limit: JSON is for programs.
func messages(list []*benchfmt.SyntaxError) []string {
	all := make([]string, 0, len(list))
	for _, m := range list {
		all = append(all, brokenLine(m))
	}
	return all
}

// An ExportAnswer says for programs which column to use for the work of one table. It has the
// fields of [compare.Answer]; a list that does not apply is empty and never null.
//
// Text is the sentence of the other outputs. A program should not parse it: it is there for a bot
// that passes the answer on.
type ExportAnswer struct {
	Table string       `json:"table"`
	Text  string       `json:"text"`
	Use   []string     `json:"use"`
	Open  []string     `json:"open"`
	Even  bool         `json:"even"` // no column is worse than another by more than 5 %
	Why   string       `json:"why"`  // why there is no answer
	Rows  []ExportPick `json:"rows"`

	Safest string `json:"safest"`
	Worst  Number `json:"worst"` // the greatest ratio of the safest column to the best of a row

	Bound *ExportBound `json:"bound"` // of an undecided answer, if the samples bound any column

	Prices []ExportPrice `json:"prices"`
	Unfit  *ExportUnfit  `json:"unfit"` // the best column that lacks a need, if it would save much
}

// An ExportPick is one row with the columns that serve it.
type ExportPick struct {
	Row  string   `json:"row"`
	Use  []string `json:"use"`
	Open []string `json:"open"`
}

// An ExportBound is the open column that is surely nowhere far behind, and how many times worse than the
// best of a row it may be.
type ExportBound struct {
	Column string `json:"column"`
	Times  Number `json:"times"`
}

// An ExportPrice is a unit in which a recommended column is worse than the best of a row.
type ExportPrice struct {
	Column string `json:"column"`
	Unit   string `json:"unit"`
	Row    string `json:"row"`
	Times  Number `json:"times"`
	Value  Number `json:"value"`
	Best   Number `json:"best"`
}

// An ExportUnfit is a column that is better than the recommended one and lacks a need.
type ExportUnfit struct {
	Column  string   `json:"column"`
	Unit    string   `json:"unit"`
	Row     string   `json:"row"`
	Times   Number   `json:"times"`
	Value   Number   `json:"value"`
	Instead Number   `json:"instead"`
	But     []string `json:"but"`
}

// exportAnswers returns the answers of c. A single column has none.
func exportAnswers(c *compare.Comparison) []ExportAnswer {
	list := []ExportAnswer{}
	whole := func(s []string) []string { return append([]string{}, s...) }
	for _, a := range c.Answers() {
		e := ExportAnswer{Table: a.Table.Heading(), Text: a.String(), Use: whole(a.Use), Open: whole(a.Open),
			Even: a.Even, Why: a.Why, Rows: []ExportPick{}, Safest: a.Safest, Worst: orNaN(a.Worst),
			Prices: []ExportPrice{}}
		for _, p := range a.Rows {
			e.Rows = append(e.Rows, ExportPick{p.Row.Name, whole(p.Best), whole(p.Open)})
		}
		for _, p := range a.Prices {
			e.Prices = append(e.Prices, ExportPrice{p.Col, p.Unit, p.Row.Name, Number(p.Times), Number(p.Value),
				Number(p.Best)})
		}
		if b := a.Bound; b != nil {
			e.Bound = &ExportBound{b.Col, Number(b.Times)}
		}
		if u := a.Unfit; u != nil {
			e.Unfit = &ExportUnfit{u.Col, u.Unit, u.Row.Name, Number(u.Times), Number(u.Value), Number(u.Instead),
				whole(u.But)}
		}
		list = append(list, e)
	}
	return list
}
