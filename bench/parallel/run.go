package parallel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/excerpt"
)

// ErrFailed is in the error of Run if some rows failed and the others were measured.
var ErrFailed = errors.New("not every row could be measured")

// Run measures as o says, and writes benchmark text to w, one sample at a time.
//
// It returns at once if nothing can be measured, or if w fails. If rows fail, or their checksums
// differ, the others are still measured; the errors are then joined, with [ErrFailed] among them.
// If ctx ends, Run kills all processes and returns the cause of ctx. The samples written so far
// stay valid.
//
// The program has to call [ChildMain] before Run.
func Run(ctx context.Context, w io.Writer, o Options) error {
	e, err := o.Experiment()
	if err != nil {
		return err
	}
	return e.Run(ctx, w)
}

// ChildMain does the work of a child process and exits, if this process is a child. Otherwise it
// returns at once. A program that calls [Run] has to call it first, in main or TestMain, because
// the children of a run are the program itself. The table holds the semaphores that Options.Impl
// may name.
func ChildMain(table ...impls.Impl) {
	text, isChild := os.LookupEnv(childVar)
	if !isChild {
		return
	}
	var s spec
	err := json.Unmarshal([]byte(text), &s)
	if err == nil {
		err = s.serve(table)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", s.Role, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serve does the work of the role. Each role returns when its work is done.
func (s spec) serve(table []impls.Impl) error {
	switch s.Role {
	case roleSample:
		return s.serveSample(table)
	case roleWorker:
		return s.serveTasks()
	case roleServer:
		return s.serveHTTP()
	}
	return fmt.Errorf("%s has an unknown role: %q", childVar, s.Role)
}

// Run performs the experiment, see the function [Run].
//
// A child that comes here has not called ChildMain. It would start children in its turn, and
// they would do the same.
func (e *Experiment) Run(ctx context.Context, w io.Writer) (err error) {
	if os.Getenv(childVar) != "" {
		return errors.New("this process is a child: " +
			"its program has to call parallel.ChildMain first")
	}
	// The text is written sample by sample and never held back: after an interrupt or a crash it
	// contains every complete sample.
	m := &runner{Experiment: e, text: w,
		checksums: map[string]uint32{}, failed: map[string]error{}}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.prepare(ctx); err != nil {
		return err
	}
	if _, err := io.WriteString(w, m.header()); err != nil {
		return fmt.Errorf("writing the head of the text: %w", err)
	}
	for round := range e.options.Rounds {
		if err := m.round(ctx, round); err != nil {
			return err
		}
	}
	return m.failures()
}

// prepare makes everything that the samples share: a folder, the file to read, the HTTP server.
//
// What one row needs is made once for all samples: a file for each sample would take longer than
// reading it.
func (m *runner) prepare(ctx context.Context) (err error) {
	pattern := fmt.Sprintf("semabench-parallel-%d-*", os.Getpid())
	if m.scratch, err = os.MkdirTemp(memoryFolder(), pattern); err != nil {
		return fmt.Errorf("making a folder that processes share: %w", err)
	}
	if m.semaphore, err = m.chooseSemaphore(); err != nil {
		return err
	}
	for _, r := range m.rows {
		switch {
		case r.Work == workFiles && m.file.Path == "":
			m.file, err = makeFile(m.options.Dir, m.options.Seed)
		case r.Work == workHTTP && m.server == nil:
			m.server, err = startServer(ctx, spec{Latency: r.Latency, Seed: m.options.Seed})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// memoryFolder returns a folder in memory if the system has one, so that shared memory of a
// semaphore is never written to a disk. "" means the folder for temporary files.
func memoryFolder() string {
	const shm = "/dev/shm"
	if info, err := os.Stat(shm); runtime.GOOS == "linux" && err == nil && info.IsDir() {
		return shm
	}
	return ""
}

// chooseSemaphore returns the semaphore that the options name, or the first that works here.
func (m *runner) chooseSemaphore() (processSemaphore, error) {
	if m.options.Process != "" {
		s, err := findProcessSemaphore(m.options.Process)
		if err == nil {
			err = s.try(m.scratch)
		}
		return s, err
	}
	var errs []error
	for _, s := range processSemaphores {
		err := s.try(m.scratch)
		if err == nil {
			return s, nil
		}
		errs = append(errs, err)
	}
	return processSemaphore{}, fmt.Errorf("no semaphore between processes works here: %w",
		errors.Join(errs...))
}

// close removes everything that prepare made. It is called after a partial prepare too.
func (m *runner) close() (err error) {
	if m.server != nil {
		err = m.server.close()
	}
	if m.file.Path != "" {
		err = errors.Join(err, os.Remove(m.file.Path))
	}
	if m.scratch != "" {
		err = errors.Join(err, os.RemoveAll(m.scratch))
	}
	return err
}

// round takes a sample of each row, and then retakes disturbed ones.
//
// Disturbed samples wait for the end of the round: a disturbance usually lasts for some seconds,
// and a retake at once would meet it again. The budget keeps a machine that is never quiet from
// measuring for ever.
func (m *runner) round(ctx context.Context, round int) error {
	began := time.Now()
	// pending holds the disturbed samples that are not written yet, in the order in which they were
	// taken. Each is written exactly once: as retaken before its row is measured again, or as
	// disturbed at the end.
	pending, err := m.takeSamples(ctx, rotateModes(m.rows, round))
	budget := len(m.rows) * retakePercent / 100
	for try := 0; try < Retakes && err == nil && len(pending) > 0 && budget > 0; try++ {
		again := pending[:min(len(pending), budget)]
		var rows []row
		for _, s := range again {
			rows = append(rows, s.row)
			err = errors.Join(err, m.write(s, stateRetaken))
		}
		m.retaken += len(again)
		budget, pending = budget-len(again), pending[len(again):]
		if err == nil {
			var still []sample
			still, err = m.takeSamples(ctx, rows)
			pending = append(still, pending...)
		}
	}
	for _, s := range pending { // also after an interrupt: these samples are complete
		m.disturbed++
		err = errors.Join(err, m.write(s, stateDisturbed))
	}
	if err == nil {
		m.reportProgress(round, time.Since(began))
	}
	return err
}

// reportProgress predicts the time left from the last round, which includes its retakes.
func (m *runner) reportProgress(round int, took time.Duration) {
	if m.options.Progress == nil {
		return
	}
	left := m.options.Rounds - round - 1
	m.options.Progress(fmt.Sprintf("round %d of %d took %v; so far %d disturbed samples "+
		"were retaken and %d stay disturbed; about %v left", round+1, m.options.Rounds,
		took.Round(100*time.Millisecond), m.retaken, m.disturbed,
		(took * time.Duration(left)).Round(time.Second)))
}

// takeSamples takes a sample of each row that has not failed. It writes undisturbed samples and
// returns the disturbed ones. An error means that nothing more can be measured; the error of a row
// is not one of these.
//
// ctx is asked before the error: the error of a sample that an interrupt killed says only that the
// sample was killed.
func (m *runner) takeSamples(ctx context.Context, rows []row) (disturbed []sample, err error) {
	for _, r := range rows {
		if m.failed[r.name()] != nil {
			continue
		}
		s, err := m.takeSample(ctx, r)
		if err == nil {
			m.compareChecksums(r, s.result)
		}
		switch {
		case ctx.Err() != nil:
			return disturbed, context.Cause(ctx)
		case err != nil:
			err = m.giveUp(r, err)
		case s.disturbance != "":
			disturbed = append(disturbed, s)
		default:
			err = m.write(s, stateClean)
		}
		if err != nil {
			return disturbed, err
		}
	}
	return disturbed, nil
}

// rotateModes keeps the order of works, and starts the rows of each work with another mode in each
// round. The first mode of a work finds caches and processor in a different state from the others; in
// turns, every mode is first equally often.
func rotateModes(rows []row, round int) (all []row) {
	for from := 0; from < len(rows); {
		to := from
		for to < len(rows) && rows[to].Work == rows[from].Work &&
			rows[to].Bytes == rows[from].Bytes {
			to++
		}
		first := from + round%(to-from)
		all = append(append(all, rows[first:to]...), rows[from:first]...)
		from = to
	}
	return all
}

// giveUp notes that a row failed. No more samples of it are taken; the other rows go on.
func (m *runner) giveUp(r row, err error) error {
	m.noteFailure(r, err)
	_, err = fmt.Fprintf(m.text, "# failed: %s: %s\n", r.name(), excerpt.Line(err.Error()))
	return err
}

// compareChecksums notes a failure if the same tasks gave another checksum in another mode. The
// sample is still written, so that a reader of the text can see the difference too.
//
// The row that comes second gets the error, although the first row may be the wrong one. The text has both.
func (m *runner) compareChecksums(r row, result *sampleResult) {
	tasks := fmt.Sprintf("%s %d %d", r.Work, r.Bytes, r.Tasks)
	before, known := m.checksums[tasks]
	if !known {
		m.checksums[tasks] = result.Checksum
	} else if before != result.Checksum && m.failed[r.name()] == nil {
		m.noteFailure(r, fmt.Errorf("its checksum is %08x, but other samples of the same tasks "+
			"have %08x", result.Checksum, before))
	}
}

func (m *runner) noteFailure(r row, err error) {
	m.failed[r.name()] = err
	m.failedIn = append(m.failedIn, r.name())
}

// failures returns the errors of the rows that failed, in the order in which they failed.
func (m *runner) failures() error {
	if len(m.failedIn) == 0 {
		return nil
	}
	errs := []error{ErrFailed}
	for _, name := range m.failedIn {
		errs = append(errs, fmt.Errorf("%s: %w", name, m.failed[name]))
	}
	return errors.Join(errs...)
}
