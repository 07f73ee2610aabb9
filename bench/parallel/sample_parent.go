package parallel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/excerpt"
	"github.com/semabench/semabench/internal/machine"
)

// This file is the side of a sample that the runner executes: it starts the process of the sample,
// reads its result, and finds out whether the machine disturbed it.

// Each sample has a process of its own. Within one process, a sample would inherit the heap, the
// threads and the warm caches of the sample before it. Samples of a row would not be independent. A
// process costs some milliseconds, which are not measured.

// A runner is an experiment under way. One goroutine uses it.
//
// Its maps are small: a run has some tens of rows.
type runner struct {
	*Experiment
	text      io.Writer
	scratch   string // folder for sockets and shared memory
	semaphore processSemaphore
	file      inputFile
	server    *httpServer

	lastState string            // the state of the previous sample in the text
	retaken   int               // samples that were retaken
	disturbed int               // samples that stay disturbed
	checksums map[string]uint32 // by work, size and number of tasks
	failed    map[string]error  // by name of the row
	failedIn  []string          // the keys of failed, in the order of failing
}

// A sample is a measured row.
type sample struct {
	row
	result      *sampleResult
	noise       []machine.Noise
	disturbance string // what disturbed it; "" if nothing did
}

// takeSample measures a row once.
//
// The noise is observed from before the process starts until after it has ended. The interval is
// longer than the measured part, so a disturbance of the measured part is never missed.
//
// The timeout covers the whole sample. The context has a cause of its own for it, so a caller can
// tell a stuck sample from an interrupt.
func (m *runner) takeSample(ctx context.Context, r row) (s sample, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, m.timeout,
		fmt.Errorf("%w: stopped after %v", errStuck, m.timeout))
	defer cancel()
	watch, began := machine.StartWatch(), time.Now()
	serverBefore, err := m.serverCPU(r)
	if err != nil {
		return s, err
	}
	if s.result, err = m.runSampleProcess(ctx, r); err != nil {
		return s, err
	}
	s.row, s.noise = r, watch.Noise()
	wall := time.Since(began)
	serverAfter, err := m.serverCPU(r)
	if err != nil {
		return s, err
	}
	s.disturbance = r.findDisturbance(s.result, s.noise, wall, serverAfter-serverBefore, m.cores)
	return s, nil
}

// serverCPU returns the processor time of the HTTP server so far, if the row uses the server.
func (m *runner) serverCPU(r row) (time.Duration, error) {
	if r.Work != workHTTP {
		return 0, nil
	}
	return m.server.cpu()
}

// runSampleProcess starts the process of a sample, waits for its end, and returns its result.
//
// Each sample has its own folder. If a sample is killed, the semaphore that it leaves there cannot
// disturb the next sample.
func (m *runner) runSampleProcess(ctx context.Context, r row) (*sampleResult, error) {
	folder, err := os.MkdirTemp(m.scratch, "sample-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	s := m.specOf(r, filepath.Join(folder, "semaphore"))
	cmd, err := s.groupCommand(ctx, r.procs(m.cores))
	if err != nil {
		return nil, err
	}
	// Both outputs are kept in memory until the process has ended. Its standard error may hold the
	// stacks of all processes of a stuck sample, which must not appear on the terminal.
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	// The process of the sample ends when its standard input does. The kernel closes this end of
	// the pipe even if the runner is killed, so no sample outlives it.
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	defer stdin.Close()
	if err = machine.StartFirst(cmd); err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		s.removeLeftover() // a process that was killed did not remove its semaphore
	}
	// The cause of the context goes first: the error of Wait then only says “signal: killed”.
	if cause := context.Cause(ctx); errors.Is(cause, errStuck) {
		return nil, fmt.Errorf("%w; the stacks of its processes:\n%s", cause,
			excerpt.Lines(stderr.String(), 400))
	} else if cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, failureOf(err, stdout.String(), stderr.String())
	}
	result := new(sampleResult)
	if err := json.Unmarshal(stdout.Bytes(), result); err != nil {
		return nil, errNotAChild
	}
	return result, nil
}

// specOf returns the spec of the process of a sample, whose semaphore between processes will be at
// the path.
func (m *runner) specOf(r row, path string) spec {
	s := r.spec
	s.Role, s.Seed, s.Impl, s.Process = roleSample, m.options.Seed, m.options.Impl, m.semaphore.name
	s.File, s.Path = m.file, path
	if m.server != nil {
		s.URL = m.server.url
	}
	return s
}

// procs returns the GOMAXPROCS of the process of a sample. In modes with worker processes, the
// goroutines that hand out tasks may use all cores, but each needs one only briefly.
func (r row) procs(cores int) int {
	if r.Mode == Serial || r.Mode == OneCore {
		return 1
	}
	return cores
}

// failureOf returns the error of a sample whose process failed with err. A child that fails prints
// the reason to standard error and nothing to standard output. Any standard output therefore means
// that the program does not call ChildMain.
func failureOf(err error, stdout, stderr string) error {
	switch text := strings.TrimSpace(stderr); {
	case stdout != "":
		return fmt.Errorf("%w (%w)", errNotAChild, err)
	case text != "":
		return fmt.Errorf("%w: %s", err, text)
	}
	return err
}
