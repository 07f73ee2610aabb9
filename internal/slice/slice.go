// Package slice tells a benchmark that it is run in slices of a millisecond, by a process that
// compares two versions of it: what it does beside the operations that are timed would only be in
// the way.
package slice

import "os"

// Only reports whether nothing but the timed operations is wanted. It can change between two runs of a
// benchmark: the process that counts its allocations wants all of it.
func Only() bool { return os.Getenv("SEMABENCH_SLICE") != "" }
