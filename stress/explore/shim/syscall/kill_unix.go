//go:build unix

package syscall

import (
	"syscall"

	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/os"
	"github.com/semabench/semabench/stress/explore/shim/signal"
)

// Kill is syscall.Kill. Under control it sends signals to the own process; others are refused, as is a
// group of processes. The process ID is the one of Getpid, and zero and negative numbers are groups.
func Kill(pid int, s syscall.Signal) error {
	if !schedrt.Controlled() {
		return syscall.Kill(pid, s)
	}
	if pid != os.Getpid() {
		schedrt.Refuse("syscall.Kill of another process is not under control")
	}
	signal.Raise("syscall.Kill", s)
	return nil
}
