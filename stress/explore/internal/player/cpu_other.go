//go:build !unix

package player

import "time"

var began = time.Now()

// cpuTime is the real time where no system call is known that tells the CPU time.
func cpuTime() time.Duration { return time.Since(began) }
