package read

import (
	"fmt"
	"math"
	"slices"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchunit"
)

// unusable says why a result that benchfmt accepts is no measurement, or "".
func invalidReason(r *benchfmt.Result) string {
	if r.Iters < 1 {
		return fmt.Sprintf("iteration count %d, want 1 or more", r.Iters)
	}
	for _, v := range r.Values {
		if math.IsNaN(v.Value) || math.IsInf(v.Value, 0) {
			return fmt.Sprintf("measurement is %v %s", v.Value, asWritten(v))
		}
	}
	return ""
}

// asWritten is the unit of v in the text, ns/op and not sec/op, for a reader who looks it up.
func asWritten(v benchfmt.Value) string {
	if v.OrigUnit != "" {
		return v.OrigUnit
	}
	return v.Unit
}

// tidyZeros puts zeros into base units. benchfmt compares the tidied value with the original one
// to see whether it has to change the unit, so “0 ns/op” keeps its ns/op and would be in another
// table than the “12 ns/op” of the line before.
func tidyZeros(r *benchfmt.Result) {
	for i, v := range r.Values {
		if v.Value == 0 {
			_, r.Values[i].Unit = benchunit.Tidy(0, v.Unit)
		}
	}
}

// A lastLine is what has to be known of the last result to see whether it was cut short.
type lastLine struct {
	file         string
	line         int
	unit, origin string // the last unit, in base units and as written
}

func (l *lastLine) observe(r *benchfmt.Result) {
	l.file, l.line = r.Pos()
	v := r.Values[len(r.Values)-1]
	l.unit, l.origin = v.Unit, asWritten(v)
}

// cutShort reports whether a last line ends inside a unit. benchfmt reads "12 ns/o" as 12 of the
// unit "ns/o", which would make a table of its own. Only the last unit of an unended line can be
// cut, and a cut unit is one that nothing else knows.
func (l *lastLine) cutShort(c *collector, lines *lineReader, meta benchfmt.UnitMetadataMap) bool {
	return lines.isUnterminated(l.line) && !isBuiltinUnit(l.unit) && !isDeclared(l.unit, meta) && !c.hadUnit(l.unit)
}

func (l *lastLine) syntaxError() *benchfmt.SyntaxError {
	msg := fmt.Sprintf("line has no end, and its last unit %q is on no other line: cut short",
		l.origin)
	return &benchfmt.SyntaxError{FileName: l.file, Line: l.line, Msg: msg}
}

func isBuiltinUnit(unit string) bool {
	return slices.Contains([]string{"sec/op", "B/s", "B/op", "allocs/op"}, unit)
}

func isDeclared(unit string, meta benchfmt.UnitMetadataMap) bool {
	return meta.Get(unit, "better") != nil || meta.Get(unit, "assume") != nil
}

func syntaxErrorAt(rec benchfmt.Record, msg string) *benchfmt.SyntaxError {
	file, line := rec.Pos()
	return &benchfmt.SyntaxError{FileName: file, Line: line, Msg: msg}
}
