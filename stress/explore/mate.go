package explore

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
)

// A job is one door of one test, for processes to explore.
type job struct {
	binary  string
	home    string // where it runs; "" is here
	test    string
	nth     int      // door
	args    []string // for the test binary
	options string   // as text
	scratch string   // folder for logs of the race detector
	stop    <-chan struct{}
}

// A mate is a process that runs the test, instrumented, up to the door and there plays tasks.
type mate struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	tasks  []int // IDs of those that it has
	gaveUp bool
	output output
	gone   chan struct{}
}

// replyMark is before each reply, on a line of its own among what the test writes.
const replyMark = "semabench-explore-reply:"

// explore explores the door, and returns what it came to.
func (j *job) explore(ctx context.Context, o Options, names []string, p *progress) (*Result, error) {
	j.stop = stopped()
	select {
	case <-j.stop:
		return &Result{Verdict: "unknown", Bound: "interrupted", Text: "interrupted before it began"}, nil
	default:
	}
	options, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	j.options = string(options)
	// Not that of a test: GORACE takes no path with a comma.
	if j.scratch, err = os.MkdirTemp("", "explore"); err != nil {
		return nil, err
	}
	defer os.RemoveAll(j.scratch)
	c := &crew{job: j, progress: p}
	r, err := c.run(ctx, o, names)
	if err == nil {
		p.end(r)
	}
	return r, err
}

// start starts a process that sends what it says to answers.
func (j *job) start(ctx context.Context, answers chan<- said) (*mate, error) {
	args := append(slices.Clip(j.args), "-test.run="+exactly(j.test), "-test.count=1")
	m := &mate{cmd: exec.CommandContext(ctx, j.binary, args...), gone: make(chan struct{})}
	m.cmd.Dir = j.home
	// One goroutine runs at a time: on one processor the next one is woken without a system call.
	m.cmd.Env = append(os.Environ(), "GOMAXPROCS=1",
		optionVar+"="+j.options, fmt.Sprintf("%s=%d", nthVar, j.nth),
		// Each race is to be reported in every schedule that shows it, not once in a process.
		"GORACE=suppress_equal_stacks=0 suppress_equal_addresses=0 atexit_sleep_ms=0 log_path="+j.raceLog())
	m.cmd.Stderr = &m.output
	var err error
	if m.in, err = m.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := m.cmd.Start(); err != nil {
		return nil, err
	}
	go m.listen(out, answers)
	return m, nil
}

// raceLog is where the race detector writes; it adds a dot and the number of the process.
func (j *job) raceLog() string { return filepath.Join(j.scratch, "race") }

func (m *mate) listen(out io.Reader, answers chan<- said) {
	defer close(m.gone)
	for r := bufio.NewReaderSize(out, 1<<16); ; {
		line, err := r.ReadBytes('\n')
		if text, ok := bytes.CutPrefix(line, []byte(replyMark)); ok && err == nil {
			s := said{by: m}
			if err := json.Unmarshal(text, &s.reply); err != nil {
				s.err = fmt.Errorf("reading a reply: %w", err)
			}
			answers <- s
			continue
		}
		m.output.Write(line)
		if err != nil {
			break
		}
	}
	answers <- said{by: m, err: m.lost(m.cmd.Wait())}
}

func (m *mate) send(r request) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	// If it has gone, listen says why.
	m.in.Write(append(text, '\n'))
	return nil
}

// An output keeps the end of what a process writes: bodies may write in every schedule.
type output struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 16 << 10

func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.text = append(o.text, text...); len(o.text) > 2*tailSize {
		o.text = append(o.text[:0], o.text[len(o.text)-tailSize:]...)
	}
	return len(text), nil
}

func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.text[max(0, len(o.text)-tailSize):])
}
