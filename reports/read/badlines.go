package read

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchunit"
)

// invalidReason returns why a result that benchfmt accepts is not a measurement, or "" if it is
// one. benchfmt checks the syntax only: a count of zero and a value of NaN are well-formed.
//
// A value of NaN would spread: one such sample makes the median, the mean and every test of its
// row meaningless, without any sign.
func invalidReason(r *benchfmt.Result) string {
	if r.Iters < 1 {
		return fmt.Sprintf("iteration count %d, want 1 or more", r.Iters)
	}
	for _, v := range r.Values {
		if math.IsNaN(v.Value) || math.IsInf(v.Value, 0) {
			return fmt.Sprintf("measurement is %v %s", v.Value, asWritten(v))
		}
		if v.Value < 0 && v.Unit == "sec/op" {
			return fmt.Sprintf("measurement is %v %s, and nothing takes less than none; a clock that was set back does this",
				cmp.Or(v.OrigValue, v.Value), asWritten(v))
		}
		if isFigure(asWritten(v)) {
			return fmt.Sprintf("a number stands in the place of a unit: %q", asWritten(v))
		}
		if hasTail(asWritten(v)) {
			return fmt.Sprintf("signs that go test does not print stand behind the unit: %q", asWritten(v))
		}
	}
	return ""
}

// isFigure reports whether a word in the place of a unit is a number, also a share of change such as +5.00% or
// 2.00x. Such rows come from tables: of benchcmp, without units, or with a space as a thousands separator.
// A unit may hold digits, as in 95%-ns or 2xx/op.
//
// The first byte is looked at first, because this runs for each value of a text.
func isFigure(unit string) bool {
	if unit == "" || unit[0] > '9' {
		return false
	}
	return number.MatchString(strings.TrimRight(unit, "%x"))
}

// tails are the signs that end a unit which another program quoted or shortened.
const tails = "<>\"'|\\,;]})`*~.!?\u2026"

// hasTail reports whether a unit of package testing is followed by quotes, brackets or marks of a text: the
// row was quoted by another program, as in "1 allocs/op</td>" or "**…1 allocs/op**", and would have a unit of
// its own. A unit that ends in an ellipsis was shortened.
//
// The last byte is looked at first, because this runs for each value of a text. A custom unit may
// end in anything else: only the names of package testing are known to be whole.
func hasTail(unit string) bool {
	if unit == "" || unit[len(unit)-1] < utf8.RuneSelf && !strings.ContainsRune(tails, rune(unit[len(unit)-1])) {
		return false
	}
	if strings.HasSuffix(unit, "\u2026") || strings.HasSuffix(unit, "...") {
		return true
	}
	for _, known := range []string{"ns/op", "B/op", "allocs/op", "MB/s"} {
		if tail, ok := strings.CutPrefix(unit, known); ok && tail != "" {
			return strings.ContainsRune(tails, rune(tail[0]))
		}
	}
	return false
}

// asWritten returns the unit of v as the text has it, such as ns/op and not sec/op. A message
// uses this form because the reader of the message searches the text for it.
func asWritten(v benchfmt.Value) string {
	if v.OrigUnit != "" {
		return v.OrigUnit
	}
	return v.Unit
}

// tidyZeros converts the units of zero values to base units. benchfmt detects a conversion by
// comparing the tidied value with the original one, and for zero the two are equal. Without this
// step “0 ns/op” would keep its unit and land in a different table from “12 ns/op”.
//
// It runs after the check and before the values are collected, so no series sees the other unit.
func tidyZeros(r *benchfmt.Result) {
	for i, v := range r.Values {
		if v.Value == 0 {
			_, r.Values[i].Unit = benchunit.Tidy(0, v.Unit)
		}
	}
}

// A lastLine remembers the last result of a file, to decide at the end of the file whether its
// line was cut short.
//
// Only the last line can be judged so: any earlier line was followed by a newline, and its
// writer was alive.
type lastLine struct {
	file         string
	line         int
	unit, origin string // the last unit, in base units and as written
}

// observe is called for every result, so it keeps only what cutShort asks for.
func (l *lastLine) observe(r *benchfmt.Result, line int) {
	l.file, _ = r.Pos()
	l.line = line
	v := r.Values[len(r.Values)-1]
	l.unit, l.origin = v.Unit, asWritten(v)
}

// syntaxError names the unit as written, because the reader of the message will look for it at
// the end of the file.
func (l *lastLine) syntaxError() *benchfmt.SyntaxError {
	msg := fmt.Sprintf("line has no end, and its last unit %q is on no other line: cut short",
		l.origin)
	return &benchfmt.SyntaxError{FileName: l.file, Line: l.line, Msg: msg}
}

// isBuiltinUnit reports whether package testing prints the unit without being asked.
func isBuiltinUnit(unit string) bool {
	return slices.Contains([]string{"sec/op", "B/s", "B/op", "allocs/op"}, unit)
}

// isDeclared reports whether a Unit line of the text describes the unit.
//
// Only the two keys that benchfmt defines count. A Unit line of another key may be about
// columns; see package compare.
func isDeclared(unit string, meta benchfmt.UnitMetadataMap) bool {
	return meta.Get(unit, "better") != nil || meta.Get(unit, "assume") != nil
}
