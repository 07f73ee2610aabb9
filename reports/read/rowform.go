package read

import (
	"bytes"
	"regexp"
	"unicode"
	"unicode/utf8"
)

// This file recognizes the parts of a row by their form: a name, a count, pairs of a number and a unit. It knows
// nothing of the lines around. Each caller, for a prefix, an event or a row in two pieces, asks the same
// questions, so no two of them can disagree on what a row is.

// rowStart begins each name.
var rowStart = []byte("Benchmark")

// isName reports whether line begins with the name of a benchmark, as package testing demands:
// Benchmark, and then no lower-case letter.
func isName(line []byte) bool {
	if !bytes.HasPrefix(line, rowStart) {
		return false
	}
	r, _ := utf8.DecodeRune(line[len(rowStart):])
	return !unicode.IsLower(r)
}

// isRow reports whether line is a name, a count, and pairs of a number and a unit.
//
// It is stricter than benchfmt on purpose: a line that is found behind a prefix must be certain,
// or text of a program would become a result.
func isRow(line []byte) bool {
	if !isName(line) {
		return false
	}
	space := bytes.IndexAny(line, " \t")
	return space > 0 && isOutcome(line[space:])
}

// isOutcome reports whether text is a count and pairs of a number and a unit.
//
// The number of fields is odd: a count and pairs. A unit must not be a number, which excludes
// tables of figures.
func isOutcome(text []byte) bool {
	fields := bytes.Fields(text)
	if len(fields) < 3 || len(fields)%2 == 0 || !isCount(fields[0]) {
		return false
	}
	for i := 1; i < len(fields); i += 2 {
		if !isNumber(fields[i]) || isNumber(fields[i+1]) {
			return false
		}
	}
	return true
}

// isCount allows underscores, which withoutUnderscores removes later.
func isCount(field []byte) bool {
	return len(bytes.Trim(field, "0123456789_")) == 0 && isDigit(field[0])
}

var number = regexp.MustCompile(`^[-+]?(NaN|Inf|[0-9][0-9_]*\.?[0-9]*([eE][-+]?[0-9]+)?)$`)

// isNumber tries the common case before the expression, because it runs for every field of a
// line that may be a row.
func isNumber(field []byte) bool {
	if isDigit(field[0]) && len(bytes.Trim(field, "0123456789")) == 0 {
		return true
	}
	return number.Match(field)
}

// outcomeAtEnd matches the figures behind a print without newline, as package testing writes
// them: the count, a tab, and pairs of a number and a unit between tabs.
var outcomeAtEnd = regexp.MustCompile(
	`(?:^|[^0-9])([0-9]+\t *[-0-9.][^ \t]* [^ \t]+(?:\t *[-0-9.][^ \t]* [^ \t]+)*)[ \t\r\n]*$`)

// figuresIn returns the count and the pairs at the end of line, or nil.
//
// A whole line of figures is tried first. The expression is for figures behind other text, and
// demands tabs, which package testing writes and prose does not have.
func figuresIn(line []byte) []byte {
	if text := bytes.TrimSpace(line); isOutcome(text) {
		return text
	}
	if m := outcomeAtEnd.FindSubmatch(line); m != nil && isOutcome(m[1]) {
		return m[1]
	}
	return nil
}

// figuresOfTime matches figures as package testing prints them, with a time, at the end of a line.
var figuresOfTime = regexp.MustCompile(
	`(?:^|[^0-9.])[0-9]+[ \t]+[0-9][0-9.e+-]*[ \t]+ns/op(?:[ \t]+[0-9][^ \t]*[ \t]+[^ \t]+)*[ \t\r\n]*$`)

// lacksName reports whether line ends with figures. Their name must be somewhere else.
//
// The cheap test is in front in both cases.
func lacksName(line []byte) bool {
	return bytes.Contains(line, []byte("ns/op")) && figuresOfTime.Match(line) ||
		bytes.IndexByte(line, '\t') >= 0 && figuresIn(line) != nil
}

// clearly reports whether a line that begins with a name is a row, or nearly: then benchfmt has the
// best message for the fault. It is on the path of every row of a text.
//
// It reads no further than the second word. Whether the rest is well-formed is for benchfmt to
// say. A date or a time is no count: package log prints one in front of each message, and such a message
// behind a name is a print of the benchmark.
func clearly(line []byte, space int) bool {
	i := skipSpaces(line, space)
	if i >= len(line) || !isDigit(line[i]) && line[i] != '-' {
		return false
	}
	for first := i; i < len(line) && line[i] != ' ' && line[i] != '\t'; i++ {
		if line[i] == '/' || line[i] == ':' || line[i] == '-' && i > first {
			return false
		}
	}
	i = skipSpaces(line, i)
	if i >= len(line) {
		return false
	}
	b := line[i]
	return isDigit(b) || b == '-' || b == '+' || b == '.' || b == 'N' || b == 'I'
}

func skipSpaces(line []byte, i int) int {
	for i < len(line) && (line[i] == ' ' || line[i] == '\t' || line[i] == '\r' || line[i] == '\n') {
		i++
	}
	return i
}

// isProse reports whether a line that begins like a name is a sentence, such as "BenchmarkX is faster." or
// "Benchmark results for v2:". Package testing prints a tab behind each name and fills the column with
// spaces; so one space and letters come from somewhere else. With GOMAXPROCS or figures behind it, a name is a
// name.
func isProse(line []byte) bool {
	space := bytes.IndexByte(line, ' ')
	if space < 0 || bytes.IndexByte(line, '\t') >= 0 || bytes.Contains(line[space:], []byte("  ")) ||
		bytes.Contains(line, []byte("/op")) {
		return false
	}
	name, rest := line[:space], bytes.TrimSpace(line[space:])
	last := bytes.LastIndexByte(name, '-')
	return len(rest) > 0 && (unicode.IsLetter(rune(rest[0])) || bytes.HasSuffix(name, []byte(":"))) &&
		(last < 0 || !isCount(name[last+1:]))
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }
