package duel

import (
	"io"
	"slices"
	"strings"
	"sync/atomic"
)

// An output keeps the beginning and the end of the output of a process. A panic
// comes at the end, but the stacks after its first lines may be long. One
// goroutine writes, and the reader waits until the process has ended, so there
// is no lock.
//
// A benchmark may print for hours. The limit is on what is kept, and nothing is refused: a full
// pipe would stop the benchmark.
type output struct {
	first, last []byte
	written     atomic.Int64 // bytes so far; may be read while the process runs
}

// outputPart is how many bytes of the beginning, and at least how many of the
// end, are kept.
const outputPart = 64 << 10

var _ io.Writer = (*output)(nil)

// Write appends text. It drops the middle only when the end has grown to twice
// its size, so that it copies rarely.
func (o *output) Write(text []byte) (int, error) {
	o.written.Add(int64(len(text)))
	fits := min(len(text), outputPart-len(o.first))
	o.first = append(o.first, text[:fits]...)
	o.last = append(o.last, text[fits:]...)
	if len(o.last) > 2*outputPart {
		o.last = append([]byte(nil), o.last[len(o.last)-outputPart:]...)
	}
	return len(text), nil
}

// String returns the kept parts. Between them output may be missing.
func (o *output) String() string { return string(o.first) + string(o.last) }

// crash returns the lines that say why the process died, or "".
func (o *output) crash() string {
	return o.lastBeginning("panic:", "fatal error:", "signal ", "runtime:")
}

// failure returns what a benchmark that failed logged, or "".
func (o *output) failure() string { return o.lastBeginning("--- FAIL:") }

// lastBeginning returns the last line that begins with one of some words, and the
// line after it. Lines before may be of benchmarks that the process survived.
//
// It searches from the end, where the cause of a death is.
func (o *output) lastBeginning(words ...string) string {
	all := strings.Split(strings.TrimSpace(o.String()), "\n")
	for i, line := range slices.Backward(all) {
		line = withoutName(line)
		if slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(line, w) }) {
			next := all[i+1 : min(i+2, len(all))]
			return oneLine(strings.Join(append([]string{line}, next...), " "))
		}
	}
	return ""
}

// withoutName cuts off the name of a benchmark. Package testing prints the name
// first, and the output of the benchmark follows on the same line.
func withoutName(line string) string {
	if name, rest, ok := strings.Cut(line, "\t"); ok && strings.HasPrefix(name, "Benchmark") {
		return rest
	}
	return line
}

// lastLine returns the last line that is not blank: a program that calls os.Exit
// often says why just before.
func (o *output) lastLine() string {
	for _, line := range slices.Backward(strings.Split(o.String(), "\n")) {
		if words := oneLine(withoutName(line)); words != "" {
			return "it said last: " + words
		}
	}
	return ""
}

// oneLine replaces every white space by a single blank.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
