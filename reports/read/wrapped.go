package read

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/semabench/semabench/internal/escape"
)

// A wrapped remembers the end of the last row, to recognize that the row goes on in the next line. A
// terminal or a mail program breaks lines that are longer than its width:
//
//	BenchmarkX-8   	 1000000	       988.2 ns/op	     128 B/op
//	       3 allocs/op
//
// Both lines look harmless. The first is a row with fewer units than it had, or with a unit that was cut.
type wrapped struct {
	line int      // the line of the last row
	tail [24]byte // its last bytes
	n    int      // how many of them hold text
	rows []int    // the lines of rows that go on in the next line
}

// observe takes a row. It is on the path of every row, so it copies a few bytes and decides nothing.
func (w *wrapped) observe(line []byte, number int) {
	w.line = number
	w.n = copy(w.tail[:], line[max(0, len(line)-len(w.tail)):])
}

// continues reports whether line is the rest of a row: pairs of a number and a unit behind white space, or
// the rest of a unit of package testing and such pairs. Package testing prints no other line of this form,
// and a line of figures has a count in front of its pairs.
func (w *wrapped) continues(line []byte) bool {
	fields := bytes.Fields(line)
	if len(fields) == 0 || len(fields) > 100 {
		return false
	}
	switch last := w.lastWord(); {
	case isNumber(last) && isPrinted(string(fields[0])): // the unit of the number before
		return isPairs(fields[1:])
	case isNumber(last) && len(fields) > 1 && isPrinted(string(fields[1])) && isFraction(fields[0]):
		return isPairs(fields[2:]) // the digits behind the point of the number before
	case len(last) > 0 && !isNumber(fields[0]):
		if isPrinted(string(last)) || !isPrinted(string(last)+string(fields[0])) {
			return false
		}
		fields = fields[1:]
	case len(fields) < 2 || !isAligned(line) && !isPrinted(string(fields[1])):
		return false
	}
	return isPairs(fields)
}

// isFraction reports whether word is a point and digits.
func isFraction(word []byte) bool {
	return len(word) > 1 && word[0] == '.' && isNumber(word[1:])
}

// isPairs reports whether fields are numbers, each with a unit behind it.
func isPairs(fields [][]byte) bool {
	if len(fields)%2 != 0 {
		return false
	}
	for i := 0; i < len(fields); i += 2 {
		if !isNumber(fields[i]) || isNumber(fields[i+1]) {
			return false
		}
	}
	return true
}

// isAligned reports whether line begins with the white space by which package testing aligns figures.
func isAligned(line []byte) bool {
	return bytes.HasPrefix(line, []byte("\t")) || bytes.HasPrefix(line, []byte("    "))
}

// lastWord returns the last word of the row.
func (w *wrapped) lastWord() []byte {
	text := bytes.TrimRight(w.tail[:w.n], " \t\r\n")
	return text[bytes.LastIndexAny(text, " \t")+1:]
}

// isPrinted reports whether package testing prints the unit, as it writes the unit.
func isPrinted(unit string) bool {
	switch unit {
	case "ns/op", "MB/s", "B/op", "allocs/op":
		return true
	}
	return false
}

const (
	missingFigures = "missing measurements" // the words of benchfmt
	goesOn         = "the row goes on in the next line, because a terminal wrapped it or another program printed into it: "
)

// restOfName matches the rest of a name and the figures behind it. A print of the benchmark that stands
// before its figures looks alike but for the white space: package testing pads the count with spaces to
// eight characters and writes a tab only before it writes the count. Without any tab in the line, the text
// is a copy from a terminal.
var restOfName = regexp.MustCompile(`^[^ \t]+(?: *\t *| +)([0-9]+[ \t]+[0-9].*)$`)

// endOfName reports whether line is the rest of a row whose name was cut, or was cut behind its count: the line
// before is a name alone, or with a number.
func (l *lineReader) endOfName(line []byte) bool {
	o := l.joiner.open
	if o == nil || o.line != l.line-1 || l.events.passing {
		return false
	}
	if fields := bytes.Fields(line); o.flaw == missingFigures && len(fields) > 1 && isPairs(fields) &&
		isPrinted(string(fields[1])) {
		o.flaw = goesOn + shown(line) + l.joinCommand(" ")
		return true
	}
	if o.flaw != "" {
		return false
	}
	line = bytes.TrimRight(line, " \t\r\n")
	m := restOfName.FindSubmatchIndex(line)
	if m == nil || !isOutcome(line[m[2]:]) {
		return false
	}
	between := bytes.TrimLeft(line[:m[2]], " \t")
	tab := bytes.IndexByte(between, '\t') >= 0
	if !tab && (bytes.IndexByte(line, '\t') >= 0 || !figuresOfTime.Match(line)) {
		return false
	}
	o.flaw = "the name of the row goes on in the next line, because a terminal wrapped it: " + shown(line) +
		l.joinCommand("")
	return true
}

// joinCommand returns the shell command that joins the line before with the current one, after a semicolon, or
// "" if none is known to do it. Rows that were wrapped at one width and without tabs are all joined by it.
//
// between is the space that a copy lost at the end of the line.
func (l *lineReader) joinCommand(between string) string {
	if l.prefix != nil || l.recoded || l.before <= 0 {
		return ""
	}
	name := l.name
	if strings.Contains(name, "=") && !strings.HasPrefix(name, "/") {
		name = "./" + name // awk would take size=10.txt as an assignment
	}
	// A row of the same length that no terminal wrapped ends before the next row.
	return fmt.Sprintf("; to join the two: awk %s %s", escape.Quote(fmt.Sprintf(
		`j && /^(Benchmark|PASS|ok|FAIL|---|goos:|pkg:)/ { print ""; j = 0 } `+
			`length == %d && (j || /^Benchmark/) { j = 1; printf "%%s%s", $0; next } { j = 0 } 1`, l.before, between)),
		escape.Shell(escape.Printable(name)))
}

// lostSpace returns the space that joins the last row and line, if a copy lost it at the break: "" if the break
// is within a word, or line begins with a space.
func (w *wrapped) lostSpace(line []byte) string {
	last, first := w.lastWord(), bytes.Fields(line)[0]
	switch {
	case isSpace(line[0]), isNumber(last) && (isNumber(first) || isFraction(first)),
		!isPrinted(string(last)) && isPrinted(string(last)+string(first)):
		return ""
	}
	return " "
}

// measure notes the length of a line of the text, for joinCommand. It notes -1 if awk may count otherwise.
func (l *lineReader) measure(line []byte) {
	n := len(bytes.TrimSuffix(line, []byte("\n")))
	// Some versions of awk count bytes, and others count characters.
	if n > 0 && line[n-1] == '\r' || bytes.ContainsFunc(line, func(r rune) bool { return r > unicode.MaxASCII }) {
		n = -1
	}
	l.before, l.current = l.current, n
}
