//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/longtest"
)

// Ctrl-C goes to the whole group, as in a terminal. All processes end, and the samples so far are
// kept and reported.
func TestInterruptedParallel(t *testing.T) {
	longtest.Need(t, "TestInterruptedRun")
	dir := t.TempDir()
	text := filepath.Join(dir, "parallel.txt")
	cmd := exec.Command(os.Args[0], "parallel", "-rounds", "1000", "-works", "limit,http", "-o", dir)
	cmd.Env = append(os.Environ(), beCommand+"=1", "TMPDIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // if it has not ended
	untilKept(t, text, 8)
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err := cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitcode.Interrupted {
		t.Errorf("exits %d (%v), want %d: %s", code, err, exitcode.Interrupted, stderr.String())
	}
	mustContain(t, "standard error", stderr.String(), "interrupted", "is kept")
	mustContain(t, "the page", read(t, filepath.Join(dir, "parallel.html")), "decide nothing")
	mustHaveNoProcess(t, "TMPDIR="+dir)
}

// A command that is killed cannot end its children. They end because their standard input does.
func TestKilledParallel(t *testing.T) {
	longtest.Need(t, "TestStressOutlivesCrash")
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "parallel", "-rounds", "1000", "-works", "limit,http", "-o", dir)
	cmd.Env = append(os.Environ(), beCommand+"=1", "TMPDIR="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // if it has not ended
	untilKept(t, filepath.Join(dir, "parallel.txt"), 2)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) {
		t.Errorf("it ends with %v, want to be killed", err)
	}
	mustHaveNoProcess(t, "TMPDIR="+dir)
	// the killed command left them
	left, err := filepath.Glob(fmt.Sprintf("/dev/shm/semabench-parallel-%d-*", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range left {
		if err := os.RemoveAll(path); err != nil {
			t.Error(err)
		}
	}
}

// untilKept waits until the file has the given number of samples. It polls the file, which another
// process writes.
func untilKept(t *testing.T, path string, samples int) {
	t.Helper()
	until := time.Now().Add(time.Minute)
	for strings.Count(fileSoFar(path), "\nBenchmark") < samples {
		if time.Now().After(until) {
			t.Fatalf("no %d samples in\n%s", samples, fileSoFar(path))
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// mustHaveNoProcess fails if a process has a setting in its environment. It looks for some
// seconds: the kernel takes its time to end a process, and a process may be in the middle of a
// task.
func mustHaveNoProcess(t *testing.T, setting string) {
	t.Helper()
	var left []string
	for until := time.Now().Add(5 * time.Second); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
		left = nil
		environs, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, name := range environs {
			if text, _ := os.ReadFile(name); bytes.Contains(text, []byte(setting)) {
				left = append(left, filepath.Dir(name))
			}
		}
		if left == nil {
			return
		}
	}
	t.Errorf("processes are left: %v", left)
}
