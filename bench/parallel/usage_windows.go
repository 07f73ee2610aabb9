package parallel

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

func ownUsage() usage {
	var created, exited, kernel, user syscall.Filetime
	self, err := syscall.GetCurrentProcess()
	if err == nil {
		err = syscall.GetProcessTimes(self, &created, &exited, &kernel, &user)
	}
	if err != nil {
		panic(fmt.Sprintf("parallel: reading processor time: %v", err))
	}
	return usage{ticks(user), ticks(kernel), -1, -1}
}

func ticks(f syscall.Filetime) time.Duration {
	const tick = 100 * time.Nanosecond
	return time.Duration(int64(f.HighDateTime)<<32|int64(f.LowDateTime)) * tick
}

func switchesOf(*os.ProcessState) (voluntary, involuntary int64) { return -1, -1 }
