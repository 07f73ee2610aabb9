package draw

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

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
