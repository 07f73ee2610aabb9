package mutant

import (
	"container/list"
	"context"
	"math"
	"runtime"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// unlockedRead is M2: TryAcquire reads the count without the lock.
type unlockedRead struct{ *queue }

func newUnlockedRead(size int64) impls.Semaphore { return unlockedRead{newQueue(size)} }

func (s unlockedRead) TryAcquire(n int64) bool {
	if n > s.size-s.held { // the defect: no lock
		mustNotBeNegative(n)
		return false
	}
	return s.queue.TryAcquire(n)
}

// plainStore is M36: a spin lock that is taken by compare-and-swap and released by a plain store.
// The store orders nothing, so the next holder may not see what was written before.
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

// leased is M37: permits come back when the ctx of their Acquire is done, though the holder still
// works. Release then has to subtract fewer permits, because these are back already.
type leased struct {
	*queue
	leases  list.List // of *lease, the oldest first; guarded by mu, like expired
	expired int64     // permits that came back with their ctx and were not released yet
}

type lease struct{ n int64 }

func newLeased(size int64) impls.Semaphore { return &leased{queue: newQueue(size)} }

func (s *leased) Acquire(ctx context.Context, n int64) error {
	err := s.queue.Acquire(ctx, n)
	if err == nil {
		s.mu.Lock()
		place := s.leases.PushBack(&lease{n})
		s.mu.Unlock()
		context.AfterFunc(ctx, func() { s.expire(place) })
	}
	return err
}

func (s *leased) expire(place *list.Element) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.leases.Remove(place).(*lease)
	s.held -= l.n
	s.expired += l.n
	l.n = 0
	s.serve(math.MaxInt)
}

func (s *leased) Release(n int64) {
	mustNotBeNegative(n)
	s.queue.Release(n - s.end(n))
}

// end ends leases of n permits, and returns how many of the n permits are back already.
func (s *leased) end(n int64) (back int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	back = min(n, s.expired)
	s.expired -= back
	for n -= back; n > 0 && s.leases.Len() > 0; {
		l := s.leases.Front().Value.(*lease)
		ended := min(n, l.n)
		n -= ended
		if l.n -= ended; l.n == 0 {
			s.leases.Remove(s.leases.Front())
		}
	}
	return back
}
