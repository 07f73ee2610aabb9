package rusage

import (
	"fmt"
	"os"
	"strings"
)

// PeakMemory returns the largest resident memory that this process has had, in bytes. It returns 0
// if the kernel does not report it.
//
// It reads VmHWM and not ru_maxrss: ru_maxrss of a child starts at the memory of its parent,
// because exec does not reset it.
func PeakMemory() int64 {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		var kib int64
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			return kib << 10
		}
	}
	return 0
}
