package stress

import (
	"context"
	"slices"

	"github.com/semabench/semabench/impls"
)

// C14
func moreThanSize(t *trial) {
	for _, size := range []int64{0, 1, 3} {
		sem := t.make(size)
		doomed := t.startBlocked(sem, size+1)
		for range size {
			t.take(sem, 1) // they do not queue behind it
		}
		if size > 0 {
			sem.Release(size)
			t.free(sem, size)
		}
		doomed.cancel()
		t.refused(doomed, context.Canceled)
		t.free(sem, size)
	}
}

// C17: all lines of three waiters with weights 1 to 3, with each of them or none cancelled at
// each point, while the permits come back in two portions. After every step, whoever still
// waits must have a reason to. Before that, permits for one that has just begun to wait.
func noLostWakeup(t *trial) {
	const size = 3
	releaseMeetsWait(t)
	for line := range 27 {
		weights := []int64{int64(line%3 + 1), int64(line/3%3 + 1), int64(line/9 + 1)}
		for leaver := -1; leaver < len(weights); leaver++ {
			for when := range 3 {
				for first := int64(1); first < size; first++ {
					threeWaiters(t, size, weights, leaver, when, first)
				}
			}
		}
	}
}

// releaseMeetsWait lets a permit come back while a waiter is on its way to sleep: after it has
// looked for permits, and before it can be told of any.
func releaseMeetsWait(t *trial) {
	const rounds = 400
	for round := range rounds {
		sem := t.make(1)
		t.take(sem, 1)
		waiter := t.startForever(sem, 1)
		stepAside(round % 4)
		sem.Release(1)
		t.granted(waiter)
		t.free(sem, 0)
	}
}

func threeWaiters(t *trial, size int64, weights []int64, leaver, when int, first int64) {
	l := t.fullLine(size, weights...)
	steps := []func(){
		func() { l.release(first) },
		func() { l.release(size - first) },
	}
	if leaver >= 0 {
		leave := func() { l.cancel(l.all[leaver]) }
		steps = append(steps[:when], append([]func(){leave}, steps[when:]...)...)
	}
	for _, step := range steps {
		step()
		l.check()
	}
	l.drain()
}

// C18: one Release admits several, of equal weights and of mixed ones. Then a line that is longer
// than what an implementation may have room for at first: it is let in little by little.
func releaseAdmitsAll(t *trial) {
	for _, weights := range [][]int64{{1, 1, 1, 1}, {2, 2}, {1, 3}, {1, 1, 2}, {3, 1}} {
		sem := t.make(4)
		t.take(sem, 4)
		var waiters []*call
		for _, n := range weights {
			c := t.startForever(sem, n)
			t.blocked(c)
			waiters = append(waiters, c)
		}
		sem.Release(4)
		for _, c := range waiters {
			t.granted(c)
		}
		sem.Release(4)
		t.free(sem, 4)
	}
	long := 100
	if t.impl.Waits != impls.Parked {
		long = 20 // so many that spin, or poll, take their time
	}
	l := t.fullLine(10, slices.Repeat([]int64{1, 2, 3, 1, 1}, long/5)...)
	for _, n := range []int64{1, 2, 7} {
		l.release(n)
		l.check()
	}
	l.drain()
}

// C19: permits come back one by one to several that want all of them or most. Had they taken what
// there was, they would now wait for each other.
func allAtOnce(t *trial) {
	for _, weights := range [][]int64{{3, 3}, {2, 3}, {3, 2, 3}, {2, 2, 2}} {
		t.fullLine(3, weights...).drain()
	}
	nothingInHand(t)
}

// nothingInHand asks for the two permits that are free beside a waiter for three: by taking them
// where that is not forbidden, and then by releasing them though nobody holds them.
func nothingInHand(t *trial) {
	l := t.fullLine(3, 3)
	l.release(2)
	t.blocked(l.all[0])
	switch impl := t.impl; {
	case impl.Order == impls.Barging:
		t.take(l.sem, 2)
		l.sem.Release(2)
	case impl.Order == impls.FIFO && impl.TryBarges && impl.Waits == impls.Parked:
		if !l.sem.TryAcquire(2) {
			t.failf("TryAcquire(2) = false past a waiter for 3, want true with 2 of 3 permits free")
		}
		l.sem.Release(2)
	}
	if t.impl.Waits == impls.Parked { // of others who knows what they try just now
		t.mustPanic("Release of 2 permits, with 1 held and a waiter for 3,", func() { l.sem.Release(2) })
		if t.impl.OverRelease == impls.OverReleaseUnchanged {
			t.blocked(l.all[0])
		}
	}
}

// C24: whoever holds, waits or leaves, nobody else has to move for TryAcquire to return.
func tryNeverWaits(t *trial) {
	sem := t.make(2)
	t.triesReturn(sem)
	t.take(sem, 2)
	t.triesReturn(sem)
	waiter := t.startBlocked(sem, 2)
	t.triesReturn(sem)
	leaver := t.startBlocked(sem, 1)
	leaver.cancel()
	t.triesReturn(sem)
	t.refused(leaver, context.Canceled)
	sem.Release(1)
	t.triesReturn(sem)
	sem.Release(1)
	t.triesReturn(sem)
	t.granted(waiter)
	sem.Release(2)

	const workers, rounds = 4, 200
	t.together(times(workers, func(worker int) {
		for round := range rounds {
			t.moved(round)
			if worker%2 == 0 && sem.Acquire(context.Background(), int64(1+worker/2)) == nil {
				sem.Release(int64(1 + worker/2))
			} else if worker%2 == 1 && sem.TryAcquire(1) {
				sem.Release(1)
			}
		}
	})...)
	t.free(sem, 2)
}

// triesReturn tries for one permit, for all of two and for too many, each in a goroutine of its own.
func (t *trial) triesReturn(sem impls.Semaphore) {
	for n := int64(1); n <= 3; n++ {
		returned := make(chan struct{})
		var failed any
		go func() {
			defer close(returned)
			defer t.progress.Add(1)
			defer func() { failed = recover() }()
			if sem.TryAcquire(n) {
				sem.Release(n)
			}
		}()
		if !t.settledOn(returned) {
			t.failf("TryAcquire(%d) still waits\n%s", n, t.stacks())
		}
		if failed != nil {
			panic(failed)
		}
	}
}
