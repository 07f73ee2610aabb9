//go:build !unix

package player

import "time"

var began = time.Now()

// cpuTime returns the real time since the start of the process: no system call for its CPU time is known here. It is
// too large by the time that the process waits.
func cpuTime() time.Duration { return time.Since(began) }
