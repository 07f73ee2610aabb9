package duel

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/internal/excerpt"
	"github.com/semabench/semabench/internal/machine"
	"github.com/semabench/semabench/reports/gate"
)

const (
	freshTime   = 10 * time.Millisecond // of operations in a process; its start takes half of that
	freshValues = 4                     // processes of a side in a pair, each for one value
)

// chooseFreshProcesses makes all rows have fresh processes if one side cannot
// have workers. It does so for both sides, because values of two methods cannot
// be compared.
//
// Mixed methods in one run would be judged by one correction, although they see slowdowns of
// different size.
func (m *measurer) chooseFreshProcesses(goos string) {
	switch {
	case goos == "windows":
		m.whyFresh = "Windows passes no pipes to a process"
	case m.old.noWorker != nil:
		m.whyFresh = "old: " + excerpt.Lines(m.old.noWorker.Error(), 1)
	case m.new.noWorker != nil:
		m.whyFresh = "new: " + excerpt.Lines(m.new.noWorker.Error(), 1)
	default:
		return
	}
	for _, s := range []*side{m.old, m.new} {
		s.overlay, s.names = "", &nameCache{}
	}
	m.addFact("fresh-processes", "for every value, which finds less than a duel: "+m.whyFresh)
}

// decideFresh plans a row whose values each have a fresh process. There are
// fewer values than slices in a pair, because each costs the start of a
// process.
//
// The reasons that plan.decide gave are dropped, because they speak of slices.
func (p *plan) decideFresh(o Options, why string, results [2]probeResult) {
	p.Mode, p.slices, p.pairs, p.Why = gate.Fresh, freshValues, o.Pairs, ""
	if p.Contended {
		p.pairs *= 2
	}
	value := results[0].wall + results[1].wall
	if results[0].least > longestSlice || results[1].least > longestSlice {
		p.slices = 1
	}
	p.because("%s", why)
	p.cost = time.Duration(p.slices) * value
	if most := int(o.RowTime / max(p.cost, 1)); most < p.pairs {
		planned := p.pairs
		p.pairs = min(planned, max(fewestPairs, most))
		p.because("a pair takes %v: %d pairs instead of %d", rounded(p.cost), p.pairs, planned)
	}
}

// A workerProcess is a backend that is a test binary with a worker in it.
type workerProcess struct {
	*exec.Cmd
	ctx context.Context // kills it
}

// kill kills the process and any process that a benchmark started. An error means
// that they have ended.
func (p workerProcess) kill() { child.Kill(p.Cmd) }

// wait implements backend. ProcessState is set by the first call.
func (p workerProcess) wait() error {
	if p.ProcessState != nil {
		return nil
	}
	err := p.Wait()
	child.AwaitSignal(p.ctx, err)
	return err
}

// startWorker starts a binary. It gets the arguments of an ordinary run of
// benchmarks, so that a TestMain that looks at them does what it always does.
// The ends of the pipes that the process got are closed here. Otherwise the
// parent itself would keep its read from ever seeing the end.
//
// The timeout of package testing is off; silence takes its place, which is asked of each answer
// and not of the whole process.
func startWorker(
	ctx context.Context, label string, b binary, silence time.Duration, args ...string,
) (*worker, error) {
	if b.names != nil {
		return newFreshRunner(ctx, label, b, silence), nil
	}
	commandsOut, commandsIn, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	answersOut, answersIn, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, commandsOut.Close(), commandsIn.Close())
	}
	w := &worker{
		label: label, commands: commandsIn, pipe: answersOut, answers: bufio.NewReader(answersOut),
		output: &output{}, silence: silence,
	}
	cmd := exec.CommandContext(ctx, b.path, append([]string{"-test.run=^$", "-test.bench=.",
		"-test.benchtime=1x", "-test.count=1", "-test.timeout=0"}, args...)...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), "PWD="+b.dir, "SEMABENCH_DUEL=1", "SEMABENCH_SLICE=1")
	cmd.ExtraFiles = []*os.File{commandsOut, answersIn} // file descriptors 3 and 4 of the worker
	cmd.Stdout, cmd.Stderr = w.output, w.output
	child.KillOnDone(cmd)
	w.backend = workerProcess{cmd, ctx}
	if b.meter != nil {
		cmd.Env = append(cmd.Env, countingEnv()...)
		w.instructions, err = b.meter.Start(cmd)
	} else {
		err = machine.StartFirst(cmd)
	}
	commandsOut.Close()
	answersIn.Close()
	if err != nil {
		commandsIn.Close()
		answersOut.Close()
		return nil, fmt.Errorf("%s: starting %s: %w", label, b.path, err)
	}
	return w, nil
}

// countingEnv makes a process execute the same instructions each time it runs. On one processor no
// goroutine steals work or spins. The garbage collector would begin at moments of its own.
// Without asynchronous preemption, the runtime interrupts a long-running goroutine by its next function
// call and not by a signal, which costs thousands of instructions.
func countingEnv() []string {
	debug := "asyncpreemptoff=1"
	if set := os.Getenv("GODEBUG"); set != "" {
		debug = set + "," + debug
	}
	return []string{"GOMAXPROCS=1", "GOGC=off", "GODEBUG=" + debug}
}

// A freshRunner is a backend that starts an ordinary test binary for each
// command. It serves Go distributions whose package testing does not fit the
// worker, and systems that pass no open files to processes.
//
// A start costs milliseconds, and the times of equal processes differ by chance, so these rows find
// less than rows with workers. But they are interleaved, and each pair has layouts of its own. It
// speaks the protocol of a worker over a pipe in memory, so the measurer does not know the
// difference.
//
// The protocol is text of a few words, so speaking it over a pipe in memory costs nothing beside
// a process.
type freshRunner struct {
	binary
	ctx    context.Context
	cancel context.CancelFunc
	output *output
	conn   net.Conn // carries commands one way and answers the other
	lines  *bufio.Reader
	done   chan struct{} // closed when serve returns
	err    error         // of the process that died; valid after done
}

// newFreshRunner returns a worker whose backend is a freshRunner. The pipe is a
// net.Pipe and not an os.Pipe, because the latter has no deadlines on Windows.
// The goroutine of serve ends when the worker closes its end of the pipe.
func newFreshRunner(ctx context.Context, label string, b binary, silence time.Duration) *worker {
	ours, theirs := net.Pipe()
	f := &freshRunner{binary: b, output: &output{}, conn: theirs, lines: bufio.NewReader(theirs),
		done: make(chan struct{})}
	f.ctx, f.cancel = context.WithCancel(ctx)
	go f.serve()
	return &worker{label: label, backend: f, commands: ours, pipe: ours,
		answers: bufio.NewReader(ours), output: f.output, silence: silence}
}

// kill ends the process that runs, if any, and with it every later command. It
// cancels the ctx: perhaps no process runs now, and no later command may start
// one.
func (f *freshRunner) kill() { f.cancel() }

// wait implements backend.
func (f *freshRunner) wait() error {
	<-f.done // the close of done orders the writes to err before this read
	f.cancel()
	err := f.err
	f.err = nil
	return err
}

// serve answers commands until the pipe is closed or a process dies. It is the
// only goroutine that starts processes, so there is one at a time.
//
// err is set before the loop ends and read after done is closed, so it needs no lock.
func (f *freshRunner) serve() {
	defer close(f.done)
	defer f.conn.Close() // a worker that waits for an answer gets an error
	for f.err == nil {
		switch word, rest := f.command(); word {
		case "names":
			f.answerNames()
		case "row":
			f.serveRows(rest)
		default:
			return
		}
	}
}

// command returns the next command, or "" when the pipe is closed.
func (f *freshRunner) command() (word, rest string) {
	line, _ := f.lines.ReadString('\n')
	word, rest, _ = strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	return word, rest
}

// answer sends an answer. A closed pipe is no error: then nothing waits for it.
func (f *freshRunner) answer(format string, args ...any) {
	fmt.Fprintf(f.conn, format+"\n", args...)
}

// answerNames asks the binary for its benchmark functions.
func (f *freshRunner) answerNames() {
	out, err := f.start(runtime.GOMAXPROCS(0), nil, "-test.list=^Benchmark")
	if err != nil {
		f.err = err
		return
	}
	f.answer("names %s", strings.Join(listedLine.FindAllString(out.text, -1), " "))
}

var resultLine = regexp.MustCompile(`(?m)^(Benchmark\S*)\s+\d+\t(.*)$`)

// serveRows answers at each benchmark that a pattern selects, and at the end of
// them. The names are learned by running each benchmark once, because the list
// of a binary has no sub-benchmarks.
//
// The listing run has one iteration of each benchmark. Its figures are thrown away.
func (f *freshRunner) serveRows(rest string) {
	function, selected, _ := strings.Cut(rest, " ")
	names, ok := f.names.find(f.path+rest, selected)
	if !ok {
		out, err := f.start(runtime.GOMAXPROCS(0), nil,
			"-test.bench="+patternWithin(selected, function), "-test.benchtime=1x")
		if err != nil && !out.failed() {
			f.err = err
			return
		}
		for _, found := range resultLine.FindAllStringSubmatch(out.text, -1) {
			names = append(names, strings.TrimSuffix(found[1], procsSuffix(runtime.GOMAXPROCS(0))))
		}
		f.names.add(f.path+rest, names)
	}
	for _, name := range names {
		f.answer("at %s", strconv.Quote(name))
		for f.serveCommand(name) {
		}
		if f.err != nil {
			return
		}
	}
	f.answer("end true")
}

// procsSuffix returns the suffix that package testing appends to names of
// benchmarks.
func procsSuffix(procs int) string {
	if procs > 1 {
		return fmt.Sprintf("-%d", procs)
	}
	return ""
}

// serveCommand executes one command at a benchmark. It reports whether the worker
// stays at the benchmark.
//
// An unknown word means that the worker leaves the benchmark.
func (f *freshRunner) serveCommand(name string) (stay bool) {
	word, rest := f.command()
	var n, times int
	fmt.Sscan(rest, &n, &times)
	switch word {
	case "run":
		r, ok := f.run(runtime.GOMAXPROCS(0), nil, name, n)
		if ok {
			f.answer("ran %v %d %d %v 0", r.ns, r.allocs, r.bytes, r.busy)
		}
		return ok
	case "count", "alone":
		procs := runtime.GOMAXPROCS(0)
		if word == "alone" {
			procs = 1
		}
		// The garbage collector empties pools at any time, so it is off, unless
		// memory gets short.
		env := []string{"GOGC=off", "GOMEMLIMIT=1GiB"}
		totals := ""
		for range times {
			r, ok := f.run(procs, env, name, n)
			if !ok {
				return false
			}
			totals += fmt.Sprintf(" %d %d", r.allocs, r.bytes)
		}
		f.answer("counted %d%s", n, totals)
		return true
	}
	return false
}

// run runs n iterations in a process. If ok is false, either the failure was
// answered, or f.err says why nothing can be answered any more. Times per
// operation are multiplied by n again, since the protocol has totals. The
// rounding of package testing stays in them.
//
// A result line is found by its whole name, because a benchmark may print lines that look like
// one.
func (f *freshRunner) run(procs int, env []string, name string, n int) (r slice, ok bool) {
	out, err := f.start(procs, env, "-test.bench="+pattern(name),
		fmt.Sprintf("-test.benchtime=%dx", n), "-test.benchmem")
	all := resultLine.FindAllStringSubmatch(out.text, -1)
	i := slices.IndexFunc(all, func(found []string) bool {
		return strings.TrimSuffix(found[1], procsSuffix(procs)) == name
	})
	switch {
	case err != nil && !out.failed():
		f.err = err
		return r, false
	case err != nil || i < 0:
		why := ""
		if found := outcomeLines.FindStringSubmatch(out.text); found != nil {
			why = found[1]
		}
		f.answer("failed %s", strconv.Quote(why))
		return r, false
	}
	fields := strings.Fields(all[i][2])
	per := func(unit string) float64 {
		at := slices.Index(fields, unit)
		if at < 1 {
			return 0
		}
		v, _ := strconv.ParseFloat(fields[at-1], 64) // no number becomes 0, which worker.run refuses
		return v
	}
	ops := float64(n)
	return slice{ns: per("ns/op") * ops, allocs: int64(per("allocs/op") * ops),
		bytes: int64(per("B/op") * ops), busy: out.busy}, true
}

// A processResult holds the output of an ordinary test binary, and how many cores
// it used.
type processResult struct {
	text string
	busy float64
}

// failed reports whether a benchmark failed, which is not the same as a process
// that died: only the latter leaves other benchmarks unknown.
func (r processResult) failed() bool { return strings.Contains(r.text, "--- FAIL: ") }

// start runs the binary to its end. With -test.v the output of a benchmark is
// not on the line of its result. SEMABENCH_SLICE is set as for workers: a
// benchmark of this project asks for it.
//
// It waits for the process alone and not for its children: a benchmark may leave a server
// running.
func (f *freshRunner) start(procs int, env []string, args ...string) (processResult, error) {
	cmd := exec.CommandContext(f.ctx, f.path, append([]string{"-test.run=^$", "-test.v", "-test.count=1",
		"-test.timeout=0", fmt.Sprintf("-test.cpu=%d", procs)}, args...)...)
	cmd.Dir = f.dir
	cmd.Env = append(append(os.Environ(), "PWD="+f.dir, "SEMABENCH_SLICE=1"), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	child.KillOnDone(cmd)
	began := time.Now()
	err := machine.StartFirst(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	child.AwaitSignal(f.ctx, err)
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // the binary ended well, and a process that it started still holds the output
	}
	result := processResult{text: strings.ReplaceAll(out.String(), "\r\n", "\n")}
	f.output.Write([]byte(result.text))
	if state := cmd.ProcessState; state != nil {
		result.busy = float64(state.UserTime()+state.SystemTime()) / float64(time.Since(began))
	}
	return result, err
}
