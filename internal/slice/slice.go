// Package slice tells a benchmark that a duel runs it, in slices of a millisecond.
//
//	if !slice.Only() {
//		b.ReportMetric(p99, "p99-ns")
//	}
//
// A duel compares two versions of a benchmark by the time of many short runs. Extra work beside the
// timed operations, such as sorting latencies, would take longer than the slice.
//
// # What this does not show
//
// The package does not know which process compares, or what it compares with.
package slice

import "os"

// Only reports whether the caller should run nothing but the timed operations. The answer can
// change between two runs of a benchmark: a process that counts allocations wants the extra work
// too.
func Only() bool { return os.Getenv("SEMABENCH_SLICE") != "" }
