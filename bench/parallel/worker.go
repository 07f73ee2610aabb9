package parallel

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// serveTasks is what a worker does: tasks that come on its standard input, until there are none. Whatever
// becomes of its parent, the input ends then, and so does it.
func (r request) serveTasks() error {
	err := r.tasks(bufio.NewReaderSize(os.Stdin, 64<<10), os.Stdout)
	if err != nil {
		// The parent is told, so that it can say which task it was; if it is gone, nobody is left to hear.
		_ = writeAnswer(os.Stdout, failed, []byte(err.Error()))
	}
	return err
}

func (r request) tasks(in io.Reader, out io.Writer) error {
	kind, err := sharedKind(r.Process)
	if err != nil {
		return err
	}
	sem, err := kind.open(r.Path, r.Permits)
	if err != nil {
		return err
	}
	defer sem.Close()
	opened, err := works[r.Work](r)
	if err != nil {
		return err
	}
	defer opened.end()
	do, err := opened.worker()
	if err != nil {
		return err
	}
	if err := writeJSON(out, ready, ownUsage()); err != nil {
		return err
	}
	var buf []byte
	for {
		i, payload, err := readTask(in, &buf)
		if errors.Is(err, io.EOF) {
			return writeJSON(out, farewell, parting{ownUsage(), peakMemory()})
		} else if err != nil {
			return err
		}
		o, err := r.admitted(context.Background(), sem, do, i, payload)
		if err != nil {
			return fmt.Errorf("task %d: %w", i, err)
		}
		if err := writeAnswer(out, done, o.bytes()); err != nil {
			return err
		}
	}
}

// A worker is a process that does tasks, seen from the one that started it.
type worker struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	to      *bufio.Writer
	from    *bufio.Reader
	began   time.Time
	took    time.Duration // to become ready
	started usage         // of it when it was ready
	left    parting
	ended   usage // all of it
}

// startWorker does not wait until it is ready.
func (r request) startWorker() (*worker, error) {
	r.Role = working
	cmd, err := r.command(1)
	if err != nil {
		return nil, err
	}
	w := &worker{cmd: cmd, began: time.Now()}
	if w.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	w.to, w.from = bufio.NewWriterSize(w.in, 64<<10), bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a worker: %w", err)
	}
	return w, nil
}

// waitReady waits until the worker can take tasks.
func (w *worker) waitReady() error {
	body, err := readAnswer(w.from, ready)
	if err == nil {
		err = json.Unmarshal(body, &w.started)
	}
	w.took = time.Since(w.began)
	return w.died("before its first task", err)
}

// do has one task done.
func (w *worker) do(i uint64, payload []byte) (outcome, error) {
	sent := writeTask(w.to, i, payload)
	body, err := readAnswer(w.from, done) // also if it was not sent: it may have said why it ended
	if err == nil {
		err = sent
	}
	if err != nil {
		return outcome{}, w.died(fmt.Sprintf("in task %d", i), err)
	}
	return parseOutcome(body)
}

// end lets the worker end, and waits for it.
func (w *worker) end() error {
	if err := w.in.Close(); err != nil {
		return w.died("at its end", err)
	}
	body, err := readAnswer(w.from, farewell)
	if err == nil {
		err = json.Unmarshal(body, &w.left)
	}
	if err != nil {
		return w.died("at its end", err)
	}
	if err := w.cmd.Wait(); err != nil {
		return fmt.Errorf("worker of process %d: %w", w.cmd.Process.Pid, err)
	}
	w.ended = usageOf(w.cmd.ProcessState)
	return nil
}

// died names a worker that gave no answer, and how it ended.
func (w *worker) died(when string, err error) error {
	if err == nil {
		return nil
	}
	w.kill()
	if state := w.cmd.ProcessState; errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("worker of process %d died %s: %v", w.cmd.Process.Pid, when, state)
	}
	return fmt.Errorf("worker of process %d failed %s: %w", w.cmd.Process.Pid, when, err)
}

// kill ends a worker that may have ended. One that is dying gets the time to do so by itself, or
// the cause of its death would be ours.
func (w *worker) kill() {
	if w.cmd.ProcessState != nil {
		return
	}
	const patience = time.Second
	stop := time.AfterFunc(patience, func() { _ = w.cmd.Process.Kill() })
	defer stop.Stop()
	_ = w.in.Close()
	_ = w.cmd.Wait() // it closes our end of its output, so that a writer does not wait for us
}
