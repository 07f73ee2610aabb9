package parallel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/impls/process"
)

// A stuck sample is ended after its timeout, and its error has the stacks of its processes. The
// other samples are measured.
func TestStuckSample(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGQUIT, which makes processes print their stacks")
	}
	t.Setenv(faultVar, faultTaskHangs)
	e := smallExperiment(t, Options{Rounds: 1}, hashIn(Serial, Processes))
	e.timeout = 4 * time.Second // enough for the serial sample, even on a slow machine
	text, err := run(t, e)
	for _, want := range []string{"the sample is stuck: stopped after 4s", "SIGQUIT",
		"serveTasks"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %.500v, want %q in it", err, want)
		}
	}
	if !strings.Contains(text, "\nBenchmarkParallel/work=hash/mode=serial") ||
		strings.Contains(text, "goroutine ") {
		t.Errorf("want the serial sample and no stacks in the text:\n%s", text)
	}
	if left := children(t); len(left) > 0 {
		t.Errorf("processes %v still run", left)
	}
}

// When the context ends, Run ends all processes, the HTTP server included. The samples written so
// far stay in the text.
func TestInterruptEndsAllProcesses(t *testing.T) {
	before := children(t)
	ctx, cancel := context.WithCancel(t.Context())
	e := smallExperiment(t, Options{Rounds: 1000}, func(r row) bool { return r.Work == workHTTP })
	out := &cancelAfter{lines: 3, cancel: cancel}
	err := e.Run(ctx, out)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v, want %v", err, context.Canceled)
	}
	if n := strings.Count(out.text.String(), "\nBenchmark"); n < 3 {
		t.Errorf("%d samples in the text, want at least 3", n)
	}
	if after := children(t); len(after) > len(before) {
		t.Errorf("processes %v still run, before the test %v", after, before)
	}
}

// A cancelAfter is a writer that cancels a run after a number of samples.
type cancelAfter struct {
	text   bytes.Buffer
	lines  int
	cancel func()
}

func (c *cancelAfter) Write(p []byte) (int, error) {
	if c.lines -= bytes.Count(p, []byte("BenchmarkParallel/")); c.lines <= 0 {
		c.cancel()
	}
	return c.text.Write(p)
}

// children returns the process numbers of children of this test binary that still run. It
// recognizes them by childVar in their environment. The kernel may need some time to end killed
// processes, so children repeats the search until it finds none, for at most 10 seconds.
func children(t *testing.T) (pids []string) {
	t.Helper()
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		pids = nil
		environs, _ := filepath.Glob("/proc/[0-9]*/environ")
		own := fmt.Sprintf("/proc/%d/environ", os.Getpid())
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range environs {
			text, _ := os.ReadFile(name)
			exe, _ := os.Readlink(filepath.Join(filepath.Dir(name), "exe"))
			if name != own && exe == self && bytes.Contains(text, []byte(childVar+"=")) {
				pids = append(pids, filepath.Base(filepath.Dir(name)))
			}
		}
		if len(pids) == 0 || time.Now().After(until) {
			return pids
		}
	}
}

// The System V semaphore of a killed sample is removed from the kernel, although the sample itself
// can no longer remove it.
func TestKilledSampleLeavesNoSemaphore(t *testing.T) {
	m, hangs := hangingRow(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := m.runSampleProcess(ctx, hangs)
		ended <- err
	}()
	id := idAt(t, filepath.Join(m.scratch, "sample-*", "semaphore"))
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("runSampleProcess = %v, want %v", err, context.Canceled)
	}
	mustBeRemoved(t, id)
}

// The semaphore is also removed if the runner was killed: the sample then ends with its standard
// input, and removes it.
func TestOrphanedSampleLeavesNoSemaphore(t *testing.T) {
	m, hangs := hangingRow(t)
	path := filepath.Join(m.scratch, "semaphore")
	cmd, err := m.specOf(hangs, path).groupCommand(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	// Cancel kills the whole group: the worker is in a task that never ends.
	t.Cleanup(func() { _ = cmd.Cancel() })
	id := idAt(t, path)
	if err := stdin.Close(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the sample ended without an error, want exit status 1 when its input ends")
	}
	mustBeRemoved(t, id)
}

// hangingRow returns a row with a System V semaphore whose tasks never end, and a runner for it.
func hangingRow(t *testing.T) (*runner, row) {
	t.Helper()
	sysv, err := findProcessSemaphore("sysv")
	if err == nil {
		err = sysv.try(t.TempDir())
	}
	if err != nil {
		t.Skip(err)
	}
	t.Setenv(faultVar, faultTaskHangs)
	e := smallExperiment(t, Options{Rounds: 1}, hashIn(Processes))
	return &runner{Experiment: e, semaphore: sysv, scratch: t.TempDir()}, e.rows[0]
}

// idAt waits until a sample has made a System V semaphore at the path, and returns the identifier
// at the end of that file.
func idAt(t *testing.T, pattern string) (id int) {
	t.Helper()
	until := time.Now().Add(20 * time.Second)
	for ; time.Now().Before(until); time.Sleep(time.Millisecond) { // polls: nothing announces the file
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) != 1 {
			continue
		}
		text, err := os.ReadFile(paths[0])
		if _, number, ok := strings.Cut(string(text), " id "); err == nil && ok {
			if id, err = strconv.Atoi(strings.TrimSpace(number)); err != nil {
				t.Fatal(err)
			}
			if _, err := process.JoinSysV(id); err != nil {
				t.Errorf("while the sample runs: %v", err)
			}
			return id
		}
	}
	t.Fatalf("no semaphore was made at %s", pattern)
	return 0
}

// mustBeRemoved fails the test if a semaphore with that identifier exists.
func mustBeRemoved(t *testing.T, id int) {
	t.Helper()
	if _, err := process.JoinSysV(id); err == nil {
		t.Errorf("semaphore %d still exists", id)
	}
}
