package stress

import (
	"context"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
)

// alone keeps C31 and C33 from being played by two tests at once, as they set the rate of the heap
// profile of the process and read what they have allocated themselves. It waits outside of the
// stage: a mutex in a bubble would look like a goroutine that can still move.
func alone(run func(impls.Impl, time.Duration) error) func(impls.Impl, time.Duration) error {
	return func(impl impls.Impl, patience time.Duration) error {
		profiling.Lock()
		defer profiling.Unlock()
		defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
		runtime.MemProfileRate = 1 // every allocation
		return run(impl, patience)
	}
}

var profiling sync.Mutex

// C31: callbacks are counted by the ctx they are registered with, goroutines by a label that they
// inherit from the call that started them, queue entries by the heap profile: what was allocated
// inside Acquire and is still in use. None of them counts what other tests do meanwhile.
func nothingLeftBehind(t *trial) {
	sem := t.make(1)
	t.take(sem, 1)
	ctx := &countingContext{}
	ctx.Context, ctx.cancel = context.WithCancel(context.Background())
	granted := t.startWith(ctx, ctx.cancel, sem, 1)
	t.blocked(granted)
	sem.Release(1)
	t.granted(granted)
	if n := ctx.registered.Load(); n != 0 {
		t.failf("%d callback(s) still registered with the ctx after Acquire returned nil", n)
	}
	refused := t.startWith(ctx, ctx.cancel, sem, 1)
	t.blocked(refused)
	ctx.cancel()
	t.refused(refused, context.Canceled)

	leaversLeave(t, sem)
	sem.Release(1)
	t.free(sem, 1)
}

// leaversLeave lets waiters come and go while the semaphore is held, and looks at what they left.
func leaversLeave(t *trial, sem impls.Semaphore) {
	const leavers = 100 // above what an implementation may keep once, for reuse
	label := fmt.Sprintf("leaver %d", leaverIDs.Add(1))
	before, _ := t.inUseFromLeavers() // of those that were judged before in this process
	for range leavers {
		ctx, cancel := context.WithCancel(context.Background())
		c := t.startWith(ctx, cancel, labelled{sem, label}, 1)
		t.blocked(c)
		cancel()
		t.refused(c, context.Canceled)
	}
	t.settle()
	if n := goroutinesLabelled(label); n >= leavers {
		t.failf("%d goroutines are left after %d cancelled waits", n, leavers)
	}
	if after, _ := t.inUseFromLeavers(); after-before >= leavers {
		t.failf("%d objects that Acquire allocated are in use after %d cancelled waits",
			after-before, leavers)
	}
}

var leaverIDs atomic.Int64

// labelled calls Acquire under a label, and through a function by which the heap profile knows
// what was allocated in it.
type labelled struct {
	impls.Semaphore
	label string
}

func (l labelled) Acquire(ctx context.Context, n int64) (err error) {
	pprof.Do(context.Background(), pprof.Labels("stress", l.label), func(context.Context) {
		err = l.acquireAsLeaver(ctx, n)
	})
	return err
}

//go:noinline
func (l labelled) acquireAsLeaver(ctx context.Context, n int64) error {
	return l.Semaphore.Acquire(ctx, n)
}

//go:noinline
func (l labelled) releaseAsLeaver(n int64) { l.Semaphore.Release(n) }

// C33: what is in use may be any constant, such as what is kept for reuse; so it is compared after
// many waits and after twice as many, and refuted only if it grew each time. Less than half a
// pointer for each wait is not one more of anything.
func boundedStorage(t *trial) {
	const first, last = 1_000, 8_000
	sem := t.make(2)
	comeAndGo(t, sem, first)
	_, before := t.inUseFromLeavers()
	for waits := 2 * first; waits <= last; waits *= 2 {
		comeAndGo(t, sem, waits)
		_, after := t.inUseFromLeavers()
		grown := after - before
		if grown < 4*int64(waits) {
			t.free(sem, 2)
			return
		}
		if waits == last {
			t.failf("%d bytes more that Acquire and Release allocated are in use after %d more waits", grown, waits)
		}
		before = after
	}
}

// comeAndGo lets so many waiters line up, ten at a time: every other one is cancelled, and the rest
// are granted one after the other.
func comeAndGo(t *trial, sem impls.Semaphore, waits int) {
	const abreast = 10
	for range waits / abreast {
		t.take(sem, 2)
		var line []*call
		for range abreast {
			line = append(line, t.start(passing{labelled{sem, ""}}, 1))
		}
		t.lineUp()
		for i := 0; i < abreast; i += 2 {
			line[i].cancel()
			t.refused(line[i], context.Canceled)
		}
		sem.Release(2)
		for i := 1; i < abreast; i += 2 {
			t.granted(line[i])
			line[i].cancel()
		}
	}
}

// lineUp lets those who have just been started begin to wait. If they are not seen to, some may
// not have to: there are thousands more.
func (t *trial) lineUp() {
	if t.impl.Waits == impls.Parked {
		t.settle()
		return
	}
	stepAside(2)
}

// passing gives back at once what it acquires.
type passing struct{ labelled }

func (p passing) Acquire(ctx context.Context, n int64) error {
	err := p.acquireAsLeaver(ctx, n)
	if err == nil {
		p.releaseAsLeaver(n)
	}
	return err
}

func goroutinesLabelled(label string) (n int64) {
	var profile strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		panic(err) // a Builder does not fail
	}
	// Goroutines of equal stacks and labels are one record: “7 @ 0x…”, then its labels.
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

// inUseFromLeavers counts what was allocated below a leaver's calls and not freed.
func (t *trial) inUseFromLeavers() (objects, bytes int64) {
	for range 3 { // the profile is of the last cycle but one, and pools empty in two
		runtime.GC()
		t.progress.Add(1) // of a large heap each may take its time
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

// ofTheRuntime are functions of the runtime that allocate what it keeps for reuse by everybody, a
// hundred of them and more on each processor.
var ofTheRuntime = map[string]bool{
	"runtime.acquireSudog":         true, // for a goroutine that waits on a channel or a lock
	"runtime.newdefer":             true,
	"runtime.buildTypeAssertCache": true,
}

func allocatedByLeaver(stack []uintptr) bool {
	for frames := runtime.CallersFrames(stack); ; {
		f, more := frames.Next()
		if ofTheRuntime[f.Function] {
			return false
		}
		if strings.HasSuffix(f.Function, "AsLeaver") && strings.Contains(f.Function, "stress.labelled.") {
			return true
		}
		if !more {
			return false
		}
	}
}

// A countingContext counts the callbacks registered with it and not yet stopped or run. Derived
// contexts register one as well. It hides its values, since package context would
// otherwise look through it and register with the parent.
type countingContext struct {
	context.Context
	cancel     context.CancelFunc
	registered atomic.Int64
}

func (c *countingContext) Value(any) any { return nil }

// AfterFunc is what package context calls on contexts that have it.
func (c *countingContext) AfterFunc(f func()) (stop func() bool) {
	c.registered.Add(1)
	gone := sync.OnceFunc(func() { c.registered.Add(-1) })
	inner := context.AfterFunc(c.Context, func() { gone(); f() })
	return func() bool { gone(); return inner() }
}
