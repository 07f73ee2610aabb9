package parallel

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// sharedClock is in nanoseconds, and the same for all processes of the machine. That of package
// time has its own zero in each process.
func sharedClock() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic(fmt.Sprintf("parallel: reading the clock: %v", err)) // only wrong arguments fail
	}
	return t.Nano()
}

// peakMemory is the most memory that this process had, in bytes, or 0 if nobody tells. ru_maxrss
// would not do: of a child it begins with the memory of its parent.
func peakMemory() int64 {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		var kib int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	return 0
}
