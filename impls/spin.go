package impls

import (
	"context"
	"runtime"
	"sync/atomic"
)

// spin is a compare-and-swap loop on the count of taken permits. A waiter never sleeps: it
// polls the count some times, then yields its processor, and repeats.
//
// This burns CPU by design: every waiter keeps a core busy that a holder, or the network poller,
// may need. It pays if there are spare cores, and if a permit is held for less time than a sleep
// and a wake-up take. Newcomers barge, and a large request can starve.
//
// Memory order: operations of sync/atomic are sequentially consistent, and an operation that
// observes the effect of another one synchronizes after it. All changes of taken are
// compare-and-swaps, and each observes the one before it. So the swap that takes a permit
// synchronizes after every Release before it, also if other swaps came in between.
//
// The count is the whole state. So the ABA problem does not arise: if a swap finds the count
// that was loaded, the state is the same, whatever happened in between.
type spin struct {
	size  int64
	taken atomic.Int64 // invariant: 0 <= taken <= size
}

func newSpin(size int64) Semaphore {
	mustNotBeNegative("size", size)
	return &spin{size: size}
}

// Acquire looks at ctx before each try, so a done ctx loses even if permits are free. No lock is
// held, so the methods of ctx may call this semaphore.
func (s *spin) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative("weight", n)
	if n > s.size {
		<-ctx.Done() // spinning would only burn CPU: more permits than the size are never free
		return ctx.Err()
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.TryAcquire(n) {
			return nil
		}
		s.backOff(n)
	}
}

// TryAcquire loads the count again in each round: after a failed swap the old value is stale,
// and a swap that expects it fails for good. A failed swap means that another call
// succeeded, so the loop is lock-free. If it returns false, the load was the instant at which
// too few permits were free.
func (s *spin) TryAcquire(n int64) bool {
	mustNotBeNegative("weight", n)
	for {
		taken := s.taken.Load()
		if n > s.size-taken { // taken+n could overflow
			return false
		}
		if s.taken.CompareAndSwap(taken, taken+n) {
			return true
		}
	}
}

// Release compares and swaps too. A plain Add(-n) would change the count before Release could see
// that fewer than n permits are held. Before the panic a concurrent TryAcquire could then take
// permits that do not exist.
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

// backOff returns when n permits seem free, and at the latest after one yield. It only loads: a
// swap would take the cache line from the holder that is about to release.
func (s *spin) backOff(n int64) {
	const polls = 64 // cheaper than a yield: they bridge only a very short hold
	for range polls {
		if n <= s.size-s.taken.Load() {
			return
		}
	}
	runtime.Gosched()
}
