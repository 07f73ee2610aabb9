package machine

import (
	"os"
	"syscall"
	"time"
)

func read() reading {
	r := reading{own: ownTime()}
	r.busy, r.steal = parseStat(text("/proc/stat"))
	r.stalled = parsePressure(text("/proc/pressure/cpu"))
	r.load1 = parseLoad(text("/proc/loadavg"))
	return r
}

// text is empty if the file cannot be read: containers may hide it, kernels may lack it.
func text(name string) string {
	text, _ := os.ReadFile(name)
	return string(text)
}

func ownTime() time.Duration {
	var sum time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			return -1
		}
		sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return sum
}
