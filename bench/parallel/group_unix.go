//go:build unix

package parallel

import (
	"os/exec"
	"syscall"
)

// apart starts a command in a process group of its own: Ctrl-C in a terminal is for the one who
// started it, and who then ends the whole group.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
