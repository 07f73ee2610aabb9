package read

import (
	"bytes"
	"strings"
)

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

// clip shortens a message to 160 bytes, so that it stays one line of a report.
func clip(s string) string {
	const most = 160
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
