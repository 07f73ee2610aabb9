//go:build unix

package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/semabench/semabench/reports/gate"
)

// A terminal sends Ctrl-C to the whole group of processes, timeout(1) and service managers SIGTERM. No
// benchmark may be said to have failed by that.
func TestGateInterruptedWithItsGroup(t *testing.T) {
	becomeCommand(t)
	t.Setenv("GITHUB_STEP_SUMMARY", "")
	dir := repository(t, steady("BenchmarkA", "100"))
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		out := filepath.Join(t.TempDir(), "out")
		cmd := exec.Command(os.Args[0], "gate", "-base", "HEAD", "-pairs", "6", "-o", out)
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		said := bufio.NewScanner(stderr)
		for said.Scan() && !strings.HasPrefix(said.Text(), "scratch: ") {
		}
		if err := syscall.Kill(-cmd.Process.Pid, s); err != nil {
			t.Fatal(err)
		}
		rest, _ := io.ReadAll(stderr)
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != gate.ExitInconclusive {
			t.Errorf("%v: %v, want exit code %d:\n%s", s, err, gate.ExitInconclusive, rest)
		}
		report := read(t, filepath.Join(out, "gate.txt"))
		mustContain(t, "the report", report, "stopped early: interrupted")
		if strings.Contains(report, "FAILED") {
			t.Errorf("%v failed a row:\n%s", s, report)
		}
	}
}
