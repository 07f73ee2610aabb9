package read

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// maxLine is the length of the longest line that benchfmt can read. Its scanner stops with an
// error at a longer one, and would lose the rest of the file.
const maxLine = 64<<10 - 1

// A lineReader passes a text on to benchfmt and records what benchfmt does not report:
//
//   - lines that are too long, which it passes on as empty lines, so that the line numbers of
//     benchfmt stay right;
//   - lines that say that the program failed;
//   - whether the text begins like JSON, and whether its last line has a newline.
type lineReader struct {
	r      *bufio.Reader
	name   string
	rest   []byte // the part of the current line that Read has not passed on yet
	line   int
	last   byte
	isJSON bool // the text begins as the output of go test -json does

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

// next reads one line into rest.
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
	return nil // ReadSlice returns an error that came with bytes again at the next call
}

// skipLong reads to the end of a line that is too long. It passes on only the newline, so that
// benchfmt still counts the line.
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

// syntaxError places msg at the current line.
func (l *lineReader) syntaxError(msg string) *benchfmt.SyntaxError {
	return &benchfmt.SyntaxError{FileName: l.name, Line: l.line, Msg: msg}
}

// clip shortens a message to 160 bytes, so that it stays one line of a report.
func clip(s string) string {
	const most = 160
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// failurePrefixes begin the lines by which go test and the Go runtime say that a program failed.
// The results of such a program may be good, but the run did not do all that it was meant to do.
var failurePrefixes = [][]byte{
	[]byte("--- FAIL"), []byte("FAIL\t"), []byte("FAIL\n"), []byte("FAIL\r"), []byte("FAIL:"),
	[]byte("panic: "), []byte("fatal error: "), []byte("exit status "), []byte("signal: "),
	[]byte("*** Test killed"), []byte("WARNING: DATA RACE"), []byte("SIGQUIT: "),
}

// reportsFailure reports whether line begins with one of failurePrefixes.
func reportsFailure(line []byte) bool {
	// Nearly all lines are benchmark lines, and no prefix begins with B: this test keeps the
	// others off the hot path.
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

// isUnterminated reports whether line is the last line of the text and lacks a newline.
func (l *lineReader) isUnterminated(line int) bool { return l.last != '\n' && line == l.line }
