package explore

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A job is one door of one test, for processes to explore.
type job struct {
	binary  string
	test    string
	nth     int
	options string // as text
	timeout string // for the test; may be ""
	dir     string // for logs of the race detector
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

func newJob(t *testing.T, nth int, o Options) (*job, error) {
	binary, err := built()
	if err != nil {
		return nil, err
	}
	options, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	j := &job{binary: binary, test: t.Name(), nth: nth, options: string(options), dir: t.TempDir(), stop: stopped()}
	if deadline, ok := t.Deadline(); ok {
		j.timeout = fmt.Sprintf("-test.timeout=%v", time.Until(deadline))
	}
	return j, nil
}

// start starts a process that sends what it says to answers.
func (j *job) start(number int, answers chan<- said) (*mate, error) {
	m := &mate{cmd: exec.Command(j.binary, "-test.run="+exactly(j.test), "-test.count=1"), gone: make(chan struct{})}
	if j.timeout != "" {
		m.cmd.Args = append(m.cmd.Args, j.timeout)
	}
	// One goroutine runs at a time: on one processor the next one is woken without a system call.
	m.cmd.Env = append(os.Environ(), "GOMAXPROCS=1",
		optionVar+"="+j.options, fmt.Sprintf("%s=%d", nthVar, j.nth),
		// Each race is to be reported in every schedule that shows it, not once in a process.
		"GORACE=suppress_equal_stacks=0 suppress_equal_addresses=0 atexit_sleep_ms=0 log_path="+
			filepath.Join(j.dir, "race"))
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

// addRaces appends what the race detector said last to this process: of the schedule that it told.
func (j *job) addRaces(r *Result, m *mate) error {
	if r.Verdict != "fail" {
		return nil
	}
	text, err := os.ReadFile(filepath.Join(j.dir, fmt.Sprintf("race.%d", m.cmd.Process.Pid)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // there was none
	}
	const line = "==================\n"
	reports := strings.Split(strings.TrimSuffix(string(text), line), line)
	r.Text += reports[len(reports)-1]
	return err
}
