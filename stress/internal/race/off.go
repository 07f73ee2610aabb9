//go:build !race

// Package race tells whether the race detector watches this process, and what it has found.
//
//	before := race.Errors()
//	f()
//	found := race.Errors() - before
//
// The count is of the whole process: a race in a goroutine that f did not start counts as well.
package race

// Enabled reports whether this binary was built with -race.
const Enabled = false

// Errors returns how many data races the detector has reported in this process so far. It is always
// 0 without the detector.
func Errors() int { return 0 }
