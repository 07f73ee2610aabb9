// Package anchor has benchmarks whose code does not change with this module. So a
// duel of the package with itself says something about the duel and not about the
// code.
//
// The benchmarks are parts of semaphores and code that semaphores are compared
// with. They take two nanoseconds to ten microseconds, alone and contended, with
// allocations and without.
package anchor
