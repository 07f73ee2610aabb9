//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// apart starts a command in a process group of its own. A terminal sends Ctrl-C, and timeout(1) SIGTERM,
// to the whole group: tests that died of it could not say any more what they had played.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends a command and all that it has started.
func killGroup(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
