package read

import (
	"bytes"
	"fmt"
)

// A joiner puts rows together that a print of the benchmark took apart. Package testing prints
// the name of a benchmark, runs it, and prints the figures at the end of the same line, unless
// the benchmark printed in between:
//
//	BenchmarkX-8   	hello
//	      10	         5 ns/op
//
// The figures belong to the name before them if exactly one name is open. In any other case the
// joiner reports all that it cannot assign.
//
// A wrong guess would give one benchmark the time of another, and no later step could notice. So
// a doubt is always reported.
type joiner struct {
	open      *openName // the last name without figures
	ambiguous bool      // an earlier name has no figures either
	held      *heldRow  // a joined row; a second result would make it ambiguous
	joined    int
}

type openName struct {
	name string
	line int
	flaw string // the message if no figures follow; "" for a bare name, which go test -v prints
}

type heldRow struct {
	text string
	line int
}

// afterName handles a line that begins with a name and is no row. It returns the line to pass on.
//
// The name opens a row. Messages repeat benchfmt's message for the same line, so that a user
// meets the same words whether or not prints were in the way.
func (l *lineReader) afterName(line []byte, space int) []byte {
	j := &l.joiner
	name, printed := line, []byte(nil)
	if space > 0 {
		name, printed = line[:space], bytes.TrimSpace(line[space:])
	}
	name = bytes.TrimRight(name, "\r\n")
	l.endRow()
	switch {
	case reportsFailure(printed):
		l.failures = append(l.failures, l.syntaxError(clip(string(printed))))
		l.closeName()
		return nil
	case bytes.HasPrefix(printed, []byte("--- ")): // SKIP or BENCH: the benchmark has no figures
		l.closeName()
		return nil
	}
	if figures := figuresIn(line[len(name):]); figures != nil && space > 0 {
		l.closeName()
		j.joined++
		return fmt.Appendf(nil, "%s\t%s\n", name, figures)
	}
	o := &openName{name: string(name), line: l.line}
	switch {
	case len(printed) > 0 && isCount(bytes.Fields(printed)[0]):
		o.flaw = missingFigures
		if words := bytes.Fields(printed); len(words) > 1 {
			o.flaw = "parsing measurement: invalid syntax: " + clip(string(words[1]))
		}
	case len(printed) > 0:
		o.flaw = "parsing iteration count: invalid syntax: " + clip(string(bytes.Fields(printed)[0]))
	case space > 0 && line[space] != '\r' && line[space] != '\n':
		o.flaw = "missing iteration count"
	}
	if o.flaw == "" && line[len(line)-1] != '\n' && l.isUnterminated(l.line) && !l.events.passing {
		o.flaw = "the text ends in the name of a benchmark: cut short"
	}
	j.ambiguous = j.open != nil && j.open.flaw != "" && !(o.flaw != "" && o.name == j.open.name)
	l.reportOpen()
	j.open = o
	return nil
}

// figures handles a line that does not begin with a name, in case it ends an open row.
//
// A joined row is held and not passed on at once. If a second result follows, the first was
// perhaps printed by the program itself, and neither can be trusted.
func (l *lineReader) figures(line []byte) []byte {
	j := &l.joiner
	if j.open == nil && j.held == nil {
		if len(line) > 0 && lacksName(line) {
			l.reportBroken("figures without the name of a benchmark: " + shown(line))
			return nil
		}
		return line
	}
	found := figuresIn(line)
	if found == nil {
		return line
	}
	switch {
	case j.held != nil:
		l.broken = append(l.broken, l.syntaxErrorAt(j.held.line,
			"a print of the benchmark split this row, and two results follow: "+
				shown([]byte(j.held.text))))
		l.reportBroken("figures without the name of a benchmark: " + shown(line))
		j.held = nil
	case j.ambiguous:
		l.reportBroken("figures after two names, which could belong to either: " + shown(line))
		l.reportOpen()
		j.open, j.ambiguous = nil, false
	default:
		j.held = &heldRow{fmt.Sprintf("%s\t%s\n", j.open.name, found), l.line}
		j.open = nil
	}
	return nil
}

func shown(line []byte) string { return clip(string(bytes.Join(bytes.Fields(line), []byte(" ")))) }

// endRow passes on the joined row that is held, as no second result came.
func (l *lineReader) endRow() {
	if h := l.joiner.held; h != nil {
		l.joiner.joined++
		l.joiner.held = nil
		l.emit([]byte(h.text), h.line)
	}
}

// endsRow reports whether line can stand only behind a whole row: it belongs to the next package,
// or ends this one.
//
// These lines come from go test itself and not from a benchmark; so no result of the package
// before can follow.
func endsRow(line []byte) bool {
	for _, start := range []string{"goos: ", "goarch: ", "pkg: ", "cpu: ", "Unit ", "PASS", "FAIL",
		"ok  \t", "--- ", "=== "} {
		if bytes.HasPrefix(line, []byte(start)) {
			return true
		}
	}
	return false
}

// closeName reports a name that stayed without figures.
func (l *lineReader) closeName() {
	l.reportOpen()
	l.joiner.open, l.joiner.ambiguous = nil, false
}

func (l *lineReader) reportOpen() {
	if o := l.joiner.open; o != nil && o.flaw != "" {
		l.broken = append(l.broken, l.syntaxErrorAt(o.line, o.flaw))
	}
}
