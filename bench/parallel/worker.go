package parallel

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/semabench/semabench/internal/rusage"
)

// This file is a worker process from both sides: the handle of the process of the sample, the
// protocol between the two, and the loop of the worker itself.

// A workerProcess is the handle that the process of a sample has of a worker. One goroutine uses it
// at a time; only cmd.Process.Kill may be called by others, which package os allows.
type workerProcess struct {
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	tasks   *bufio.Writer // to stdin
	answers *bufio.Reader
	began   time.Time
	startup time.Duration // time until it was ready
	atReady rusage.Usage  // its usage when it was ready
	final   finalReport
	total   rusage.Usage // from start to end, by wait4
}

// startWorker starts a worker, and does not wait until it is ready. A worker stays in the process
// group of the sample, so that killing the group ends it.
//
// GOMAXPROCS is 1: a worker does one task at a time, and more threads would only let its garbage
// collector run beside it.
func (s spec) startWorker() (*workerProcess, error) {
	s.Role = roleWorker
	cmd, err := s.command(context.Background(), 1)
	if err != nil {
		return nil, err
	}
	w := &workerProcess{cmd: cmd, began: time.Now()}
	if w.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	// 64 KiB is the capacity of a pipe on Linux. A smaller buffer would split messages into more
	// system calls than the pipe requires.
	w.tasks, w.answers = bufio.NewWriterSize(w.stdin, 64<<10), bufio.NewReader(stdout)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a worker: %w", err)
	}
	return w, nil
}

// waitReady waits until the worker can take tasks.
func (w *workerProcess) waitReady() error {
	// The worker sends its own usage, because no system call gives a parent the usage of a child
	// that still runs.
	body, err := readAnswer(w.answers, answerReady)
	if err == nil {
		err = json.Unmarshal(body, &w.atReady)
	}
	w.startup = time.Since(w.began)
	if err != nil {
		return w.failure("before its first task", err)
	}
	return nil
}

// do sends a task and waits for its outcome.
func (w *workerProcess) do(i uint64, payload []byte) (outcome, error) {
	sendErr := writeTask(w.tasks, i, payload)
	// Read the answer even after an error: it may say why the worker ended.
	body, err := readAnswer(w.answers, answerDone)
	if err == nil {
		err = sendErr
	}
	if err != nil {
		return outcome{}, w.failure(fmt.Sprintf("in task %d", i), err)
	}
	return parseOutcome(body)
}

// stop ends the worker by closing its standard input, and waits for it.
func (w *workerProcess) stop() error {
	if err := w.stdin.Close(); err != nil {
		return w.failure("at its end", err)
	}
	body, err := readAnswer(w.answers, answerFinished)
	if err == nil {
		err = json.Unmarshal(body, &w.final)
	}
	if err != nil {
		return w.failure("at its end", err)
	}
	if err := w.cmd.Wait(); err != nil {
		return fmt.Errorf("worker process %d: %w", w.cmd.Process.Pid, err)
	}
	// total includes the exit of the process, which the worker could not report itself.
	w.total = rusage.OfChild(w.cmd.ProcessState)
	return nil
}

// failure ends the worker and returns an error that names it. If the worker gave no reason, the
// error says how the process ended.
func (w *workerProcess) failure(when string, err error) error {
	w.kill()
	pid := w.cmd.Process.Pid
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("worker process %d died %s: %v", pid, when, w.cmd.ProcessState)
	}
	return fmt.Errorf("worker process %d failed %s: %w", pid, when, err)
}

// kill ends the worker if it has not ended. It gives the worker a second to end by itself: a worker
// that is dying would otherwise be reported as killed, and the cause of its death be lost.
func (w *workerProcess) kill() {
	if w.cmd.ProcessState != nil {
		return
	}
	const grace = time.Second
	timer := time.AfterFunc(grace, func() { _ = w.cmd.Process.Kill() })
	defer timer.Stop()
	_ = w.stdin.Close()
	_ = w.cmd.Wait() // also closes this end of its output, so its writes fail instead of blocking
}

// The protocol between a sample and its workers. All numbers are little endian.
//
// To a worker: the number of a task in 8 bytes, the length of the payload in 4 bytes, the payload.
// From a worker: the kind of the answer in 1 byte, the length of the body in 4 bytes, the body.
//
// Each task is answered before the next one is sent. Neither side has to read ahead, and the time
// of a task includes exactly one message in each direction. Tasks and outcomes are binary, because
// they are measured. Answers that occur once for each worker are JSON.

type answerKind byte

const (
	answerReady    answerKind = 'r' // sent once, before the first task; body: rusage.Usage as JSON
	answerDone     answerKind = 'd' // a task is done; body: its outcome
	answerFailed   answerKind = 'f' // starting or a task failed; body: the error text
	answerFinished answerKind = 'b' // there are no more tasks; body: finalReport as JSON
)

// A finalReport is the last answer of a worker.
type finalReport struct {
	Usage rusage.Usage
	Peak  int64 // bytes of resident memory
}

// maxBody is larger than any message. A longer one is not the protocol: it may be the output of the
// tests of a program that does not call ChildMain.
const maxBody = 64 << 20

// writeTask sends a task with one flush. A payload larger than the buffer is written directly from
// its memory, without another copy.
func writeTask(w *bufio.Writer, i uint64, payload []byte) error {
	var head [12]byte
	binary.LittleEndian.PutUint64(head[:], i)
	binary.LittleEndian.PutUint32(head[8:], uint32(len(payload)))
	_, _ = w.Write(head[:]) // a bufio.Writer keeps its first error, and Flush returns it
	_, _ = w.Write(payload)
	return w.Flush()
}

// readTask returns io.EOF after the last task. The payload is in buf and valid until the next call.
func readTask(r io.Reader, buf *[]byte) (i uint64, payload []byte, err error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	size := binary.LittleEndian.Uint32(head[8:])
	if size > maxBody {
		return 0, nil, fmt.Errorf("a payload of %d bytes, want at most %d", size, maxBody)
	}
	if cap(*buf) < int(size) {
		*buf = make([]byte, size)
	}
	payload = (*buf)[:size]
	_, err = io.ReadFull(r, payload)
	return binary.LittleEndian.Uint64(head[:]), payload, err
}

// writeAnswer sends an answer with one write. Two writes would wake the reader twice.
func writeAnswer(w io.Writer, kind answerKind, body []byte) error {
	frame := binary.LittleEndian.AppendUint32([]byte{byte(kind)}, uint32(len(body)))
	_, err := w.Write(append(frame, body...))
	return err
}

func writeJSON(w io.Writer, kind answerKind, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return writeAnswer(w, kind, body)
}

// readAnswer returns the body of the next answer, which must be of the wanted kind. The error text
// of answerFailed becomes the error.
func readAnswer(r io.Reader, want answerKind) ([]byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(head[1:])
	got := answerKind(head[0])
	if got != want && got != answerFailed || size > maxBody {
		return nil, errNotAChild
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err
	}
	if got == answerFailed {
		return nil, errors.New(string(body))
	}
	return body, nil
}

const outcomeBytes = 24

// bytes encodes the parts of an outcome that the worker knows. The other side adds the rest.
func (o outcome) bytes() []byte {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, outcomeBytes), o.checksum)
	b = binary.LittleEndian.AppendUint64(b, uint64(o.enter))
	return binary.LittleEndian.AppendUint64(b, uint64(o.leave))
}

func parseOutcome(b []byte) (o outcome, err error) {
	if len(b) != outcomeBytes {
		return o, errNotAChild
	}
	word := func(at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }
	return outcome{checksum: word(0), enter: int64(word(8)), leave: int64(word(16))}, nil
}

// serveTasks is the worker process: it does tasks until its standard input ends. The input also
// ends when the process of the sample dies, so a worker never outlives it.
func (s spec) serveTasks() error {
	err := s.answerTasks(bufio.NewReaderSize(os.Stdin, 64<<10), os.Stdout)
	if err != nil {
		// The sample can name the task that failed. If the sample is gone, this write fails, and
		// there is no process left to inform.
		_ = writeAnswer(os.Stdout, answerFailed, []byte(err.Error()))
	}
	return err
}

// answerTasks opens the semaphore and the work, reports that it is ready, and does tasks. All of
// the opening is before answerReady, so that it counts as start-up and not as part of the first
// task.
func (s spec) answerTasks(in io.Reader, out io.Writer) error {
	kind, err := findProcessSemaphore(s.Process)
	if err != nil {
		return err
	}
	sem, err := kind.open(s.Path, s.Permits)
	if err != nil {
		return err
	}
	defer sem.Close()
	opened, err := works[s.Work](s)
	if err != nil {
		return err
	}
	defer opened.end()
	do, err := opened.newTask()
	if err != nil {
		return err
	}
	if err := writeJSON(out, answerReady, rusage.Self()); err != nil {
		return err
	}
	var buf []byte
	for {
		i, payload, err := readTask(in, &buf)
		if errors.Is(err, io.EOF) {
			return writeJSON(out, answerFinished, finalReport{rusage.Self(), rusage.PeakMemory()})
		} else if err != nil {
			return err
		}
		o, err := s.doAdmitted(context.Background(), sem, do, i, payload)
		if err != nil {
			return fmt.Errorf("task %d: %w", i, err)
		}
		if err := writeAnswer(out, answerDone, o.bytes()); err != nil {
			return err
		}
	}
}

// works open the works by name: they read or make the input that a process needs. The table stands with
// the worker, which is the only reader of it; so a work knows nothing of the other works.
var works = map[string]func(spec) (job, error){
	workHash:     openHash,
	workGrain:    openHash,
	workCompress: openCompress,
	workHTTP:     openHTTP,
	workFiles:    openFiles,
	workMessages: openMessages,
	workLimit:    openLimit,
}
