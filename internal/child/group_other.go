//go:build !unix

package child

import (
	"os"
	"os/exec"
)

// OwnGroup does nothing: this system has no process groups. A process that starts another one here
// should pass it a pipe as standard input, and the other one should end with it.
func OwnGroup(*exec.Cmd) {}

// Interrupt ends cmd. os.Interrupt cannot be sent to another process on Windows: Process.Signal
// would return an error and leave the process running.
func Interrupt(cmd *exec.Cmd) error { return cmd.Process.Kill() }

// Dump does nothing: this system has no signal that makes a Go program print its stacks.
func Dump(*exec.Cmd) error { return nil }

// Kill ends cmd, but not the processes that cmd has started.
func Kill(cmd *exec.Cmd) error { return cmd.Process.Kill() }

// diedOfGroupSignal is false: no signal reaches more than one process.
func diedOfGroupSignal(*os.ProcessState) bool { return false }

// KilledAt reports false: no signal kills a process.
func KilledAt(*os.ProcessState) (peak int64, killed bool) { return 0, false }
