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

// A terminal sends Ctrl-C to the whole process group. The command then prints the results so far,
// and all player processes end. They also end if the command is killed and can send them nothing.
func exploreInterrupted(t *testing.T) {
	longtest.Need(t, "TestInterruptedStress")
	for s, want := range map[syscall.Signal]int{
		syscall.SIGINT: exitcode.Interrupted, syscall.SIGTERM: exitcode.Interrupted, syscall.SIGKILL: -1,
	} {
		t.Run(s.String(), func(t *testing.T) {
			becomeCommand(t)
			tmp := t.TempDir()
			t.Setenv("TMPDIR", tmp)
			cmd := exec.Command(os.Args[0], "explore", "./count", "-run", "TestManySchedules", "-workers",
				"3",
				"-strategy", "random", "-schedules", "1e9", "-time", "10m")
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			waitForSchedules(t, tmp, ended, &out)
			if n := len(processes(t)); n != 4 {
				t.Errorf("%d processes of the test are there, want it and 3 that play", n)
			}
			if err := syscall.Kill(-cmd.Process.Pid, s); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := <-ended; !errors.As(err, &exit) || exit.ExitCode() != want {
				t.Errorf("%v, want exit code %d:\n%s", err, want, &out)
			}
			if s != syscall.SIGKILL {
				mustContain(t, "what it says", out.String(), "TestManySchedules: unknown (interrupted)",
					" schedules played and none failed, but not all were: interrupted", "nothing had failed by then")
				if n := len(processes(t)); n > 0 {
					t.Errorf("%d processes are left: %v", n, processes(t))
				}
			}
			waitFor(t, "all processes to end", func() bool { return len(processes(t)) == 0 })
		})
	}
}

func waitForSchedules(t *testing.T, tmp string, ended <-chan error, out fmt.Stringer) {
	t.Helper()
	waitFor(t, "schedules to be played", func() bool {
		if len(ended) > 0 {
			t.Fatalf("it ended before:\n%s", out)
		}
		return strings.Contains(events(t, tmp), `"Doing":"exploring"`)
	})
}

// waitFor polls, because other processes do not notify this one.
func waitFor(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for began := time.Now(); !happened(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > 10*time.Minute {
			t.Fatalf("waited ten minutes for %s; processes: %v", what, processes(t))
		}
	}
}

func events(t *testing.T, tmp string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(tmp, "semabench-explore-*", "events"))
	if err != nil || len(files) == 0 {
		return ""
	}
	return read(t, files[0])
}

// processes returns the command lines of the processes that run a test of the module. Their
// executables are in temporary folders of this test.
func processes(t *testing.T) (lines []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		program, _, _ := strings.Cut(string(text), "\x00")
		ours := strings.HasPrefix(program, os.Getenv("XDG_CACHE_HOME")) ||
			strings.HasPrefix(program, os.Getenv("TMPDIR"))
		if ours && strings.Contains(filepath.Base(program), "explore") {
			lines = append(lines, strings.ReplaceAll(string(text), "\x00", " "))
		}
	}
	return lines
}
