//go:build !semabench_explore

package explore

// instrumented reports whether this binary was built by package rewrite.
const instrumented = false
