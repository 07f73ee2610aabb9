//go:build unix

package child

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// Apart makes cmd, which has not been started, start in a group of its own.
func Apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// Interrupt is Ctrl-C for the group of cmd: the go command then stops what it started, and removes its
// files. The error of one that has ended is os.ErrProcessDone.
func Interrupt(cmd *exec.Cmd) error { return signal(cmd, syscall.SIGINT) }

// Kill ends the group of cmd at once, with whatever cmd has started and left running.
func Kill(cmd *exec.Cmd) error { return signal(cmd, syscall.SIGKILL) }

func ofGroup(ended *os.ProcessState) bool {
	status, ok := ended.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && (status.Signal() == syscall.SIGINT || status.Signal() == syscall.SIGTERM)
}

func signal(cmd *exec.Cmd, s syscall.Signal) error {
	if err := cmd.Process.Signal(syscall.Signal(0)); err != nil {
		return err // it was waited for, and its number may be another group's
	}
	err := syscall.Kill(-cmd.Process.Pid, s)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}
