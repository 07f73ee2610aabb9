//go:build unix

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
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(fmt.Sprintf("bench: reading processor time: %v", err)) // only wrong arguments fail
	}
	return usage{cpu: time.Duration(u.Utime.Nano() + u.Stime.Nano()), switches: int64(u.Nvcsw)}
}
