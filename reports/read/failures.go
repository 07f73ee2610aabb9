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

// clip shortens a message to 160 bytes, so that it stays one line of a report.
func clip(s string) string {
	const most = 160
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
