// Package child starts processes, and ends them together with what they have started in turn.
//
// Every child gets a process group of its own. A terminal sends Ctrl-C, and timeout(1) sends
// SIGTERM, to the whole group of the foreground process. A child in that group would die of the
// signal at the same time as its parent hears of it. The parent would then report a failed child
// instead of an interrupted run, and a child that handles the signal would get a second one from
// its parent.
//
//	cmd := exec.CommandContext(ctx, "go", "test", "-c")
//	child.InterruptOnDone(cmd)
//	err := child.Run(ctx, cmd)
//
// [Output] does the same in one call, and puts standard error into its error.
//
// # What this does not do
//
// Only Unix has process groups. Elsewhere OwnGroup does nothing; Interrupt, Dump and Kill end the
// process alone, and processes that it started run on until their standard input ends.
//
// A parent that is killed leaves its children running. Children that must not outlive it should end
// when their standard input does.
package child

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/semabench/semabench/internal/excerpt"
)

const (
	// grace is how long a child may take to remove its files after an interrupt.
	grace = 5 * time.Second

	// drain is how long Wait waits for the end of the output of a child that has ended. Only a process
	// that the child started and left behind can hold the pipe open for longer.
	drain = time.Second

	// signalDelay bounds the wait in [AwaitSignal].
	signalDelay = time.Second

	// dumpTime is how long the processes of a group may take to print their stacks.
	dumpTime = 500 * time.Millisecond
)

// InterruptOnDone prepares cmd, which came from [exec.CommandContext] and was not started yet.
// When the context is done, the group of cmd is interrupted, and killed if cmd is still running 5
// seconds later. It is the right choice for commands that have files to remove, as the go command
// and git have.
func InterruptOnDone(cmd *exec.Cmd) {
	OwnGroup(cmd)
	cmd.Cancel = func() error {
		// os/exec would kill cmd alone when WaitDelay is over, so the group is killed just before.
		time.AfterFunc(grace, func() { _ = Kill(cmd) }) // fails if cmd has ended, which is the aim
		return Interrupt(cmd)
	}
	cmd.WaitDelay = grace + drain
}

// KillOnDone prepares cmd, which came from [exec.CommandContext] and was not started yet. When the
// context is done, the group of cmd is killed at once.
func KillOnDone(cmd *exec.Cmd) {
	OwnGroup(cmd)
	cmd.Cancel = func() error { return Kill(cmd) }
	cmd.WaitDelay = drain
}

// DumpOnDone is as [KillOnDone], but if the cause of ctx is stuck, every process of the group is
// asked to print the stacks of its goroutines first. ctx is the context of cmd.
func DumpOnDone(ctx context.Context, cmd *exec.Cmd, stuck error) {
	KillOnDone(cmd)
	cmd.Cancel = func() error {
		if errors.Is(context.Cause(ctx), stuck) {
			_ = Dump(cmd) // the kill that follows reports a process that has ended
			// Nothing announces that the stacks are printed: a process may hang before it prints them.
			time.Sleep(dumpTime)
		}
		return Kill(cmd)
	}
}

// Run starts cmd, waits for its end, and returns the error of [exec.Cmd.Run]. It calls
// [AwaitSignal], so that the caller can look at ctx.Err() to tell an interrupted command from a
// failed one.
func Run(ctx context.Context, cmd *exec.Cmd) error {
	err := cmd.Run()
	AwaitSignal(ctx, err)
	return err
}

// AwaitSignal closes a gap after the end of a child. err is the error of Wait.
//
// Between fork and exec a child is still in the group of its parent, so it may die of a SIGINT or
// SIGTERM that the parent has not heard of yet. If err says that the child died of one of them,
// AwaitSignal waits until ctx is done. It waits for at most a second: the signal may have been
// sent to the child alone.
func AwaitSignal(ctx context.Context, err error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !diedOfGroupSignal(exit.ProcessState) {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(signalDelay):
	}
}

// A Failure is the error of a command that ran and did not succeed.
type Failure struct {
	Command string // the program and its first argument, as in "go list"
	Stderr  string // without blank space around it
	Err     error  // an *exec.ExitError, or why the command could not be started
}

// shownLines of standard error are enough to name the cause.
const shownLines = 10

func (f *Failure) Error() string {
	if f.Stderr == "" {
		return fmt.Sprintf("%s: %v", f.Command, f.Err)
	}
	return fmt.Sprintf("%s: %v\n%s", f.Command, f.Err, excerpt.Lines(f.Stderr, shownLines))
}

// Unwrap returns f.Err.
func (f *Failure) Unwrap() error { return f.Err }

// Output runs a command in dir and returns its standard output without blank space around it. The
// empty dir is the working directory. env is added to the environment of this process.
//
// The command is interrupted when ctx is done, as by [InterruptOnDone], and Output then returns
// ctx.Err(). Any other error is a [*Failure] with what the command wrote to standard error.
func Output(
	ctx context.Context, dir string, env []string, name string, args ...string,
) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	if cmd.Dir = dir; dir != "" {
		// os/exec sets PWD only if it makes the environment itself. Without it a command that asks for
		// its folder gets one with symbolic links resolved, and prints paths the user never wrote.
		cmd.Env = append(cmd.Env, "PWD="+dir)
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	InterruptOnDone(cmd)
	err := Run(ctx, cmd)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", &Failure{
			Command: strings.Join(append([]string{name}, args[:min(1, len(args))]...), " "),
			Stderr:  strings.TrimSpace(stderr.String()),
			Err:     err,
		}
	}
	return strings.TrimSpace(stdout.String()), nil
}
