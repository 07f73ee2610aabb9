//go:build !linux

package rusage

// PeakMemory returns 0: only Linux separates the peak of a process from the peak of its parent.
func PeakMemory() int64 { return 0 }
