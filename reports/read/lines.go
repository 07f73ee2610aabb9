package read

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/semabench/semabench/internal/escape"
	"golang.org/x/perf/benchfmt"
)

// A lineReader passes a text on to benchfmt, in the form that benchfmt reads, and records what
// benchfmt does not report:
//
//   - lines that are too long, rows behind a different prefix from the rows before, rows in parts
//     that cannot be put together, and rows of which nothing says the package;
//   - lines that say that the program failed;
//   - whether the last line of the text has a newline.
//
// A line that begins with a name and figures goes straight through. Any other line passes these
// steps: physical cleans it, piece removes its prefix, unwrapped decodes events of go test -json,
// and content joins rows that are in parts.
//
// It is an io.Reader between the file and benchfmt, and not a parser of its own: what a
// benchmark line means is decided by benchfmt, as in benchstat. The price is the
// numbering, since benchfmt counts the lines that it is given.
type lineReader struct {
	r       *bufio.Reader
	name    string
	rest    []byte // the part of the current lines that Read has not passed on yet
	line    int    // the number of the current line in the text
	last    byte
	ended   bool // next has seen the end of the text
	numbers numbering
	recent  recentLines

	decided bool // a row was seen, so prefix holds
	prefix  *prefix
	mixed   error      // rows behind different prefixes
	head    []headLine // the lines before the first row
	size    int        // the bytes in head

	events  testEvents
	joiner  joiner
	summary summaries
	echoed  int // rows in summaries that were in the text before
	runs    runCounter

	wrapped  wrapped
	recoded  bool // the text was in another encoding
	before   int  // the length of the line before the current one in the text
	current  int
	overlaps overlaps

	broken   []*benchfmt.SyntaxError
	failures []*benchfmt.SyntaxError
	foreign  foreign
}

type headLine struct {
	text   []byte
	line   int
	length int // in the text; see measure
}

// newLineReader decodes and buffers. The buffer has room for the longest line, so ReadSlice
// returns every legal line whole and without a copy.
func newLineReader(r io.Reader, name string) *lineReader {
	text := decoded(bufio.NewReaderSize(r, maxLine))
	lines, ok := text.(*bufio.Reader)
	if !ok {
		lines = bufio.NewReaderSize(text, maxLine)
	}
	return &lineReader{r: lines, name: name, recoded: !ok}
}

// Read fills p with as many whole and partial lines as fit. An error waits until all bytes
// before it were passed on.
func (l *lineReader) Read(p []byte) (int, error) {
	done := 0
	defer func() { l.recent.add(p[:done]) }()
	for done < len(p) {
		if len(l.rest) == 0 {
			// Do not read ahead of an empty rest: rest points into the buffer of r, and the next
			// ReadSlice overwrites it.
			if err := l.next(); err != nil {
				if done > 0 && errors.Is(err, io.EOF) {
					return done, nil
				}
				return done, err
			}
		}
		n := copy(p[done:], l.rest)
		done, l.rest = done+n, l.rest[n:]
	}
	return done, nil
}

// next reads lines until rest holds one or more.
//
// A line that is a plain row is passed on as it lies in the buffer. All others go through steps
// that may hold them back, drop them or make several of them; hence the loop.
func (l *lineReader) next() error {
	l.rest = nil
	for len(l.rest) == 0 {
		if l.ended {
			return io.EOF
		}
		line, err := l.r.ReadSlice('\n')
		if len(line) == 0 && err != nil {
			if !errors.Is(err, io.EOF) {
				return err
			}
			l.end()
			continue
		}
		l.line++
		l.measure(line)
		l.last = line[len(line)-1]
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if !l.decided {
				l.foreign.observe(line, l.line)
			}
			if err := l.skipLong(string(line[:40])); err != nil && !errors.Is(err, io.EOF) {
				return err
			}
		case l.isPlainRow(line):
			l.wrapped.observe(line, l.line)
			l.numbers.pass(l.line)
			l.rest = line
		default:
			l.physical(line)
		}
		// ReadSlice returns an error that came with bytes again at the next call.
	}
	return nil
}

// isPlainRow reports whether line needs none of the steps.
//
// The test must be certain and fast, and need not be complete: a row that fails it takes the
// long way and comes out the same. Nearly all lines of a large text pass.
func (l *lineReader) isPlainRow(line []byte) bool {
	if !l.decided || l.prefix != nil || line[0] != 'B' || l.joiner.open != nil ||
		l.joiner.held != nil || !isName(line) {
		return false
	}
	space := bytes.IndexAny(line, " \t")
	return space > 0 && clearly(line, space) && bytes.IndexByte(line, 0x1B) < 0 && bytes.IndexByte(line, 0) < 0 &&
		bytes.IndexByte(line[space:], '_') < 0 && bytes.IndexByte(line, hardSpace[0]) < 0 &&
		bytes.IndexByte(line[:len(line)-min(2, len(line))], '\r') < 0 &&
		!bytes.Contains(line[space:], []byte("FAIL"))
}

// physical handles one line of the file. A carriage return in it is a line that a terminal wrote
// over: each part is a line of its own.
//
// The last part needs no carriage return of its own, and one before the newline is the line end
// of Windows.
func (l *lineReader) physical(line []byte) {
	line = l.behindGap(cleaned(line))
	if len(line) == 0 {
		return
	}
	if !l.decided {
		l.foreign.observe(line, l.line)
	}
	for more := true; more; {
		var part []byte
		part, line, more = cutOverwritten(line)
		l.piece(part)
	}
}

// cutOverwritten cuts off the first part of a line that a terminal wrote over. more is false if the
// part is the last one.
func cutOverwritten(line []byte) (part, rest []byte, more bool) {
	i := bytes.IndexByte(line, '\r')
	if i < 0 || len(bytes.TrimRight(line[i:], "\r\n")) == 0 {
		return line, nil, false
	}
	return line[:i], line[i+1:], true
}

// maxHead is how many bytes before the first row are held, until it shows the prefix of all rows.
const maxHead = 4 << 20

// piece removes the prefix of a line. The first row decides which prefix all rows have.
//
// Lines before the first row are held, because only the first row shows which prefix they have
// to lose as well: configuration lines stand there.
func (l *lineReader) piece(line []byte) {
	at := 0
	if !isName(line) && !isEvent(line) || l.prefix != nil {
		at = findRow(line)
	}
	switch {
	case !l.decided && (at < 0 || at == 0 && !isRow(line) && !isEvent(line) || isElement(line, at)):
		l.head = append(l.head, headLine{bytes.Clone(line), l.line, l.current})
		if l.size += len(line); l.size > maxHead {
			l.decide(nil)
		}
		return
	case !l.decided && at > 0:
		l.decide(newPrefix(string(line[:at])))
	case !l.decided:
		l.decide(nil)
	}
	switch {
	case l.prefix == nil && at > 0 && l.summary.repeats(l.line) && len(bytes.TrimSpace(line[:at])) == 0:
		l.unwrapped(line[at:])
	case l.prefix == nil && at > 0:
		p := newPrefix(string(line[:at]))
		l.reportBroken(fmt.Sprintf("the row stands behind %v, other rows do not; to remove it: %s",
			p, p.command(l.name)))
	case l.prefix == nil:
		l.unwrapped(line)
	case at >= 0:
		if p := newPrefix(string(line[:at])); !p.equal(l.prefix) {
			l.refuse(p)
		}
		l.prefix.rows++
		l.unwrapped(line[at:])
	default:
		l.unwrapped(l.prefix.cut(line))
	}
}

// gap is a run of zero bytes that may be a gap. A file system leaves them behind a crash, and a program that
// keeps writing to a log which was cut in the meantime leaves them in front of its next line.
var gap = bytes.Repeat([]byte{0}, 16)

// sector is the least number of bytes that a file system writes. A program that prints a key or an empty
// buffer prints fewer zero bytes.
const sector = 512

// behindGap returns the part of line behind a gap, and reports the gap: lines are lost there, rows perhaps.
// The part before the gap has lost its end, so it is none of the results.
//
// Zero bytes that fill no sector, and that touch no row, are output of a program. The line stays as it is.
func (l *lineReader) behindGap(line []byte) []byte {
	at := bytes.Index(line, gap)
	if at < 0 {
		return line
	}
	before, rest, longest := line[:at], line, 0
	for at >= 0 {
		rest = rest[at:]
		behind := bytes.TrimLeft(rest, "\x00")
		longest = max(longest, len(rest)-len(behind))
		rest = behind
		at = bytes.Index(rest, gap)
	}
	if longest < sector && !beginsRow(before) && findRow(rest) < 0 {
		return line
	}
	l.reportBroken(fmt.Sprintf("%d zero bytes stand here, as after a crash, or in a log that was cut while a "+
		"program wrote to it: rows may be lost", bytes.Count(line, []byte{0})))
	return rest
}

// beginsRow reports whether line ends in the beginning of a row: a name and a count. A name alone may be a
// benchmark that prints.
func beginsRow(line []byte) bool {
	at := bytes.LastIndex(line, rowStart)
	if at < 0 || !isName(line[at:]) {
		return false
	}
	space := bytes.IndexAny(line[at:], " \t")
	if space < 0 {
		return false
	}
	count := skipSpaces(line, at+space)
	return count < len(line) && isDigit(line[count])
}

// nulls reports a row in UTF-16 in the middle of a text in UTF-8.
//
// It looks at lines that contain a row only. Zero bytes in other lines are output of a program
// and no concern of a report.
func (l *lineReader) nulls(line []byte) bool {
	if bytes.IndexByte(line, 0) < 0 {
		return false
	}
	if text := bytes.ReplaceAll(line, []byte{0}, nil); findRow(text) < 0 && !lacksName(text) {
		return false
	}
	l.reportBroken("the row is UTF-16, but the text before it is not: write the whole text anew")
	return true
}

// decide sets the prefix and handles the lines before the first row.
//
// The held lines get their own numbers while they are handled, so that messages about them point
// to the right place.
func (l *lineReader) decide(p *prefix) {
	l.decided, l.prefix = true, p
	now, before, current := l.line, l.before, l.current
	for _, h := range l.head {
		l.line = h.line
		l.before, l.current = l.current, h.length
		text := h.text
		if p != nil {
			text = p.cut(text)
		}
		l.unwrapped(text)
	}
	l.head, l.line, l.before, l.current = nil, now, before, current
}

// refuse remembers that the rows have different prefixes: they may be different programs, which
// must not become one sample.
//
// The first mismatch is kept and the reading goes on, so that this error is reported and not one
// that follows from it.
func (l *lineReader) refuse(p *prefix) {
	if l.mixed != nil {
		return
	}
	other := p.String()
	if p.example == "" {
		other = "no prefix"
	}
	l.mixed = fmt.Errorf("%s:%d: this row has %s, the rows before have %v; if all rows belong "+
		"together, remove it: %s", l.name, l.line, other, l.prefix, l.prefix.commandFor(p, l.name))
}

// unwrapped decodes the events of go test -json.
//
// A text may have events and plain lines: a CI log often has both. The service messages of
// TeamCity are events in another notation. An event that is cut off so early that it looks like none is the
// last line of its text.
func (l *lineReader) unwrapped(line []byte) {
	if !isEvent(line) {
		if l.events.failed != nil && bytes.HasPrefix(line, []byte("{")) && !bytes.HasSuffix(line, []byte("\n")) {
			l.reportBroken("event of go test -json is cut off: " + clip(string(line)))
			return
		}
		l.content(line)
		return
	}
	if out, ok := serviceOutput(line); ok {
		l.events.output("", out, l.eventLine)
		return
	}
	if err := l.events.add(line, l.eventLine); err != nil {
		l.reportBroken(err.Error())
	}
}

// eventLine handles a line out of an event, which may have its own colours and overwritten parts.
func (l *lineReader) eventLine(line []byte) {
	line = cleaned(line)
	for more := true; more; {
		var part []byte
		part, line, more = cutOverwritten(line)
		l.content(part)
	}
}

// content handles one line as go test printed it.
//
// Every path that ends a row closes what was open before, so a joined row never waits behind a
// later one.
func (l *lineReader) content(line []byte) {
	if isName(line) && !isProse(line) {
		space := bytes.IndexAny(line, " \t\r\n")
		if space > 0 && clearly(line, space) {
			l.closeName()
			l.endRow()
			l.wrapped.observe(line, l.line)
			l.emit(l.beforeFailure(withoutUnderscores(line)), l.line)
			return
		}
		line = l.afterName(line, space)
	} else if l.nulls(line) || l.endOfWrapped(line) || l.endOfName(line) {
		return
	} else {
		l.summary.observe(line, l.line)
		l.runs.add(line)
		if !l.events.passing {
			l.overlaps.add(line, l.line)
		}
		if reportsFailure(line) {
			l.failures = append(l.failures, l.syntaxError(clip(strings.TrimSpace(string(line)))))
		}
		if endsRow(line) {
			l.closeName()
			l.endRow()
		}
		line = l.figures(line)
		if bytes.HasPrefix(line, rowStart) { // prose, which benchfmt would report as a broken row
			return
		}
	}
	if len(line) > 0 {
		l.emit(line, l.line)
	}
}

// end handles the lines that waited for others.
//
// The order matters: events may complete a row, a row may end a name, and only then is a name
// without figures reported. Failures of packages count only if no line said so before.
func (l *lineReader) end() {
	l.ended = true
	if !l.decided {
		l.decide(nil)
	}
	l.events.close(l.eventLine)
	l.endRow()
	l.closeName()
	if len(l.events.failed) > 0 && len(l.failures) == 0 {
		for _, pkg := range slices.Sorted(maps.Keys(l.events.failed)) {
			l.failures = append(l.failures, l.syntaxError("FAIL\t"+pkg))
		}
	}
}

// emit adds one line to rest.
func (l *lineReader) emit(line []byte, source int) {
	l.numbers.pass(source)
	l.rest = append(l.rest, bytes.TrimRight(line, "\r\n")...)
	l.rest = append(l.rest, '\n')
}

// notes says what was done to the text.
//
// Whatever was changed is told. Otherwise the number of rows in the report could not be
// explained by the file.
func (l *lineReader) notes() (list []string) {
	add := func(format string, args ...any) {
		list = append(list, escape.Printable(l.name+": "+fmt.Sprintf(format, args...)))
	}
	if p := l.prefix; p != nil {
		add("all rows stand behind %v, or one with another time, which was removed: %d", p, p.rows)
	}
	if n := l.joiner.joined; n > 0 {
		add("rows that prints of the benchmark split, put together again: %d", n)
	}
	if l.echoed > 0 {
		add("rows that gotestsum repeated, counted once: %d", l.echoed)
	}
	return list
}

// skipLong reads to the end of a line that is too long.
//
// The rest is read and dropped in pieces: the line may be larger than memory.
func (l *lineReader) skipLong(start string) error {
	l.reportBroken("line is longer than 64 KiB, left out: " + start + "…")
	for {
		part, err := l.r.ReadSlice('\n')
		if len(part) > 0 {
			l.last = part[len(part)-1]
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// reportBroken reports the current line as broken.
func (l *lineReader) reportBroken(msg string) { l.broken = append(l.broken, l.syntaxError(msg)) }

// syntaxError places msg at the current line.
func (l *lineReader) syntaxError(msg string) *benchfmt.SyntaxError {
	return l.syntaxErrorAt(l.line, msg)
}

func (l *lineReader) syntaxErrorAt(line int, msg string) *benchfmt.SyntaxError {
	return &benchfmt.SyntaxError{FileName: l.name, Line: line, Msg: msg}
}

// isUnterminated reports whether line is the last line of the text and lacks a newline.
//
// line is a number in the text and not of a line passed on; the caller has translated it.
func (l *lineReader) isUnterminated(line int) bool { return l.last != '\n' && line == l.line }

// beforeFailure returns the row in line without a report of failure behind it, and records that.
//
// A benchmark that fails after its figures were printed without a newline has both in one line.
// The figures are a result and the rest is a failure.
func (l *lineReader) beforeFailure(line []byte) []byte {
	i := bytes.Index(line, []byte("FAIL"))
	if i < 0 {
		return line
	}
	row := bytes.TrimSuffix(line[:i], []byte("--- "))
	if !isRow(row) {
		return line
	}
	l.failures = append(l.failures, l.syntaxError(clip(strings.TrimSpace(string(line[i:])))))
	return row
}

// endOfWrapped reports whether line is the rest of the row in the line before. Then both are broken: the
// figures of the row may be whole, but its last unit may be cut, and nothing tells which.
func (l *lineReader) endOfWrapped(line []byte) bool {
	w := &l.wrapped
	if w.line == 0 || w.line != l.line-1 || l.events.passing || !w.continues(line) {
		return false
	}
	w.rows = append(w.rows, w.line)
	l.broken = append(l.broken,
		l.syntaxErrorAt(w.line, goesOn+shown(line)+l.joinCommand(w.lostSpace(line))))
	return true
}
