// Package anchor has benchmarks and nothing else: what semaphores are made of and compared with, from two
// nanoseconds to ten microseconds, alone and contended, with allocations and without. Their code
// does not change with this module, so what a duel of them finds is about the duel.
package anchor
