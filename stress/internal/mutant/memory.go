package mutant

import (
	"container/list"
	"context"
	"math"
	"runtime"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// unlockedRead is M2: TryAcquire reads held without the lock, while other calls write it under the
// lock. The value only decides a quick "no"; a "yes" is checked again under the lock. So on common
// hardware each result is right, and only the race detector reports the defect, in C29 or C30.
//
// It is a defect all the same: the Go memory model promises nothing for a racy read, and a
// compiler may read the word twice or early. Seen in golang/go#46231.
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
//
//  1. A writes a variable that the semaphore guards, and releases: unlock stores 0 plainly.
//  2. B swaps busy from 0 to 1, and acquires.
//  3. No "synchronizes before" edge leads from the store to the swap, so B may read the old
//     variable.
//
// It breaks C29, and C30 by the store to busy itself. On amd64 stores become visible in order, so
// results are right there and only the race detector sees the missing edge; arm64 may reorder. The
// references are jcstress AdvancedJMM_09 and HotSpot CR 6822370.
type plainStore struct {
	busy uint32
	size int64
	held int64
}

func newPlainStore(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &plainStore{size: size}
}

// lock spins, and yields between two tries so that the holder can run on a single processor.
func (s *plainStore) lock() {
	for !atomic.CompareAndSwapUint32(&s.busy, 0, 1) {
		runtime.Gosched()
	}
}

// unlock has the defect: atomic.StoreUint32 would publish what was written under the lock.
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
// works. The author took the ctx for the lifetime of the permits; it limits the wait alone. On a
// semaphore of size 1:
//
//  1. A acquires with a ctx and works.
//  2. The ctx of A is cancelled. expire frees the permit.
//  3. B acquires, and works at the same time as A.
//  4. A calls Release(1). The permit is back already, so Release subtracts nothing.
//
// It breaks C6 and C17, and C31 by the callback that stays registered with ctx after Acquire
// returned. Step 4 hides the defect from accounts that only compare sums.
type leased struct {
	*queue
	leases  list.List // of *lease, the oldest first; guarded by mu, like expired
	expired int64     // permits that came back with their ctx and were not released yet
}

// A lease is the rest of the permits of one Acquire, which neither Release nor expire gave
// back yet.
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

// expire gives back what is left of a lease. A lease that end has removed has n = 0, so a ctx that
// is done after Release changes nothing: removing an element twice from a list has no effect.
func (s *leased) expire(place *list.Element) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.leases.Remove(place).(*lease)
	// The defect: the holder still works, and will release these permits itself.
	s.held -= l.n
	s.expired += l.n
	l.n = 0
	s.serve(math.MaxInt)
}

func (s *leased) Release(n int64) {
	mustNotBeNegative(n)
	s.queue.Release(n - s.end(n))
}

// end ends leases of n permits, and returns how many of the n permits are back already. Permits
// have no owner, so it takes expired permits first and then the oldest leases. Permits from
// TryAcquire have no lease; the loop ends when the list is empty.
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
