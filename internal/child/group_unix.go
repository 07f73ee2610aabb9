//go:build unix

package child

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// OwnGroup makes cmd, which was not started yet, start in a process group of its own. It replaces
// cmd.SysProcAttr.
func OwnGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// Interrupt sends SIGINT to the group of cmd, as Ctrl-C would. The error for a command that Wait
// has returned for is os.ErrProcessDone.
func Interrupt(cmd *exec.Cmd) error { return signalGroup(cmd, syscall.SIGINT) }

// Dump sends SIGQUIT to the group of cmd. A Go program then prints the stacks of all goroutines and
// exits. It returns the same errors as [Interrupt].
func Dump(cmd *exec.Cmd) error { return signalGroup(cmd, syscall.SIGQUIT) }

// Kill ends every process of the group of cmd at once. It returns the same errors as [Interrupt].
func Kill(cmd *exec.Cmd) error { return signalGroup(cmd, syscall.SIGKILL) }

// signalGroup needs cmd to lead its group, as after OwnGroup or in a session of its own.
func signalGroup(cmd *exec.Cmd, s syscall.Signal) error {
	// After Wait has returned the kernel may give the number to another process, and so to another
	// group. Signal 0 sends nothing, and fails from then on.
	if err := cmd.Process.Signal(syscall.Signal(0)); err != nil {
		return err
	}
	err := syscall.Kill(-cmd.Process.Pid, s)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// diedOfGroupSignal reports whether a process died of a signal that terminals and timeout(1) send
// to groups.
func diedOfGroupSignal(ended *os.ProcessState) bool {
	status, ok := ended.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && (status.Signal() == syscall.SIGINT ||
		status.Signal() == syscall.SIGTERM)
}

// KilledAt reports whether a child was killed by SIGKILL, and the most memory, in bytes, that it or a
// process that it waited for had in use.
func KilledAt(ended *os.ProcessState) (peak int64, killed bool) {
	status, ok := ended.Sys().(syscall.WaitStatus)
	usage, known := ended.SysUsage().(*syscall.Rusage)
	if !ok || !known || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		return 0, false
	}
	peak = int64(usage.Maxrss)
	if runtime.GOOS != "darwin" { // which counts bytes and not kilobytes
		peak <<= 10
	}
	return peak, true
}
