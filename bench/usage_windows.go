package bench

import (
	"fmt"
	"syscall"
	"time"
)

// usage is what this process has used up.
type usage struct {
	cpu      time.Duration // user and system together
	switches int64         // how often a thread gave its core up to wait; -1: nobody counts
}

func used() usage {
	var created, exited, kernel, user syscall.Filetime
	self, err := syscall.GetCurrentProcess()
	if err == nil {
		err = syscall.GetProcessTimes(self, &created, &exited, &kernel, &user)
	}
	if err != nil {
		panic(fmt.Sprintf("bench: reading processor time: %v", err))
	}
	const tick = 100 * time.Nanosecond
	return usage{cpu: time.Duration(ticks(kernel)+ticks(user)) * tick, switches: -1}
}

func ticks(f syscall.Filetime) int64 { return int64(f.HighDateTime)<<32 | int64(f.LowDateTime) }
