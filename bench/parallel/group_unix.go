//go:build unix

package parallel

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// apart starts a command in a process group of its own: Ctrl-C in a terminal is for the one who
// started it, and who then ends the whole group. Of one that is stuck, all print their stacks first,
// which is what SIGQUIT makes a Go program do.
func apart(ctx context.Context, cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		group := -cmd.Process.Pid
		if errors.Is(context.Cause(ctx), errStuck) {
			const printing = 500 * time.Millisecond
			_ = syscall.Kill(group, syscall.SIGQUIT)
			time.Sleep(printing)
		}
		return syscall.Kill(group, syscall.SIGKILL)
	}
}

// lifeline is the standard input of a sample, read by way of the poller. A read that waits in the kernel
// keeps a thread, and once, with Go 1.26.8, a runtime.GC that began just as it did never stopped the
// world: the sample was stuck until it was killed.
func lifeline() *os.File {
	if err := syscall.SetNonblock(0, true); err != nil {
		return os.Stdin
	}
	return os.NewFile(0, "standard input")
}
