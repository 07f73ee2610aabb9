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
// waits must have a reason to.
func noLostWakeup(t *trial) {
	const size = 3
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
