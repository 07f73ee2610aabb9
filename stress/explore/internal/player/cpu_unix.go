//go:build unix

package player

import (
	"syscall"
	"time"
)

// cpuTime returns the CPU time of this process, in the program and in the kernel: a body that uses much
// memory for the first time spends it there.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // no time passes then, and only a goroutine that waits is ever out of control
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
