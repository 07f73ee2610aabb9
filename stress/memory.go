package stress

import (
	"context"
	"runtime"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/race"
)

// Memory order: C29 and C30. Happens-before edges, and accesses that overlap.

// C29: a plain variable is guarded by the semaphore alone. The holder of all permits may write it,
// and the holder of one permit may read it. The race detector reports a missing happens-before
// edge; even without it, a lost update is a failure. The loop does no atomic operation of its own
// but one in 50 rounds: every atomic operation of the check is an edge that could hide a missing
// edge of the semaphore. The readers use TryAcquire, since the contract gives an edge to a
// successful try too. Without -race only a lost update can show, so the clause then ends as
// unknown.
func happensBefore(t *trial) {
	const workers, rounds = 6, 500
	size := t.weight(3) // all permits, so that a writer is alone
	sem := t.make(size)
	guarded := 0
	t.together(copies(workers, func(worker int) {
		for round := range rounds {
			t.countProgress(round)
			if (round+worker)%3 == 0 {
				if err := sem.Acquire(context.Background(), size); err != nil {
					t.failf("Acquire with a background ctx = %v, want nil", err)
				}
				guarded++
				sem.Release(size)
			} else if t.takesOne(sem) {
				// A read that the compiler may not remove, without a write that would race by
				// itself.
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

// takesOne tries for a permit, or acquires one if there is no TryAcquire.
func (t *trial) takesOne(sem impls.Semaphore) bool {
	if t.impl.NoTry {
		return sem.Acquire(context.Background(), 1) == nil
	}
	return sem.TryAcquire(1)
}

// C30: all methods run at once, with cancellations and without. The check keeps no account of the
// calls: that would add happens-before edges and hide missing ones. The second semaphore exists for
// its panics only. A Release that panics may touch state on a path that no legal call takes, and
// its state afterwards is not specified.
//
// Its strength is the variety of overlapping calls. C29 asks for edges that must be there; this
// asks for accesses that must not overlap.
func noDataRace(t *trial) {
	const workers, rounds = 6, 300
	sem, overReleased := t.make(2), t.make(2)
	var made [workers]impls.Semaphore // New may be called by several goroutines at once
	defer func() { t.made = append(t.made, made[:]...) }()
	t.together(copies(workers, func(worker int) {
		made[worker], _ = t.impl.Make(1) // an error is a failure in every other clause
		for round := range rounds {
			t.countProgress(round)
			ctx, cancel := context.WithCancel(context.Background())
			n := t.weight(int64(1 + (worker+round)%3))
			if round%2 == 0 || n == 3 {
				go cancel()
			}
			if sem.Acquire(ctx, n) == nil {
				runtime.Gosched() // otherwise hardly any call would have to wait
				sem.Release(n)
			}
			cancel()
			if !t.impl.NoTry && sem.TryAcquire(n) {
				sem.Release(n)
			}
			if zeros := t.impl.ZeroWeight == impls.ZeroGranted && !t.impl.UnitWeights; zeros && round%8 == 0 {
				if sem.Acquire(context.Background(), 0) == nil {
					sem.Release(0)
				}
				_ = sem.Acquire(ctx, 0) // ctx is done
			}
			if t.impl.Defects["C10"] == "" { // otherwise the call may never return
				recovering(func() { overReleased.Release(1) })
			}
		}
	})...)
	t.mustHaveFree(sem, 2)
	t.needsRaceDetector()
}

// needsRaceDetector ends the clause as unknown in a build without -race.
func (t *trial) needsRaceDetector() {
	if !race.Enabled {
		panic(unknown{missing: "built without the race detector: use go test -race", race: true})
	}
}
