package os

import (
	"os"
	"syscall"

	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/signal"
)

// FindProcess is os.FindProcess. Under control the only process is the program's own.
func FindProcess(pid int) (*os.Process, error) {
	if !schedrt.Controlled() {
		return os.FindProcess(pid)
	}
	if pid != process {
		schedrt.Refuse("os.FindProcess of another process is not under control")
	}
	return &os.Process{Pid: pid}, nil
}

// A Process has the methods of an os.Process that rewritten code calls.
type Process struct{ real *os.Process }

// OnProcess returns the methods for a process.
func OnProcess(p *os.Process) Process { return Process{p} }

// Signal is os.Process.Signal. A process that comes from elsewhere, such as a command, was refused
// when it was made.
func (p Process) Signal(s os.Signal) error {
	if !schedrt.Controlled() {
		return p.real.Signal(s)
	}
	if number, ok := s.(syscall.Signal); ok && p.real.Pid == process {
		signal.Raise("os.Process.Signal", number)
		return nil
	}
	schedrt.Refuse("os.Process.Signal for another process is not under control")
	return nil
}

// Kill is os.Process.Kill.
func (p Process) Kill() error {
	if !schedrt.Controlled() {
		return p.real.Kill()
	}
	return p.Signal(os.Kill)
}

// Release is os.Process.Release. There is nothing to release under control.
func (p Process) Release() error {
	if !schedrt.Controlled() {
		return p.real.Release()
	}
	return nil
}

// Wait is os.Process.Wait. No process can wait for itself.
func (p Process) Wait() (*os.ProcessState, error) {
	if !schedrt.Controlled() {
		return p.real.Wait()
	}
	return nil, os.NewSyscallError("wait", syscall.ECHILD)
}
