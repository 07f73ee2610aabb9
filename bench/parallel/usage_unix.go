//go:build unix

package parallel

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

func ownUsage() usage {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(fmt.Sprintf("parallel: reading processor time: %v", err)) // only wrong arguments fail
	}
	return usage{time.Duration(u.Utime.Nano()), time.Duration(u.Stime.Nano()),
		int64(u.Nvcsw), int64(u.Nivcsw)}
}

func switchesOf(ended *os.ProcessState) (voluntary, involuntary int64) {
	u := ended.SysUsage().(*syscall.Rusage) // as documented for Unix
	return int64(u.Nvcsw), int64(u.Nivcsw)
}
