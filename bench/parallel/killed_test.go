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

// A sample that is stuck is given up, with the stacks of its processes; the others go on.
func TestStuckSample(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no SIGQUIT here")
	}
	t.Setenv(wrongVar, "hangs")
	p := small(t, Options{Rounds: 1}, ofHash(Serial, Processes))
	p.patience = 4 * time.Second // which the serial sample must not take on the slowest machine
	text, err := run(t, p)
	for _, want := range []string{"it is stuck: stopped after 4s", "SIGQUIT", "serveTasks"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("it says %.500v, want %q in it", err, want)
		}
	}
	if !strings.Contains(text, "\nBenchmarkParallel/work=hash/mode=serial") || strings.Contains(text, "goroutine ") {
		t.Errorf("want the serial sample and no stacks in\n%s", text)
	}
	if left := children(t); len(left) > 0 {
		t.Errorf("processes are left: %v", left)
	}
}

// When its context ends, so do all processes, and what was written stays.
func TestInterrupted(t *testing.T) {
	before := children(t)
	ctx, cancel := context.WithCancel(t.Context())
	p := small(t, Options{Rounds: 1000}, func(r row) bool { return r.Work == "http" }) // with a server beside
	out := &cancelAfter{lines: 3, cancel: cancel}
	err := p.Run(ctx, out)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v, want %v", err, context.Canceled)
	}
	if n := strings.Count(out.text.String(), "\nBenchmark"); n < 3 {
		t.Errorf("%d samples kept, want 3", n)
	}
	if after := children(t); len(after) > len(before) {
		t.Errorf("processes are left: %v, and before %v", after, before)
	}
}

// cancelAfter cancels in the middle of a run, when so many samples have been written.
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

// children finds processes of these tests by the variable that makes one: nobody else has it. They
// are killed together, which the kernel does in its own time, so it looks until there are none or
// some seconds have passed.
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

// A semaphore that is in the kernel goes with its sample, though that is killed and cannot remove it.
func TestKilledSampleLeavesNothing(t *testing.T) {
	m, hangs := hanging(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := m.ask(ctx, hangs)
		ended <- err
	}()
	id := idAt(t, filepath.Join(m.scratch, "sample-*", "semaphore"))
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("ask = %v, want %v", err, context.Canceled)
	}
	mustBeGone(t, id)
}

// Nor does one stay when it is the measurement that was killed: the sample ends with its input.
func TestOrphanedSampleLeavesNothing(t *testing.T) {
	m, hangs := hanging(t)
	path := filepath.Join(m.scratch, "semaphore")
	cmd, err := m.requestOf(hangs, path).start(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	lifeline, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Cancel() }) // of the whole group: its worker does not look whether anybody is there
	id := idAt(t, path)
	if err := lifeline.Close(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("a sample ended well without an input")
	}
	mustBeGone(t, id)
}

// hanging is a row with a semaphore in the kernel whose tasks take for ever.
func hanging(t *testing.T) (*measurement, row) {
	t.Helper()
	kind, err := sharedKind("sysv")
	if err == nil {
		err = kind.works(t.TempDir())
	}
	if err != nil {
		t.Skip(err)
	}
	t.Setenv(wrongVar, "hangs")
	p := small(t, Options{Rounds: 1}, ofHash(Processes))
	return &measurement{Experiment: p, kind: kind, scratch: t.TempDir()}, p.rows[0]
}

// idAt waits until a semaphore has been made at a path, and reads its number at the end of that file.
func idAt(t *testing.T, pattern string) (id int) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); time.Now().Before(until); time.Sleep(time.Millisecond) {
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

func mustBeGone(t *testing.T, id int) {
	t.Helper()
	if _, err := process.JoinSysV(id); err == nil {
		t.Errorf("semaphore %d is still there", id)
	}
}
