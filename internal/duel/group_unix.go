//go:build unix

package duel

import (
	"os/exec"
	"syscall"
)

// apart starts a command in a process group of its own. A terminal sends Ctrl-C, and timeout(1) SIGTERM,
// to the whole group: a benchmark that died of it before we had heard of it would be a row that
// failed, and the run no longer one that was interrupted.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// interrupt is Ctrl-C for the whole group of cmd: the go command then stops what it started, and
// removes its files.
func interrupt(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
