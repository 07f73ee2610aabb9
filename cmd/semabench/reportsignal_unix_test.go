//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/exitcode"
)

// A report that waits for a writer of its pipe ends with the first signal.
func TestReportObeysTheFirstSignal(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		fifo := filepath.Join(t.TempDir(), "fifo")
		if err := syscall.Mkfifo(fifo, 0o600); err != nil {
			t.Skip("no named pipes here:", err)
		}
		cmd := exec.Command(os.Args[0], "report", fifo)
		cmd.Env = append(os.Environ(), beCommand+"=1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// The writer's end opens as soon as the command reads, so it has its signal handler then.
		w, err := os.OpenFile(fifo, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		hung := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // the exit code has the same information
		hung.Stop()
		if code := cmd.ProcessState.ExitCode(); code != exitcode.Interrupted {
			t.Errorf("%v: exit code %d, want %d", s, code, exitcode.Interrupted)
		}
	}
}
