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
		sharedAcross(t)
		madeAtOnce(t)
		madeAfterMany(t)
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

// madeAtOnce makes semaphores in several goroutines at once, which [impls.Impl.New] allows, and takes the only permit of
// each. A constructor that counts its semaphores, or notes them in a table, may give two callers one entry. A
// second permit is then missing, or a Release of it panics.
func madeAtOnce(t *trial) {
	const makers = 4
	count := 200
	if t.impl.Waits != impls.Parked {
		count = 2
	}
	var made [makers][]impls.Semaphore
	t.together(copies(makers, func(maker int) {
		for range count {
			sem, err := t.impl.Make(1)
			if err != nil {
				t.failf("%v", err)
			}
			made[maker] = append(made[maker], sem)
		}
	})...)
	all := slices.Concat(made[:]...)
	t.made = append(t.made, all...)
	for i, sem := range all {
		if !t.takesAtOnce(sem) {
			t.failf("the permit of a semaphore is not free, which was made at the same time as %d others", i)
		}
	}
	for _, sem := range all {
		sem.Release(1)
	}
	for _, sem := range all {
		if !t.takesAtOnce(sem) {
			t.failf("the permit of a semaphore is not free after its Release")
		}
	}
}

// madeAfterMany lets a request wait on a semaphore while 2^16 others are made, used and forgotten. An implementation
// may number its semaphores in 16 bits, or keep their waiters in a table by such a number. The first semaphore
// must be as it was, and the last one must be new. The number is reached as long as semaphores are cheap, see
// extension.
func madeAfterMany(t *trial) {
	const most = 1<<16 + 2
	more := t.newExtension()
	if more.none {
		return
	}
	first := t.fullLine(1, 1, 1)
	for made := 0; made < most && more.allows(made); made++ {
		t.countProgress(made)
		sem, err := t.impl.Make(1)
		if err != nil {
			t.failf("%v", err)
		}
		if !t.takesAtOnce(sem) {
			t.failf("the permit of a semaphore is not free, which was made after %d others", made)
		}
		sem.Release(1)
		if err := impls.Close(sem); err != nil {
			t.failf("Close: %v", err)
		}
	}
	for _, c := range first.waiting {
		t.mustWait(c)
	}
	first.drain()
}

// takesAtOnce takes a permit that must be free.
func (t *trial) takesAtOnce(sem impls.Semaphore) bool {
	if t.impl.NoTry { // if the permit is not free the call never returns, which ends the clause as well
		return sem.Acquire(context.Background(), 1) == nil
	}
	return sem.TryAcquire(1)
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
		t.progress.Add(1) // on a busy machine with a large heap each takes long
		runtime.GC()
		t.progress.Add(1)
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
		t.progress.Add(1)
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
