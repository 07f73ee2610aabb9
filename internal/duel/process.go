package duel

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/internal/machine"
)

// A process is a test binary that waits for commands; see worker/worker.go.txt for them. It
// blocks in a read meanwhile and takes nothing from the one that runs.
type process struct {
	label    string // old or new
	body     body
	commands io.WriteCloser
	pipe     pipe // of the answers
	answers  *bufio.Reader
	said     *speech
	limit    time.Duration // of silence
}

// A body is what answers: a worker, or who stands in for one.
type body interface {
	kill()
	wait() error // for its end, after the pipes were closed; nil the second time
}

type pipe interface {
	io.ReadCloser
	SetReadDeadline(time.Time) error
}

// A workerBody is a test binary that has a worker.
type workerBody struct {
	*exec.Cmd
	ctx context.Context // that ends it
}

func (w workerBody) kill() { child.Kill(w.Cmd) } // an error says that it has ended

func (w workerBody) wait() error {
	if w.ProcessState != nil {
		return nil
	}
	err := w.Wait()
	child.AwaitSignal(w.ctx, err)
	return err
}

// A slice is what a process answers of some iterations.
type slice struct {
	ns            float64 // all together
	allocs, bytes int64
	busy          float64 // cores
	goroutines    int64   // started
	wall          time.Duration
}

// start starts a binary. The arguments are those of an ordinary run of benchmarks, so that a
// TestMain that looks at them does what it does then.
func start(
	ctx context.Context, label string, b binary, limit time.Duration, args ...string,
) (*process, error) {
	if b.roster != nil {
		return newStandIn(ctx, label, b, limit), nil
	}
	commandsOut, commandsIn, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	answersOut, answersIn, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, commandsOut.Close(), commandsIn.Close())
	}
	p := &process{
		label: label, commands: commandsIn, pipe: answersOut, answers: bufio.NewReader(answersOut),
		said: &speech{}, limit: limit,
	}
	cmd := exec.CommandContext(ctx, b.path, append([]string{"-test.run=^$", "-test.bench=.",
		"-test.benchtime=1x", "-test.count=1", "-test.timeout=0"}, args...)...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), "PWD="+b.dir, "SEMABENCH_DUEL=1", "SEMABENCH_SLICE=1")
	cmd.ExtraFiles = []*os.File{commandsOut, answersIn}
	cmd.Stdout, cmd.Stderr = p.said, p.said
	child.KillOnDone(cmd)
	p.body = workerBody{cmd, ctx}
	err = machine.StartFirst(cmd)
	commandsOut.Close()
	answersIn.Close()
	if err != nil {
		commandsIn.Close()
		answersOut.Close()
		return nil, fmt.Errorf("%s: starting %s: %w", label, b.path, err)
	}
	return p, nil
}

// tell sends a command, and answer waits for a line that answers one.
func (p *process) tell(format string, args ...any) {
	fmt.Fprintf(p.commands, format+"\n", args...) // if nobody reads it, answer finds out
}

func (p *process) answer() (word, rest string, err error) {
	if err := p.pipe.SetReadDeadline(time.Now().Add(p.limit)); err != nil {
		return "", "", err
	}
	line, err := p.answers.ReadString('\n')
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		p.kill()
		return "", "", fmt.Errorf("%s: no answer in %v", p.label, p.limit)
	case err != nil:
		return "", "", p.death()
	}
	word, rest, _ = strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	return word, rest, nil
}

// death returns what became of a process that does not answer any more.
func (p *process) death() error {
	err := p.wait()
	if err == nil {
		return fmt.Errorf("%s: %w", p.label, errEnded)
	}
	how := err.Error()
	if cause := cmp.Or(p.said.cause(), p.said.lastWords()); cause != "" {
		how = cause + " (" + how + ")"
	}
	return fmt.Errorf("%s: %s", p.label, how)
}

// errEnded is a process that exits with 0 in the middle of it all.
var errEnded = errors.New("the process ended")

// close lets the process end as it would after its benchmarks, so that a TestMain can clean up.
func (p *process) close() {
	stop := time.AfterFunc(p.limit, p.body.kill)
	defer stop.Stop()
	p.wait()
}

func (p *process) kill() {
	p.body.kill()
	p.wait()
}

// wait closes the pipes, on which a process ends, and waits for that.
func (p *process) wait() error {
	p.commands.Close()
	p.pipe.Close()
	return p.body.wait()
}

// speech keeps the beginning and the end of what a process says: a panic comes at the end, and what
// comes after its first lines may be long.
type speech struct{ first, last []byte }

const speechEnd = 64 << 10

var _ io.Writer = (*speech)(nil)

func (s *speech) Write(p []byte) (int, error) {
	fits := min(len(p), speechEnd-len(s.first))
	s.first = append(s.first, p[:fits]...)
	s.last = append(s.last, p[fits:]...)
	if len(s.last) > 2*speechEnd {
		s.last = append([]byte(nil), s.last[len(s.last)-speechEnd:]...)
	}
	return len(p), nil
}

func (s *speech) String() string { return string(s.first) + string(s.last) }

// cause returns the lines that say why a process died, if it said so.
func (s *speech) cause() string {
	return s.from("panic:", "fatal error:", "signal ", "runtime:")
}

// complaint returns what a benchmark that failed logged.
func (s *speech) complaint() string { return s.from("--- FAIL:") }

// from returns the last line that begins with any of some signs, and the next one. Those before may
// be of other benchmarks, which the process survived.
func (s *speech) from(signs ...string) string {
	all := strings.Split(strings.TrimSpace(s.String()), "\n")
	for i, line := range slices.Backward(all) {
		line = afterName(line)
		if slices.ContainsFunc(signs, func(sign string) bool { return strings.HasPrefix(line, sign) }) {
			return strings.Join(strings.Fields(strings.Join(append([]string{line}, all[i+1:min(i+2, len(all))]...), " ")), " ")
		}
	}
	return ""
}

// afterName cuts off the name that package testing prints before a benchmark, on the same line.
func afterName(line string) string {
	if name, rest, ok := strings.Cut(line, "\t"); ok && strings.HasPrefix(name, "Benchmark") {
		return rest
	}
	return line
}

// lastWords returns the last line, for who ends a process by os.Exit says why just before.
func (s *speech) lastWords() string {
	for _, line := range slices.Backward(strings.Split(s.String(), "\n")) {
		if words := strings.Join(strings.Fields(afterName(line)), " "); words != "" {
			return "it said last: " + words
		}
	}
	return ""
}
