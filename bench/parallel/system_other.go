//go:build !linux

package parallel

import "time"

// sharedClock is the time of day: what all processes of a machine share here. If somebody sets it
// meanwhile, tasks seem to overlap that did not.
func sharedClock() int64 { return time.Now().UnixNano() }

// peakMemory is not known here.
func peakMemory() int64 { return 0 }
