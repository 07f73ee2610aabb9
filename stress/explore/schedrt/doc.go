// Package schedrt runs the goroutines of a program one at a time and asks a strategy, before each
// operation on something that they share, which of them is next.
//
// It is what an instrumented program calls, and is of no use to others: see package explore. It may
// not be internal, because instrumented copies of other modules import it.
//
// A goroutine is at rest before its next operation, or in a queue where only another one takes it
// out, or dead. What it does between two operations nobody can tell apart from doing it at once, so
// a goroutine that was started or woken runs to its next operation before a step is chosen:
// a step is one operation, and hand-counted interleavings come out exactly.
//
// Memory is sequentially consistent here. Programs with data races are covered by the race detector
// instead, on every schedule that is played under it: see hand.go.
package schedrt
