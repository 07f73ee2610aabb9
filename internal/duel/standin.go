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
	"github.com/semabench/semabench/internal/machine"
)

// A standIn answers the commands of a worker by starting an ordinary test binary for each of them. It is
// for Go distributions whose package testing cannot be given a worker, and for systems that pass
// no open files to processes. A start costs milliseconds and every process has luck of its own,
// so its rows find less than those of workers; but they are interleaved, each pair with layouts of its own.
type standIn struct {
	binary
	ctx    context.Context
	cancel context.CancelFunc
	said   *speech
	conn   net.Conn
	lines  *bufio.Reader
	done   chan struct{}
	err    error // of the process that died; once done is closed
}

func newStandIn(ctx context.Context, label string, b binary, limit time.Duration) *process {
	ours, theirs := net.Pipe() // and not os.Pipe, which has no deadlines on Windows
	s := &standIn{binary: b, said: &speech{}, conn: theirs, lines: bufio.NewReader(theirs), done: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancel(ctx)
	go s.serve()
	return &process{label: label, body: s, commands: ours, pipe: ours, answers: bufio.NewReader(ours),
		said: s.said, limit: limit}
}

func (s *standIn) kill() { s.cancel() }

func (s *standIn) wait() error {
	<-s.done
	s.cancel()
	err := s.err
	s.err = nil
	return err
}

func (s *standIn) serve() {
	defer close(s.done)
	defer s.conn.Close() // whoever waits for an answer finds out
	for s.err == nil {
		switch word, rest := s.command(); word {
		case "names":
			s.names()
		case "row":
			s.row(rest)
		default:
			return
		}
	}
}

func (s *standIn) command() (word, rest string) {
	line, _ := s.lines.ReadString('\n')
	word, rest, _ = strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	return word, rest
}

func (s *standIn) answer(format string, args ...any) { fmt.Fprintf(s.conn, format+"\n", args...) }

func (s *standIn) names() {
	out, err := s.start(runtime.GOMAXPROCS(0), nil, "-test.list=^Benchmark")
	if err != nil {
		s.err = err
		return
	}
	s.answer("names %s", strings.Join(listed.FindAllString(out.text, -1), " "))
}

// listed is a function in what -test.list prints, resulted a result.
var (
	listed   = regexp.MustCompile(`(?m)^Benchmark\w*$`)
	resulted = regexp.MustCompile(`(?m)^(Benchmark\S*)\s+\d+\t(.*)$`)
)

// row goes through the benchmarks that a pattern selects.
func (s *standIn) row(rest string) {
	f, pattern, _ := strings.Cut(rest, " ")
	names, ok := s.roster.of(s.path+rest, pattern)
	if !ok {
		out, err := s.start(runtime.GOMAXPROCS(0), nil, "-test.bench="+narrowed(pattern, f), "-test.benchtime=1x")
		if err != nil && !out.failed() {
			s.err = err
			return
		}
		for _, found := range resulted.FindAllStringSubmatch(out.text, -1) {
			names = append(names, strings.TrimSuffix(found[1], suffix(runtime.GOMAXPROCS(0))))
		}
		s.roster.learn(s.path+rest, names)
	}
	for _, name := range names {
		s.answer("at %s", strconv.Quote(name))
		for s.obey(name) {
		}
		if s.err != nil {
			return
		}
	}
	s.answer("end true")
}

// suffix is what package testing appends to names.
func suffix(procs int) string {
	if procs > 1 {
		return fmt.Sprintf("-%d", procs)
	}
	return ""
}

// obey reports whether the benchmark is still to be stayed at.
func (s *standIn) obey(name string) bool {
	word, rest := s.command()
	var n, times int
	fmt.Sscan(rest, &n, &times)
	switch word {
	case "run":
		r, ok := s.run(runtime.GOMAXPROCS(0), nil, name, n)
		if ok {
			s.answer("ran %v %d %d %v 0", r.ns, r.allocs, r.bytes, r.busy)
		}
		return ok
	case "count", "alone":
		procs := runtime.GOMAXPROCS(0)
		if word == "alone" {
			procs = 1
		}
		// The collector empties pools when it likes, so it is off, but for what does not fit into memory.
		totals := ""
		for range times {
			r, ok := s.run(procs, []string{"GOGC=off", "GOMEMLIMIT=1GiB"}, name, n)
			if !ok {
				return false
			}
			totals += fmt.Sprintf(" %d %d", r.allocs, r.bytes)
		}
		s.answer("counted %d%s", n, totals)
		return true
	}
	return false
}

// run runs n iterations in a process. If that fails it has been answered, or s.err is why nothing can be.
func (s *standIn) run(procs int, env []string, name string, n int) (r slice, ok bool) {
	out, err := s.start(procs, env, "-test.bench="+pattern(name), fmt.Sprintf("-test.benchtime=%dx", n), "-test.benchmem")
	all := resulted.FindAllStringSubmatch(out.text, -1)
	i := slices.IndexFunc(all, func(found []string) bool {
		return strings.TrimSuffix(found[1], suffix(procs)) == name
	})
	switch {
	case err != nil && !out.failed():
		s.err = err
		return r, false
	case err != nil || i < 0:
		why := ""
		if found := outcome.FindStringSubmatch(out.text); found != nil {
			why = found[1]
		}
		s.answer("failed %s", strconv.Quote(why))
		return r, false
	}
	fields := strings.Fields(all[i][2])
	per := func(unit string) float64 {
		at := slices.Index(fields, unit)
		if at < 1 {
			return 0
		}
		v, _ := strconv.ParseFloat(fields[at-1], 64) // what is no number is 0, which is refused later
		return v
	}
	ops := float64(n)
	return slice{ns: per("ns/op") * ops, allocs: int64(per("allocs/op") * ops),
		bytes: int64(per("B/op") * ops), busy: out.busy}, true
}

// A saying is what a process printed, and how many cores it used.
type saying struct {
	text string
	busy float64
}

func (s saying) failed() bool { return strings.Contains(s.text, "--- FAIL: ") }

// start runs the binary. With -test.v nothing that a benchmark prints is on the line of its result.
func (s *standIn) start(procs int, env []string, args ...string) (saying, error) {
	cmd := exec.CommandContext(s.ctx, s.path, append([]string{"-test.run=^$", "-test.v", "-test.count=1",
		"-test.timeout=0", fmt.Sprintf("-test.cpu=%d", procs)}, args...)...)
	cmd.Dir = s.dir
	cmd.Env = append(append(os.Environ(), "PWD="+s.dir, "SEMABENCH_SLICE=1"), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	child.KillOnDone(cmd)
	began := time.Now()
	err := machine.StartFirst(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	child.AwaitSignal(s.ctx, err)
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it ended well, a child did not
	}
	said := saying{text: strings.ReplaceAll(out.String(), "\r\n", "\n")}
	s.said.Write([]byte(said.text))
	if state := cmd.ProcessState; state != nil {
		said.busy = float64(state.UserTime()+state.SystemTime()) / float64(time.Since(began))
	}
	return said, err
}
