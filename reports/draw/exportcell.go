package draw

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Number is null in JSON and empty in CSV if it is not finite: unknown, or without bound.
// JSON has no NaN and no infinity, and encoding/json fails on them. An error for one empty cell
// would lose the whole file, and 0 would be a wrong figure.
type Number float64

// MarshalJSON writes as many digits as it takes to read the same number back.
//
// So two exports of one text are equal, and a script that computes with an export gets the figures
// that it would get from the comparison. That takes seventeen digits at most, and often fewer.
func (n Number) MarshalJSON() ([]byte, error) {
	if b := n.appendTo(nil); len(b) > 0 {
		return b, nil
	}
	return []byte("null"), nil
}

// An ExportCell is a cell as CSV and JSON have it, under the names of its tags. A field that does
// not apply, such as the ratio of the base column, is empty or null.
//
// The names of the tags are an interface, as scripts read them by name. A new column is added at
// the end of a line, before the values, so that scripts that count columns still work.
type ExportCell struct {
	Table  string `json:"table"` // the configuration that sets the table apart: "workload: cpu"
	Unit   string `json:"unit"`
	Row    string `json:"row"`
	Column string `json:"column"`
	N      int    `json:"n"`
	Median Number `json:"median"`      // the mode, if the unit is exact
	Low    Number `json:"median_low"`  // of the interval of the median, at 95 % or a little more
	High   Number `json:"median_high"` // empty with fewer than 6 values

	Base      string `json:"base"`       // the column that the following fields compare with
	Ratio     Number `json:"ratio"`      // of the medians, this cell over the base
	RatioLow  Number `json:"ratio_low"`  // the interval; see compare.Ratio
	RatioHigh Number `json:"ratio_high"` //
	Shift     Number `json:"shift"`      // the Hodges-Lehmann estimate of the ratio
	P         Number `json:"p"`          // of this test alone, equal to benchstat's
	Corrected Number `json:"p_holm"`     // corrected for all tests of the family
	// the number of tests in the family; 0 if the unit is exact or there is no base
	Tests   int    `json:"tests"`
	Verdict string `json:"verdict"` // different, tie or undecided

	// the standing of the cell in its row: best, tie, worse, undecided or unranked
	Standing  string `json:"standing"`
	Worse     Number `json:"times_worse"` // times worse than the best median of the row
	WorseLow  Number `json:"times_worse_low"`
	WorseHigh Number `json:"times_worse_high"`
	WorseP    Number `json:"times_worse_p_holm"`
	// why a verdict is undecided: how many samples are missing, or the smallest difference that
	// these samples could have shown
	Why string `json:"why"`
	// whether the column may be recommended for the row; see compare.Cell
	Serves bool `json:"serves"`
	// the smallest times_worse that the samples would have shown; null if there is none
	Detectable Number `json:"detectable"`

	Values []float64 `json:"values,omitempty"` // only if Export.Values
}

// appendCSV appends the line of e in the order of csvColumns, without a newline. A million cells
// are written in this way: encoding/csv would allocate a string for each figure.
func (e ExportCell) appendCSV(b []byte) []byte {
	b = append(b, "cell"...)
	text := func(list ...string) {
		for _, s := range list {
			b = appendCSVText(append(b, ','), s)
		}
	}
	numbers := func(list ...Number) {
		for _, n := range list {
			b = n.appendTo(append(b, ','))
		}
	}
	text(e.Table, e.Unit, e.Row, e.Column)
	b = strconv.AppendInt(append(b, ','), int64(e.N), 10)
	numbers(e.Median, e.Low, e.High)
	text(e.Base)
	numbers(e.Ratio, e.RatioLow, e.RatioHigh, e.Shift, e.P, e.Corrected)
	b = strconv.AppendInt(append(b, ','), int64(e.Tests), 10)
	text(e.Verdict, e.Standing)
	numbers(e.Worse, e.WorseLow, e.WorseHigh, e.WorseP)
	text(e.Why)
	b = strconv.AppendBool(append(b, ','), e.Serves)
	numbers(e.Detectable)
	return b
}

// appendCSVText appends s, quoted where encoding/csv would quote it.
//
// Package encoding/csv has the same rules: a quote, a comma, an end of line or a leading space
// need quotes, and so does the field \. which some databases take for the end of the data.
// TestCellsAsTheStandardLibraryWritesThem compares with that package.
func appendCSVText(b []byte, s string) []byte {
	first, _ := utf8.DecodeRuneInString(s)
	if s == "" || s != `\.` && !strings.ContainsAny(s, "\",\r\n") && !unicode.IsSpace(first) {
		return append(b, s...)
	}
	return append(append(append(b, '"'), strings.ReplaceAll(s, `"`, `""`)...), '"')
}

// appendTo appends n in decimal, or nothing if n is not finite.
func (n Number) appendTo(b []byte) []byte {
	if v := float64(n); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return strconv.AppendFloat(b, v, 'g', -1, 64)
	}
	return b
}

// appendJSON appends e as encoding/json writes it. Reflection would take most of the time of a
// large report.
//
// The order of the keys is the order of the fields of ExportCell.
// TestCellsAsTheStandardLibraryWritesThem compares the result with json.Marshal, so a field that
// is added to the struct and forgotten here fails it.
func (e ExportCell) appendJSON(b []byte) []byte {
	separator := byte('{')
	key := func(name string) {
		b = append(append(append(b, separator, '"'), name...), '"', ':')
		separator = ','
	}
	text := func(name, s string) { key(name); b = appendJSONText(b, s) }
	number := func(name string, n Number) {
		key(name)
		before := len(b)
		if b = n.appendTo(b); len(b) == before {
			b = append(b, "null"...)
		}
	}
	integer := func(name string, n int) { key(name); b = strconv.AppendInt(b, int64(n), 10) }
	text("table", e.Table)
	text("unit", e.Unit)
	text("row", e.Row)
	text("column", e.Column)
	integer("n", e.N)
	number("median", e.Median)
	number("median_low", e.Low)
	number("median_high", e.High)
	text("base", e.Base)
	number("ratio", e.Ratio)
	number("ratio_low", e.RatioLow)
	number("ratio_high", e.RatioHigh)
	number("shift", e.Shift)
	number("p", e.P)
	number("p_holm", e.Corrected)
	integer("tests", e.Tests)
	text("verdict", e.Verdict)
	text("standing", e.Standing)
	number("times_worse", e.Worse)
	number("times_worse_low", e.WorseLow)
	number("times_worse_high", e.WorseHigh)
	number("times_worse_p_holm", e.WorseP)
	text("why", e.Why)
	key("serves")
	b = strconv.AppendBool(b, e.Serves)
	number("detectable", e.Detectable)
	if len(e.Values) > 0 {
		key("values")
		for i, v := range e.Values {
			if i == 0 {
				b = append(b, '[')
			} else {
				b = append(b, ',')
			}
			quoted, _ := json.Marshal(v) // finite: Read lets no other values through
			b = append(b, quoted...)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

// appendJSONText appends s as encoding/json writes it.
//
// The loop looks at bytes. A byte above '~' begins or continues a character outside ASCII, and
// such strings take the slow way. So do <, > and &, which encoding/json escapes for use within
// HTML.
func appendJSONText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(s) // a string never fails
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
