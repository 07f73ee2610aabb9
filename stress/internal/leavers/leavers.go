// Package leavers marks calls of a semaphore, and counts the goroutines and the memory that the calls
// left behind. A label marks the goroutines, and a function on the stack of each allocation marks the
// memory; so other work of the process does not count.
//
// # What this does not show
//
// A goroutine that clears its labels, and memory that a background goroutine of the implementation
// allocates for a call, have no mark. They are counted nowhere.
package leavers

import (
	"context"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"

	"github.com/semabench/semabench/impls"
)

// A Semaphore calls Acquire under a label of package pprof, and through a function whose
// name marks the allocations in the heap profile. Two marks are needed. The heap profile has stacks
// and no labels; the profile of goroutines has labels, which goroutines inherit, and its stacks do
// not name the goroutine that started another.
type Semaphore struct {
	impls.Semaphore
	label string // may be "" where only memory is counted
}

// New returns sem with marked calls. The label is for [Goroutines].
func New(sem impls.Semaphore, label string) Semaphore { return Semaphore{sem, label} }

// Acquire acquires n permits of the semaphore under both marks.
func (l Semaphore) Acquire(ctx context.Context, n int64) (err error) {
	pprof.Do(context.Background(), pprof.Labels("stress", l.label), func(context.Context) {
		err = l.acquireAsLeaver(ctx, n)
	})
	return err
}

//go:noinline
func (l Semaphore) acquireAsLeaver(ctx context.Context, n int64) error {
	return l.Semaphore.Acquire(ctx, n)
}

// TryAsLeaver calls TryAcquire with the mark for memory. TryAcquire itself has none: a clause that
// takes permits for its own use must not count as a leaver.
//
//go:noinline
func (l Semaphore) TryAsLeaver(n int64) bool { return l.Semaphore.TryAcquire(n) }

// ReleaseAsLeaver calls Release with the mark for memory.
//
//go:noinline
func (l Semaphore) ReleaseAsLeaver(n int64) { l.Semaphore.Release(n) }

// A Passing semaphore releases at once what it acquires.
type Passing struct{ Semaphore }

// NewPassing returns sem with marked calls that release at once.
func NewPassing(sem impls.Semaphore) Passing { return Passing{New(sem, "")} }

// Acquire acquires n permits and releases them, with the mark for memory only.
func (p Passing) Acquire(ctx context.Context, n int64) error {
	err := p.acquireAsLeaver(ctx, n)
	if err == nil {
		p.ReleaseAsLeaver(n)
	}
	return err
}

// Goroutines returns how many goroutines carry a label of package pprof. Only debug=1 of
// the profile has counts together with labels, in text. The format is stable in practice but not
// promised; a test of package stress fails if it changes.
func Goroutines(label string) (n int64) {
	var profile strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		panic(err) // a strings.Builder does not fail
	}
	// Goroutines with equal stacks and labels are one record: “7 @ 0x…”, then the labels.
	var count int64
	for line := range strings.Lines(profile.String()) {
		if digits, _, ok := strings.Cut(line, " @ "); ok {
			count, _ = strconv.ParseInt(digits, 10, 64)
		} else if strings.HasPrefix(line, "# labels:") && strings.Contains(line, strconv.Quote(label)) {
			n += count
		}
	}
	return n
}

// InUse counts what was allocated below the calls of a Semaphore and is not
// freed. It reads the profile of the whole process and picks the records by their stacks, so
// allocations of parallel tests do not count.
//
// It costs three collections of garbage. The clauses that call it are few, and hold a lock
// against each other.
func InUse(collected func()) (objects, bytes int64) {
	for range 3 { // the profile shows the last cycle but one, and a sync.Pool empties in two
		runtime.GC()
		collected() // a collection of a large heap may take long
	}
	records := make([]runtime.MemProfileRecord, 1024)
	for {
		found, ok := runtime.MemProfile(records, false)
		if ok {
			records = records[:found]
			break
		}
		records = make([]runtime.MemProfileRecord, 2*found)
	}
	for _, r := range records {
		if r.InUseObjects() > 0 && allocatedByLeaver(r.Stack()) {
			objects += r.InUseObjects()
			bytes += r.InUseBytes()
		}
	}
	return objects, bytes
}

// ofTheRuntime are functions of the runtime that allocate for the caches of its processors, which
// hold a hundred objects and more. They are no property of the implementation.
var ofTheRuntime = map[string]bool{
	"runtime.acquireSudog":         true, // for waits on a channel or a lock
	"runtime.newdefer":             true,
	"runtime.buildTypeAssertCache": true,
}

func allocatedByLeaver(stack []uintptr) bool {
	for frames := runtime.CallersFrames(stack); ; {
		f, more := frames.Next()
		if ofTheRuntime[f.Function] {
			return false
		}
		if strings.HasSuffix(f.Function, "AsLeaver") && strings.Contains(f.Function, "leavers.Semaphore.") {
			return true
		}
		if !more {
			return false
		}
	}
}
