//go:build race

package process

import (
	"runtime"
	"unsafe"
)

// raceEdges tells the race detector about the synchronization of slots. The detector ignores atomic
// operations on memory that Go has not allocated, such as mapped files. So each permit has one
// byte in Go memory, and its address carries the edges that the atomic operations create.
//
// The edges are no stronger than the atomic operations: one for each permit, not one for all.
// Otherwise the detector would accept programs that have a race.
type raceEdges []byte

func newRaceEdges(size int64) raceEdges { return make(raceEdges, size) }

// acquired is called after the operation that takes permit i.
func (e raceEdges) acquired(i int) { runtime.RaceAcquire(unsafe.Pointer(&e[i])) }

// releasing is called before the operation that frees permit i. Afterwards would be too late:
// another goroutine may have taken the permit by then.
func (e raceEdges) releasing(i int) { runtime.RaceReleaseMerge(unsafe.Pointer(&e[i])) }
