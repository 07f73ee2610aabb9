//go:build !linux

package rusage

// PeakMemory returns 0: only Linux tells the peak of this process apart from that of its parent.
func PeakMemory() int64 { return 0 }
