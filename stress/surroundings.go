package stress

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/race"
)

// Surroundings: C38. What happens around a semaphore and is no call of it.

// C38: other semaphores of the same constructor, a garbage collection and another GOMAXPROCS change nothing.
//
// The lock keeps two tests from running C38 at once: each would set back the number of processors that the
// other has set. As in alone, it locks outside of the bubble.
func independent(impl impls.Impl, patience time.Duration) error {
	changingProcessors.Lock()
	defer changingProcessors.Unlock()
	p := &processors{was: runtime.GOMAXPROCS(0)}
	defer p.setBack()
	return play(impl, patience, func(t *trial) {
		manySemaphores(t)
		collections(t)
		otherProcessors(t, p)
	})
}

var changingProcessors sync.Mutex

// processors changes GOMAXPROCS, which belongs to the process, and sets it back. A trial that was given up may
// still run, so it changes nothing any more once the number was set back.
type processors struct {
	was  int
	mu   sync.Mutex
	over bool // the number was set back
}

func (p *processors) set(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		runtime.GOMAXPROCS(n)
	}
}

func (p *processors) setBack() {
	p.mu.Lock()
	defer p.mu.Unlock()
	runtime.GOMAXPROCS(p.was)
	p.over = true
}

// manySemaphores lets a request wait on each of many semaphores, and serves the last one first. In the runtime
// of Go and in parking lots, all waiters are in one table, whose buckets have waiters of several semaphores. A
// constructor may also hand out one semaphore twice, if it looks unused. Of 300 semaphores, two are in one
// of 4096 buckets almost surely, and of 100 in 7 of 10 cases.
func manySemaphores(t *trial) {
	count := 300
	switch {
	case t.impl.Waits != impls.Parked:
		count = 3 // a semaphore may be a file or a process there
	case race.Enabled:
		count = 100
	}
	type one struct {
		sem    impls.Semaphore
		waiter *call
	}
	all := make([]one, count)
	for i := range all {
		all[i].sem = t.make(1) // all are unused for some time
	}
	for i := range all {
		t.take(all[i].sem, 1)
		all[i].waiter = t.start(all[i].sem, 1)
	}
	t.settle()
	for _, s := range all {
		t.mustStillWait(s.waiter)
	}
	for i, s := range slices.Backward(all) {
		if i%3 == 0 {
			s.waiter.cancel()
			t.mustBeRefused(s.waiter, context.Canceled)
		} else {
			s.sem.Release(1)
			t.mustBeGranted(s.waiter)
		}
		if i > 0 {
			t.mustStillWait(all[i-1].waiter)
		}
	}
	for _, s := range all {
		s.sem.Release(1)
		t.mustHaveFree(s.sem, 1)
	}
}

// mustStillWait is mustWait without a look whether anything can move.
func (t *trial) mustStillWait(c *call) {
	if c.hasReturned() {
		t.failf("Acquire(%d) returned %v, want it to wait%s", c.n, c.err, because(c.panicked))
	}
}

// collections collects garbage while requests wait, and while permits are free. Two collections empty a
// sync.Pool, and one clears a weak pointer: what a semaphore keeps there is not kept. A waiter leaves
// after a collection, because it has to be found then. Cleanups and finalizers run after a collection, in a
// goroutine of the runtime; one of this check is waited for, and others mostly run with it.
func collections(t *trial) {
	collect := func() {
		var ran atomic.Bool
		runtime.AddCleanup(new([64]byte), func(ran *atomic.Bool) { ran.Store(true) }, &ran)
		runtime.GC()
		runtime.GC()
		for looks := 0; !ran.Load() && looks < 1000; looks++ {
			runtime.Gosched()
		}
	}
	sem := t.make(2)
	t.take(sem, 1)
	t.take(sem, 1)
	leaver, stays := t.startBlocked(sem, 1), t.startForever(sem, 1)
	t.settle()
	collect()
	t.mustWait(stays)
	leaver.cancel()
	t.mustBeRefused(leaver, context.Canceled)
	sem.Release(1)
	t.mustBeGranted(stays)
	sem.Release(1)
	collect()
	t.mustHaveFree(sem, 1)
	sem.Release(1)
	collect()
	t.mustHaveFree(sem, 2)
}

// otherProcessors changes GOMAXPROCS while requests wait. The runtime of Go does so by itself when the limit of a
// container changes. An array with an entry for each processor is too short or too long then.
func otherProcessors(t *trial, p *processors) {
	for _, procs := range [][2]int{{p.was, 1}, {1, p.was + 3}, {p.was + 3, 2}} {
		p.set(procs[0])
		const size = 8
		l := t.fullLine(size, t.weights(1, 3, 1, size)...)
		p.set(procs[1])
		l.join(1)
		l.check()
		l.drain()
		for n := int64(1); n <= size; n++ {
			t.take(l.sem, 1)
			t.mustHaveFree(l.sem, size-n)
		}
		for n := int64(1); n <= size; n++ {
			l.sem.Release(1)
			t.mustHaveFree(l.sem, n)
		}
	}
}
