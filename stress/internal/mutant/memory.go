package mutant

import (
	"context"
	"runtime"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// M2
type unlockedRead struct{ *queue }

func newUnlockedRead(size int64) impls.Semaphore { return unlockedRead{newQueue(size)} }

func (s unlockedRead) TryAcquire(n int64) bool {
	if n > s.size-s.held { // without the lock
		mustNotBeNegative(n)
		return false
	}
	return s.queue.TryAcquire(n)
}

// M36: the count is guarded by a flag that is set by compare-and-swap and cleared by plain store.
type plainStore struct {
	busy uint32
	size int64
	held int64
}

func newPlainStore(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &plainStore{size: size}
}

func (s *plainStore) lock() {
	for !atomic.CompareAndSwapUint32(&s.busy, 0, 1) {
		runtime.Gosched()
	}
}

func (s *plainStore) unlock() { s.busy = 0 }

func (s *plainStore) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	if n > s.size {
		<-ctx.Done()
	}
	for ctx.Err() == nil {
		if s.TryAcquire(n) {
			return nil
		}
		runtime.Gosched()
	}
	return ctx.Err()
}

func (s *plainStore) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.lock()
	defer s.unlock()
	if n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *plainStore) Release(n int64) {
	mustNotBeNegative(n)
	s.lock()
	defer s.unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
}
