package bench

import (
	"fmt"
	"syscall"
	"time"
)

// cpuTime returns the processor time that this process has used, user and system together.
func cpuTime() time.Duration {
	var created, exited, kernel, user syscall.Filetime
	self, err := syscall.GetCurrentProcess()
	if err == nil {
		err = syscall.GetProcessTimes(self, &created, &exited, &kernel, &user)
	}
	if err != nil {
		panic(fmt.Sprintf("bench: reading processor time: %v", err))
	}
	return time.Duration(ticks(kernel)+ticks(user)) * 100 // a tick is 100 ns
}

func ticks(f syscall.Filetime) int64 { return int64(f.HighDateTime)<<32 | int64(f.LowDateTime) }
