// Package failing has a test that fails.
package failing

// Start starts f.
func Start(f func()) { go f() }
