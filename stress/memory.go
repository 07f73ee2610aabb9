package stress

import (
	"context"
	"runtime"
)

// C29: a plain variable that nothing but the semaphore guards. Who holds all permits may write,
// who holds one may read. The race detector is the judge; a lost update is one without it.
func happensBefore(t *trial) {
	const size, workers, rounds = 3, 6, 500
	sem := t.make(size)
	guarded := 0
	t.together(times(workers, func(worker int) {
		for round := range rounds {
			t.moved(round)
			if (round+worker)%3 == 0 {
				if err := sem.Acquire(context.Background(), size); err != nil {
					t.failf("Acquire with a background ctx = %v, want nil", err)
				}
				guarded++
				sem.Release(size)
			} else if sem.TryAcquire(1) {
				runtime.KeepAlive(guarded)
				sem.Release(1)
			}
		}
	})...)
	if want := workers * rounds / 3; guarded != want {
		t.failf("%d of %d updates made under all permits survived", guarded, want)
	}
	t.needsRaceDetector()
}

// C30: all methods at once, with cancellations and without, and no bookkeeping, as that would order
// what must be ordered by the implementation itself.
func noDataRace(t *trial) {
	const workers, rounds = 6, 300
	sem, spoilt := t.make(2), t.make(2)
	t.together(times(workers, func(worker int) {
		for round := range rounds {
			t.moved(round)
			ctx, cancel := context.WithCancel(context.Background())
			n := int64(1 + (worker+round)%3)
			if round%2 == 0 || n == 3 {
				go cancel()
			}
			if sem.Acquire(ctx, n) == nil {
				runtime.Gosched() // or hardly anybody would have to wait
				sem.Release(n)
			}
			cancel()
			if sem.TryAcquire(n) {
				sem.Release(n)
			}
			recovering(func() { spoilt.Release(1) })
		}
	})...)
	t.free(sem, 2)
	t.needsRaceDetector()
}

// moved tells, now and then, that a loop goes on. Each time would order what is to be seen unordered.
func (t *trial) moved(round int) {
	if round%50 == 0 {
		t.progress.Add(1)
	}
}

func (t *trial) needsRaceDetector() {
	if !raceEnabled {
		panic(unknown{missing: "built without the race detector: use go test -race", race: true})
	}
}

func times(n int, f func(i int)) []func() {
	all := make([]func(), n)
	for i := range all {
		all[i] = func() { f(i) }
	}
	return all
}
