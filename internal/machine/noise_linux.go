package machine

import (
	"os"
	"syscall"
	"time"
)

// read reads the counters of the kernel.
func read() reading {
	r := reading{own: ownTime()}
	r.busy, r.steal = parseStat(text("/proc/stat"))
	r.stalled = parsePressure(text("/proc/pressure/cpu"))
	r.load1 = parseLoad(text("/proc/loadavg"))
	return r
}

// text returns the content of a file, or "" if it cannot be read: containers hide some files of
// /proc, and a kernel may be built without pressure information.
func text(name string) string {
	text, _ := os.ReadFile(name)
	return string(text)
}

// ownTime returns the processor time of this process and of its children that have ended. Children
// that still run are missing, so a sample counts only after its process was waited for.
func ownTime() time.Duration {
	var sum time.Duration
	for _, processes := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(processes, &u); err != nil {
			return -1
		}
		sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return sum
}
