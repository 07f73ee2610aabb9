//go:build !semabench_explore

package explore

// instrumented reports whether package rewrite built this binary.
const instrumented = false
