//go:build unix

package bench

import (
	"fmt"
	"syscall"
	"time"
)

// cpuTime returns the processor time that this process has used, user and system together.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(fmt.Sprintf("bench: reading processor time: %v", err)) // only wrong arguments fail
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
