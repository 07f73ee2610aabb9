package parent

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"

	"github.com/semabench/semabench/internal/child"
	"github.com/semabench/semabench/stress/explore/internal/wire"
)

// A process is a player process. It has run the instrumented test up to the call that is explored,
// and plays tasks there. The reading goroutine owns stdout, and output has a lock. The coordinator
// owns stdin and its notes.
type process struct {
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	output tail
	ready  chan struct{} // closed when the test has come to the call that is explored
	at     chan string   // gets the place of a schedule that is given up; a process sends one at most
	ended  chan struct{} // closed when the process has ended and its output was read

	// The coordinator's notes about the process.
	tasks []int // IDs of the tasks that it has, in the order in which it answers them
	quit  bool  // it has ended on purpose, after a goroutine that did not come back
}

// A message is a reply of a process, or the reason why it will send no more.
type message struct {
	from *process
	wire.Reply
	err error
}

// startProcess starts a player that sends its replies to messages. The reader is started last, so
// on an error there is no goroutine and no process to end.
func startProcess(ctx context.Context, cmd *exec.Cmd, messages chan<- message) (*process, error) {
	p := &process{
		cmd: cmd, ready: make(chan struct{}), at: make(chan string, 1), ended: make(chan struct{}),
	}
	cmd.Stderr = &p.output
	var err error
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go p.read(ctx, stdout, messages)
	return p, nil
}

// read sends the replies of the process to messages until the process ends. Lines that are no reply
// are output of the test, of which the end is kept for an error message. It reads until the end of
// the output and only then waits for the process, as exec.Cmd.Wait would close the pipe under it.
// Its last message is an error, on a good end as well: nothing else comes after it.
func (p *process) read(ctx context.Context, stdout io.Reader, messages chan<- message) {
	defer close(p.ended)
	// A test whose code comes to the call again, after the end of the input, is ready again. One run of
	// all tests has shown that; its test is not known. The later replies say nothing new.
	ready := sync.OnceFunc(func() { close(p.ready) })
	for r := bufio.NewReaderSize(stdout, 1<<16); ; {
		line, err := r.ReadBytes('\n')
		if err == nil {
			reply, isReply, err := wire.ReadReply(line)
			switch {
			case reply.Ready:
				ready()
				continue
			case reply.At != "":
				select {
				case p.at <- reply.At:
				default:
				}
				continue
			}
			if isReply {
				messages <- message{p, reply, err}
				continue
			}
		}
		p.output.Write(line)
		if err != nil {
			break
		}
	}
	err := p.cmd.Wait()
	// Ctrl-C ends the players, too. If it reaches a player first, wait until ctx knows of it, or an
	// interrupted exploration would be reported as a player that died.
	child.AwaitSignal(ctx, err)
	messages <- message{from: p, err: p.noResult(err)}
}

var errNoResult = errors.New("the instrumented test came to no result")

// errNothingPlayed is the error for a process that ended well, without an answer: its test did not
// come to the call that is explored.
var errNothingPlayed = errors.New("the test ended before the call that is explored")

// noResult explains the end of a process from which a reply was expected.
func (p *process) noResult(err error) error {
	if err == nil {
		return fmt.Errorf("%w: %w\n%s", errNoResult, errNothingPlayed, p.output.text())
	}
	text := p.output.text()
	if cause := p.output.cause(); cause != "" {
		return fmt.Errorf("%w: %s (%w)\n%s", errNoResult, cause, err, text)
	}
	if peak, killed := child.KilledAt(p.cmd.ProcessState); killed {
		text = fmt.Sprintf("it had used up to %d MB of memory, and a system that runs out of memory kills a "+
			"process in this way\n%s", peak>>20, text)
	}
	return fmt.Errorf("%w: %w\n%s", errNoResult, err, text)
}

// request sends a request. If the process has ended, there is no error here: read reports why.
func (p *process) request(r wire.Request) { _ = wire.WriteRequest(p.stdin, r) }

// A tail keeps the end of the output of a process. Tests may print in every schedule, so keeping
// everything could fill the memory. Two goroutines write to it: the one of exec.Cmd, with standard
// error, and read, with standard output.
type tail struct {
	mu    sync.Mutex
	kept  []byte
	fatal []byte // begins with the last words of the runtime; see cause
}

const tailSize = 16 << 10

func (t *tail) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.noteFatal(text)
	// Cut at twice the size, so that a text is moved once for each 16 KiB written and not at every
	// write.
	if t.kept = append(t.kept, text...); len(t.kept) > 2*tailSize {
		t.kept = append(t.kept[:0], t.kept[len(t.kept)-tailSize:]...)
	}
	return len(text), nil
}

// lastWords begin what the Go runtime writes when it ends a process. Pages of stacks follow.
var lastWords = [][]byte{
	[]byte("runtime: goroutine stack exceeds"), []byte("fatal error: "), []byte("unexpected fault address"),
}

// noteFatal keeps the beginning of the last words, which the stacks after them would push out.
func (t *tail) noteFatal(text []byte) {
	if t.fatal == nil {
		for _, words := range lastWords {
			// At the begin of a line: a program may print the same words in the middle of one.
			if bytes.HasPrefix(text, words) {
				t.fatal = bytes.Clone(text)
				break
			}
			if at := bytes.Index(text, append([]byte("\n"), words...)); at >= 0 {
				t.fatal = bytes.Clone(text[at+1:])
				break
			}
		}
	} else {
		t.fatal = append(t.fatal, text...)
	}
	t.fatal = t.fatal[:min(len(t.fatal), 512)]
}

// cause returns the line in which the Go runtime says why it ended the process, or "".
func (t *tail) cause() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	line, _, _ := strings.Cut(string(t.fatal), "\n")
	return line
}

func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept[max(0, len(t.kept)-tailSize):])
}
