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

// alone keeps C31 from being played by two tests at once, as it sets the rate of the heap profile
// of the process and reads what it has allocated itself. It waits outside of the stage: a
// mutex in a bubble would look like a goroutine that can still move.
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
	before := inUseFromLeavers() // of those that were judged before in this process
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
	if n := inUseFromLeavers() - before; n >= leavers {
		t.failf("%d objects that Acquire allocated are in use after %d cancelled waits", n, leavers)
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

// inUseFromLeavers counts the objects that were allocated below acquireAsLeaver and not freed.
func inUseFromLeavers() (n int64) {
	for range 3 { // the profile is of the last cycle but one, and pools empty in two
		runtime.GC()
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
		if allocatedByLeaver(r.Stack()) {
			n += r.InUseObjects()
		}
	}
	return n
}

func allocatedByLeaver(stack []uintptr) bool {
	for frames := runtime.CallersFrames(stack); ; {
		f, more := frames.Next()
		if strings.HasSuffix(f.Function, "stress.labelled.acquireAsLeaver") {
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
