//go:build unix

package rusage

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

// Self returns the usage of this process so far, by getrusage(2), without its children.
func Self() Usage {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(fmt.Sprintf("rusage: getrusage: %v", err)) // fails for wrong arguments only
	}
	return Usage{time.Duration(u.Utime.Nano()), time.Duration(u.Stime.Nano()),
		int64(u.Nvcsw), int64(u.Nivcsw)}
}

func switchesOfChild(ended *os.ProcessState) (voluntary, involuntary int64) {
	u := ended.SysUsage().(*syscall.Rusage) // the type is documented for Unix
	return int64(u.Nvcsw), int64(u.Nivcsw)
}
