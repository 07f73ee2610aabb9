//go:build unix

package child

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// startShells starts a shell that starts another one. It returns when both run. Their common
// standard output ends when both have ended.
//
// A shell that runs a command in the background lets it ignore SIGINT, and a child inherits that.
// The shells must die of SIGINT all the same. A signal that this process catches while it starts
// them has its default effect in them.
func startShells(t *testing.T, cmd *exec.Cmd) (output *bufio.Reader) {
	t.Helper()
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGINT)
	defer signal.Stop(caught)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	output = bufio.NewReader(out)
	if line, err := output.ReadString('\n'); line != "ready\n" {
		t.Fatalf("the shell wrote %q, %v; want ready", line, err)
	}
	return output
}

// twoShells returns the arguments of sh for startShells. tail is the last process to start, and
// writes the line itself: a shell that writes the line and then starts a process would do so after a
// signal has come, too, and that process would never get the signal.
func twoShells(t *testing.T) []string {
	t.Helper()
	line := filepath.Join(t.TempDir(), "line")
	if err := os.WriteFile(line, []byte("ready\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"-c", `sh -c 'tail -f "$0"; true' "$0"; true`, line}
}

func inOwnGroup(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sh", twoShells(t)...)
	OwnGroup(cmd)
	return cmd
}

// A signal for the group of the parent, as Ctrl-C is one, must not reach the child.
func TestOwnGroup(t *testing.T) {
	cmd := inOwnGroup(t)
	startShells(t, cmd)
	group, err := syscall.Getpgid(cmd.Process.Pid)
	if err != nil || group == syscall.Getpgrp() {
		t.Errorf("child in group %d, %v; the test is in %d", group, err, syscall.Getpgrp())
	}
	if err := Kill(cmd); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // its error says that the child was killed
}

// Each signal reaches both shells, or reading their output would never end.
func TestSignalsReachTheGroup(t *testing.T) {
	for name, send := range map[string]func(*exec.Cmd) error{
		"Interrupt": Interrupt, "Dump": Dump, "Kill": Kill,
	} {
		cmd := inOwnGroup(t)
		output := startShells(t, cmd)
		if err := send(cmd); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := io.ReadAll(output); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := cmd.Wait(); err == nil {
			t.Errorf("%s: the child exited with 0, want death by a signal", name)
		}
		if err := send(cmd); !errors.Is(err, os.ErrProcessDone) {
			t.Errorf("%s after Wait: %v, want %v", name, err, os.ErrProcessDone)
		}
	}
}

// A done context must end both shells, or reading their output would never end.
func TestADoneContextEndsTheGroup(t *testing.T) {
	for name, prepare := range map[string]func(context.Context, *exec.Cmd){
		"interrupt": func(_ context.Context, cmd *exec.Cmd) { InterruptOnDone(cmd) },
		"kill":      func(_ context.Context, cmd *exec.Cmd) { KillOnDone(cmd) },
		"dump":      func(ctx context.Context, cmd *exec.Cmd) { DumpOnDone(ctx, cmd, errStuck) },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		cmd := exec.CommandContext(ctx, "sh", twoShells(t)...)
		prepare(ctx, cmd)
		output := startShells(t, cmd)
		cancel()
		if _, err := io.ReadAll(output); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := cmd.Wait(); err == nil {
			t.Errorf("%s: the child exited with 0, want death by a signal", name)
		}
	}
}

var errStuck = errors.New("stuck")

// Only a child that is stuck is asked for its stacks: the shell stands for a Go program, and
// writes a line when SIGQUIT comes.
func TestDumpOnDone(t *testing.T) {
	for cause, want := range map[error]string{errStuck: "stacks\n", errors.New("Ctrl-C"): ""} {
		ctx, cancel := context.WithCancelCause(t.Context())
		cmd := exec.CommandContext(ctx, "sh", "-c",
			`trap "echo stacks; exit 2" QUIT; echo ready; while true; do sleep 0.01; done`)
		DumpOnDone(ctx, cmd, errStuck)
		output := startShells(t, cmd)
		cancel(cause)
		text, err := io.ReadAll(output)
		if err != nil || string(text) != want {
			t.Errorf("cause %q: the child wrote %q, %v; want %q", cause, text, err, want)
		}
		_ = cmd.Wait()
	}
}

// The child died before its parent knew why. It sleeps on the clock of the synctest bubble.
func TestAwaitSignal(t *testing.T) {
	for s, longest := range map[syscall.Signal]time.Duration{
		syscall.SIGINT: signalDelay, syscall.SIGTERM: signalDelay, syscall.SIGKILL: 0,
	} {
		cmd := inOwnGroup(t)
		startShells(t, cmd)
		if err := signalGroup(cmd, s); err != nil {
			t.Fatal(err)
		}
		died := cmd.Wait()
		synctest.Test(t, func(t *testing.T) {
			for heard, want := range map[time.Duration]time.Duration{
				time.Millisecond: min(longest, time.Millisecond), time.Hour: longest,
			} {
				ctx, cancel := context.WithTimeout(context.Background(), heard)
				began := time.Now()
				if AwaitSignal(ctx, died); time.Since(began) != want {
					t.Errorf("%v: waited for %v, want %v", died, time.Since(began), want)
				}
				cancel()
			}
		})
	}
}

func TestOutput(t *testing.T) {
	dir := t.TempDir()
	out, err := Output(t.Context(), dir, []string{"WORD=seen"}, "sh", "-c", `echo " $WORD $PWD"`)
	if want := "seen " + dir; out != want || err != nil {
		t.Errorf("Output = %q, %v; want %q", out, err, want)
	}
}

func TestOutputSaysWhyACommandFailed(t *testing.T) {
	script := "echo stdout; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo cause $i >&2; done; exit 3"
	_, err := Output(t.Context(), "", nil, "sh", "-c", script)
	var failure *Failure
	var exit *exec.ExitError
	if !errors.As(err, &failure) || !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Fatalf("Output: %v, want a Failure with exit code 3", err)
	}
	if text := err.Error(); !strings.HasPrefix(text, "sh -c: exit status 3\ncause 1\n") ||
		!strings.HasSuffix(text, "cause 10") || !strings.HasSuffix(failure.Stderr, "cause 12") {
		t.Errorf("the error is %q and standard error %q", text, failure.Stderr)
	}
	_, err = Output(t.Context(), "", nil, filepath.Join(t.TempDir(), "absent"))
	if !errors.As(err, &failure) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a program that does not exist: %v", err)
	}
}

func TestOutputOfAnInterruptedCommand(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Output(ctx, "", nil, "sh", "-c", "sleep 1000"); err != context.Canceled {
		t.Errorf("Output: %v, want %v", err, context.Canceled)
	}
}

// The signal that kills the command can come before the parent hears of the interrupt: here the
// command kills itself. Output must then report the interrupt, and not a command that failed.
func TestOutputOfACommandThatDiedBeforeTheInterrupt(t *testing.T) {
	for _, name := range []string{"INT", "TERM"} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err := Output(ctx, "", nil, "sh", "-c", "kill -"+name+" $$")
		if err != context.DeadlineExceeded {
			t.Errorf("died of SIG%s: %v, want %v", name, err, context.DeadlineExceeded)
		}
		cancel()
	}
}
