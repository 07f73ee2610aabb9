// Package shim_test tests the packages in the folders of this folder, the look-alikes of the standard
// library: package atomic in atomic_test.go, and so on. One test binary for all of them takes a third
// of the processor time of fifteen. The tests of debug and runtime stay with their packages, because
// they check their own names in a stack.
package shim_test
