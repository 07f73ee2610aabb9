//go:build race

package process

import (
	"runtime"
	"unsafe"
)

// The race detector ignores synchronization on memory that Go has not allocated, as mapped files
// are. These tell it what the hardware does: each permit has an edge beside it, in Go's memory.

type edges []byte

func newEdges(size int64) edges { return make(edges, size) }

// taken is called after the operation that takes permit i.
func (e edges) taken(i int) { runtime.RaceAcquire(unsafe.Pointer(&e[i])) }

// leaves is called before the operation that gives permit i back.
func (e edges) leaves(i int) { runtime.RaceReleaseMerge(unsafe.Pointer(&e[i])) }
