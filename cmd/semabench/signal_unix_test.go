//go:build unix

package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/semabench/semabench/cmd/internal/sampling"
	"github.com/semabench/semabench/internal/exitcode"
	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/reports/gate"
)

// interruptedWhen starts the command in a group of its own, and sends signals to the whole group
// when a line of standard error begins with word. Terminals send SIGINT to groups, and timeout(1)
// and service managers send SIGTERM. It returns the exit code and the rest of standard error, and
// fails if a temporary directory is left.
func interruptedWhen(t *testing.T, word string, signals []syscall.Signal, args ...string) (code int, output string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	temp := t.TempDir()
	cmd.Env = append(os.Environ(), "TMPDIR="+temp)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stderr)
	for line := ""; !strings.HasPrefix(line, word); {
		if line, err = lines.ReadString('\n'); err != nil {
			t.Fatalf("the command ended before it wrote %q: %v, %v", word, err, cmd.Wait())
		}
	}
	for _, s := range signals {
		if err := syscall.Kill(-cmd.Process.Pid, s); err != nil {
			t.Fatal(err)
		}
	}
	rest, err := io.ReadAll(lines)
	if err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // the exit code has the same information
	if left, err := filepath.Glob(filepath.Join(temp, "semabench*")); err != nil || len(left) > 0 {
		t.Errorf("after %v at %q there are %v, %v", signals, word, left, err)
	}
	return cmd.ProcessState.ExitCode(), string(rest)
}

// Signals may come at any time and repeatedly. No temporary file is left, the pairs so far are
// judged, and no benchmark is reported as FAILED.
func TestGateInterruptedWithItsGroup(t *testing.T) {
	longtest.Need(t, "TestRunInterruptedWithItsGroup")
	becomeCommand(t)
	t.Setenv("GITHUB_STEP_SUMMARY", "")
	t.Setenv("GITHUB_ACTIONS", "")
	t.Chdir(repository(t, steady("BenchmarkA", "100")))
	writeFiles(t, ".", map[string]string{"p_test.go": testFile(steady("BenchmarkA", "120"))})
	for _, test := range []struct {
		word    string
		signals []syscall.Signal
		want    string
	}{
		{"building scratch", []syscall.Signal{syscall.SIGTERM}, "no rows"},
		{"linking scratch", []syscall.Signal{syscall.SIGINT, syscall.SIGTERM}, "no rows"},
		{"scratch: ", []syscall.Signal{syscall.SIGINT, syscall.SIGINT}, "scratch.BenchmarkA"},
		{"once more scratch: ", []syscall.Signal{syscall.SIGTERM, syscall.SIGINT}, "scratch.BenchmarkA"},
	} {
		out := filepath.Join(t.TempDir(), "out")
		code, stderr := interruptedWhen(t, test.word, test.signals, "gate", "-base", "HEAD", "-pairs",
			"6", "-o", out)
		if code != gate.ExitInconclusive {
			t.Fatalf("%v at %q: exit code %d, want %d:\n%s", test.signals, test.word, code,
				gate.ExitInconclusive, stderr)
		}
		report := read(t, filepath.Join(out, "gate.txt"))
		mustContain(t, "the report", report, "stopped early: interrupted", test.want)
		if strings.Contains(report, "FAILED") {
			t.Errorf("%v at %q failed a row:\n%s", test.signals, test.word, report)
		}
	}
}

func TestRunInterruptedWithItsGroup(t *testing.T) {
	becomeCommand(t)
	for _, signals := range [][]syscall.Signal{{syscall.SIGINT, syscall.SIGINT}, {syscall.SIGTERM}} {
		dir := t.TempDir()
		code, stderr := interruptedWhen(t, "1 of ", signals, "run", "-benchtime", "1ms", "-samples",
			"1000", "-o", dir,
			"-impl", "cond", "-workload", "uncontended")
		if code != exitcode.Interrupted {
			t.Errorf("%v: exit code %d, want %d:\n%s", signals, code, exitcode.Interrupted, stderr)
		}
		text := read(t, filepath.Join(dir, sampling.TextName))
		if strings.Contains(text, sampling.FailedKey) || len(samplesIn(text)) == 0 {
			t.Errorf("%v: a row is reported as failed, or there is none:\n%s", signals, text)
		}
		mustContain(t, "the report", read(t, filepath.Join(dir, "report.html")),
			"of 1000 planned samples")
	}
}

// The process of a turn ends after its program, whatever the program does, and its turn counts.
func TestStressInterruptedWithItsGroup(t *testing.T) {
	becomeCommand(t)
	for range 3 {
		code, stderr := interruptedWhen(t, "playing random programs", []syscall.Signal{syscall.SIGINT},
			"stress", "-time", "0", "-impl", "cond", "-o", t.TempDir())
		if code != exitcode.Interrupted {
			t.Errorf("exit code %d, want %d:\n%s", code, exitcode.Interrupted, stderr)
		}
	}
}
