package impls

import (
	"context"
	"runtime"
	"sync/atomic"
)

// spin is a compare-and-swap loop on the count of taken permits. A waiter never sleeps: it
// watches the count for a moment and then yields its processor, over and over.
//
// This burns CPU by design: every waiter keeps a core busy that a holder, or the network
// poller, may need. It pays where permits are held for less time than it takes to put a
// goroutine to sleep and wake it, and where there are cores to spare. Newcomers barge, and a
// large request can starve.
//
// Memory order: sync/atomic operations are sequentially consistent. The swap in TryAcquire that
// takes a permit observes the swap in Release that gave it back, and so synchronizes after it.
type spin struct {
	size  int64
	taken atomic.Int64
}

func newSpin(size int64) Semaphore {
	mustNotBeNegative("size", size)
	return &spin{size: size}
}

func (s *spin) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative("weight", n)
	if n > s.size {
		<-ctx.Done() // no use in spinning for what cannot come
		return ctx.Err()
	}
	for {
		// First in the loop: a done ctx loses even if permits are free.
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.TryAcquire(n) {
			return nil
		}
		s.backOff(n)
	}
}

func (s *spin) TryAcquire(n int64) bool {
	mustNotBeNegative("weight", n)
	for {
		taken := s.taken.Load() // again in every round: a stale count would never swap
		if n > s.size-taken {
			return false
		}
		if s.taken.CompareAndSwap(taken, taken+n) {
			return true
		}
	}
}

// Release swaps too. A plain Add(-n) would have changed the count before it could be
// seen that nobody held so much.
func (s *spin) Release(n int64) {
	mustNotBeNegative("weight", n)
	for {
		taken := s.taken.Load()
		if n > taken {
			panic(overRelease)
		}
		if s.taken.CompareAndSwap(taken, taken-n) {
			return
		}
	}
}

// backOff returns when n permits seem free, and at the latest after a yield. It only reads, so
// waiters share the cache line instead of taking it from the holder that wants to release.
func (s *spin) backOff(n int64) {
	const looks = 64 // so few that a yield costs more: only a very short hold is waited out
	for range looks {
		if n <= s.size-s.taken.Load() {
			return
		}
	}
	runtime.Gosched()
}
