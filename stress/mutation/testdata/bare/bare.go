// Package bare has no synchronization.
package bare

// Twice returns n two times.
func Twice(n int) int { return 2 * n }
