package duel

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/cmd/internal/instructions"
)

// A worker is a test binary that answers commands; worker/worker.go.txt lists
// them. While it waits for a command it blocks in a read, and takes nothing
// from the worker that runs. It is used by one goroutine, which sends a command
// and waits for its answer before the next.
//
// Commands and answers have pipes of their own, because standard output belongs to the
// benchmarks.
type worker struct {
	label    string // old or new
	backend  backend
	commands io.WriteCloser
	pipe     deadlineReader // of the answers
	answers  *bufio.Reader
	output   *output // of the process, apart from its answers

	instructions instructions.Count // nil unless the binary has a meter

	silence time.Duration // after which a worker that does not answer is killed
}

// A backend answers the commands: a process with a worker in it, or a freshRunner
// that starts an ordinary binary for each command.
type backend interface {
	kill()

	// wait waits for the end of the backend, after the pipes were closed, and
	// returns why it ended; nil if it ended well. A second call returns nil at
	// once.
	wait() error
}

// A deadlineReader is a pipe whose reads can time out: an *os.File of a pipe, or
// a net.Conn.
type deadlineReader interface {
	io.ReadCloser
	SetReadDeadline(time.Time) error
}

// A slice is the answer to a run of some iterations.
type slice struct {
	ns            float64 // all iterations together
	allocs, bytes int64
	busy          float64       // cores in use
	goroutines    int64         // started
	wall          time.Duration // with the preparation of the benchmark
}

// send sends a command. A worker that is dead does not read it; the next answer
// then reports that.
func (w *worker) send(format string, args ...any) {
	fmt.Fprintf(w.commands, format+"\n", args...)
}

// answer waits for the next answer. It kills a worker that is silent for too
// long. The deadline is set anew for each answer, so silence is measured
// between answers.
func (w *worker) answer() (word, rest string, err error) {
	if err := w.pipe.SetReadDeadline(time.Now().Add(w.silence)); err != nil {
		return "", "", err
	}
	line, err := w.answers.ReadString('\n')
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.kill()
		return "", "", fmt.Errorf("%s: no answer in %v", w.label, w.silence)
	case err != nil:
		return "", "", w.deathError()
	}
	word, rest, _ = strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	return word, rest, nil
}

// deathError says why a worker that does not answer any more has ended.
//
// The cause is searched in the output in this order: a panic, then the last words, then the exit
// code.
func (w *worker) deathError() error {
	err := w.wait()
	if err == nil {
		return fmt.Errorf("%s: %w", w.label, errEnded)
	}
	how := err.Error()
	if cause := cmp.Or(w.output.crash(), w.output.lastLine()); cause != "" {
		how = cause + " (" + how + ")"
	}
	return fmt.Errorf("%s: %s", w.label, how)
}

// errEnded is the error of a process that exits with 0 while commands are left.
var errEnded = errors.New("the process ended")

// close lets the process end as after its benchmarks, so that a TestMain can
// clean up. It kills a process that takes too long for that. Closing the
// commands tells the worker to end, as the end of its input.
func (w *worker) close() {
	stop := time.AfterFunc(w.silence, w.backend.kill)
	defer stop.Stop()
	w.wait()
}

// kill ends the worker at once. Its state may be anything: no TestMain cleans up.
func (w *worker) kill() {
	w.backend.kill()
	w.wait()
}

// wait closes the pipes, which makes the process end, and waits for its end.
func (w *worker) wait() error {
	w.commands.Close()
	w.pipe.Close()
	err := w.backend.wait()
	if w.instructions != nil {
		w.instructions.Close() // a snapshot that is left goes with the folder
		w.instructions = nil
	}
	return err
}

// errSkipped is the error of a benchmark that ended before it had measured an
// iteration, as after b.Skip.
var errSkipped = errors.New("it was skipped")

// errTimeless is the error of a benchmark that calls ReportMetric(0, "ns/op"). go
// test takes that to mean that no time is to be printed.
var errTimeless = errors.New("it reports a time of 0 ns/op")

// functions returns the benchmark functions of the binary.
func (w *worker) functions() ([]string, error) {
	w.send("names")
	_, rest, err := w.answer()
	return strings.Fields(rest), err
}

// each calls visit for every benchmark of a function that a pattern selects, at
// the moment when the benchmark is ready to run.
func (w *worker) each(function, pattern string, visit func(name string) error) error {
	w.send("row %s %s", function, pattern)
	for {
		word, rest, err := w.answer()
		if err != nil {
			return err
		}
		switch word {
		case "end":
			return nil
		case "at":
			name, err := strconv.Unquote(rest)
			if err != nil {
				return fmt.Errorf("%s: reading the name %s: %w", w.label, rest, err)
			}
			if err := visit(name); err != nil {
				return err
			}
			w.send("next")
		}
	}
}

// enter goes to a benchmark and stays there until leave.
func (w *worker) enter(name string) error {
	w.send("row %s %s", functionOf(name), pattern(name))
	for {
		word, rest, err := w.answer()
		if err != nil {
			return err
		}
		switch {
		case word == "at" && rest == strconv.Quote(name):
			return nil
		case word == "at": // on this side the benchmark has sub-benchmarks, and this is one
			w.send("next")
		case word == "end":
			w.close() // so that all of the output is there
			if cause := w.output.failure(); cause != "" {
				return fmt.Errorf("%s: %s", w.label, cause)
			}
			return fmt.Errorf("%s: %w", w.label, errSkipped)
		}
	}
}

// leave goes on to the end of the row. A pattern may select more benchmarks than
// the benchmark that the worker is at: the pattern of a/b selects a/b/c too, where the two
// are names of sub-benchmarks of one function. The worker waits at each of them.
func (w *worker) leave() error {
	w.send("next")
	for {
		word, _, err := w.answer()
		if err != nil || word == "end" {
			return err
		}
		if word == "at" {
			w.send("next")
		}
	}
}

// run runs n iterations of the benchmark that the worker is at. A time of 0 is
// errTimeless, with a valid wall time. The wall time is measured here and not
// in the worker: it has to have everything in it that a slice costs.
func (w *worker) run(n int) (s slice, err error) {
	begin := time.Now()
	w.send("run %d", n)
	rest, err := w.expect("ran")
	if err != nil {
		return s, err
	}
	s.wall = time.Since(begin)
	_, err = fmt.Sscan(rest, &s.ns, &s.allocs, &s.bytes, &s.busy, &s.goroutines)
	switch {
	case err == nil && s.ns == 0:
		err = fmt.Errorf("%s: %w", w.label, errTimeless)
	case err == nil && !(s.ns > 0): // !(>) refuses NaN too
		err = fmt.Errorf("%s: it took %v ns for an iteration of %d: nothing can be said of such a benchmark",
			w.label, s.ns/float64(n), n)
	}
	return s, err
}

// count counts n iterations several times and returns the totals. command is
// "count", or "alone" for one processor. The worker may count another number of
// operations, which it returns.
func (w *worker) count(command string, n, times int) (ops int64, allocs, bytes []int64, err error) {
	w.send("%s %d %d", command, n, times)
	rest, err := w.expect("counted")
	if err != nil {
		return 0, nil, nil, err
	}
	var totals []int64
	for _, field := range strings.Fields(rest) {
		total, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, nil, nil, fmt.Errorf("%s: reading totals: %w", w.label, err)
		}
		totals = append(totals, total)
	}
	if len(totals) != 1+2*times {
		return 0, nil, nil, fmt.Errorf("%s: %d totals, want %d", w.label, len(totals), 1+2*times)
	}
	for i := range times {
		allocs, bytes = append(allocs, totals[1+2*i]), append(bytes, totals[2+2*i])
	}
	return totals[0], allocs, bytes, nil
}

// expect waits for an answer of one kind. Any other answer is an error.
func (w *worker) expect(want string) (rest string, err error) {
	word, rest, err := w.answer()
	switch {
	case err != nil:
		return "", err
	case word == want:
		return rest, nil
	case word == "failed":
		message, _ := strconv.Unquote(rest)
		return "", fmt.Errorf("%s: it failed: %s", w.label, strings.Join(strings.Fields(message), " "))
	case word == "end":
		return "", fmt.Errorf("%s: it ended within its iterations: runtime.Goexit does that", w.label)
	}
	return "", fmt.Errorf("%s: answered %q, want %q", w.label, word, want)
}

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

// waits returns about how often a goroutine begins to run during n operations, and how many cores they use.
func (w *worker) waits(n int) (begins int64, busy float64, err error) {
	w.send("waits %d", n)
	rest, err := w.expect("waited")
	if err == nil {
		_, err = fmt.Sscan(rest, &begins, &busy)
	}
	return begins, busy, err
}

// cost returns how many instructions the process executes for a run of n operations. Garbage of
// earlier runs is collected before the count begins.
func cost(w *worker, n int) (int64, error) {
	if err := w.collect(); err != nil {
		return 0, err
	}
	before, err := w.instructions.Total(w.mark)
	if err != nil {
		return 0, err
	}
	if _, err := w.run(n); err != nil && !errors.Is(err, errTimeless) {
		return 0, err
	}
	after, err := w.instructions.Total(w.mark)
	return after - before, err
}

// collect has the worker collect its garbage.
func (w *worker) collect() error {
	w.send("collect")
	_, err := w.expect("collected")
	return err
}

// mark has the worker ask valgrind for a snapshot. The worker reads the rest of the line as the path.
func (w *worker) mark(path string) error {
	w.send("mark %s", path)
	rest, err := w.expect("marked")
	if ok, _ := strconv.ParseBool(rest); err == nil && !ok {
		err = fmt.Errorf("%s: valgrind did not take the request for a snapshot", w.label)
	}
	return err
}
