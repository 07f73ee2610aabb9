package read

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// maxLine is what benchfmt can read, and ends at.
const maxLine = 64<<10 - 1

// A lineReader passes lines on to benchfmt and notes what benchfmt would not tell: lines that are
// too long, which it leaves empty so that the numbers stay right; lines that say that the
// program failed; and how the text began and ended.
type lineReader struct {
	r      *bufio.Reader
	name   string
	rest   []byte // of the current line, not yet passed on
	line   int
	last   byte
	isJSON bool // the text begins as go test -json does

	tooLong  []*benchfmt.SyntaxError
	failures []*benchfmt.SyntaxError
}

func newLineReader(r io.Reader, name string) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, maxLine), name: name}
}

func (l *lineReader) Read(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		if len(l.rest) == 0 {
			// The rest of a long line has to be read before anything else is, and more than one line
			// must not be: the bytes of a line are good until the next is read.
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

func (l *lineReader) next() error {
	line, err := l.r.ReadSlice('\n')
	if len(line) == 0 && err != nil {
		return err
	}
	l.line++
	if l.line == 1 {
		l.isJSON = line[0] == '{'
	}
	l.last = line[len(line)-1]
	if errors.Is(err, bufio.ErrBufferFull) {
		return l.skipLong(string(line[:40]))
	}
	if reportsFailure(line) {
		l.failures = append(l.failures, l.syntaxError(clip(strings.TrimSpace(string(line)))))
	}
	l.rest = line
	return nil // an error that came with bytes comes again
}

// skipLong leaves the end of the line, so that lines are still counted right.
func (l *lineReader) skipLong(start string) error {
	l.tooLong = append(l.tooLong, l.syntaxError("line is longer than 64 KiB, left out: "+start+"…"))
	for {
		part, err := l.r.ReadSlice('\n')
		if len(part) > 0 {
			l.last = part[len(part)-1]
		}
		switch {
		case err == nil:
			l.rest = part[len(part)-1:]
			return nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}

func (l *lineReader) syntaxError(msg string) *benchfmt.SyntaxError {
	return &benchfmt.SyntaxError{FileName: l.name, Line: l.line, Msg: msg}
}

// clip keeps a message to a line.
func clip(s string) string {
	const most = 160
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// failureSigns begin the lines by which go test and the Go runtime say that a program did
// not end well. What it measured before may be good, but it is not what was to be measured.
var failurePrefixes = [][]byte{
	[]byte("--- FAIL"), []byte("FAIL\t"), []byte("FAIL\n"), []byte("FAIL\r"), []byte("FAIL:"),
	[]byte("panic: "), []byte("fatal error: "), []byte("exit status "), []byte("signal: "),
	[]byte("*** Test killed"), []byte("WARNING: DATA RACE"), []byte("SIGQUIT: "),
}

func reportsFailure(line []byte) bool {
	// Almost all lines are benchmark lines; none of the signs begins with B.
	if len(line) == 0 || line[0] == 'B' {
		return false
	}
	for _, sign := range failurePrefixes {
		if bytes.HasPrefix(line, sign) {
			return true
		}
	}
	return string(line) == "FAIL"
}

// cut reports whether line is the last one and has no newline.
func (l *lineReader) isUnterminated(line int) bool { return l.last != '\n' && line == l.line }
