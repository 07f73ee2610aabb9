package impls

import (
	"context"
	"sync"
)

// cond is the semaphore of the textbooks: a count of taken permits, guarded by a condition
// variable. Acquire waits while the count is full, Release lowers it and notifies.
//
// Two things are carried beyond the textbook. Weights: see notify. Cancellation: sync.Cond
// cannot wait for a context, so a context callback wakes the waiters, and the cancelled one
// finds out by itself. That costs a broadcast per cancellation, but no goroutine per wait: for a
// ctx whose type is not of package context, that package keeps one while it waits.
//
// A woken waiter competes with newcomers for the mutex, so it can be barged, and a large request
// can starve. In return a running goroutine takes a free permit without waiting for a sleeper
// to be scheduled.
//
// Every access to taken is under mu; that is also what orders memory between holders.
type cond struct {
	size int64

	mu      sync.Mutex
	freed   *sync.Cond
	taken   int64
	waiting int64 // goroutines in waitInLine
	heavy   int64 // those of them that ask for more than one permit
}

func newCond(size int64) Semaphore {
	mustNotBeNegative("size", size)
	s := &cond{size: size}
	s.freed = sync.NewCond(&s.mu)
	return s
}

func (s *cond) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative("weight", n)
	done := ctx.Done()
	if n > s.size {
		<-done // not among the waiters: it would have every one of them woken each time
		return ctx.Err()
	}
	s.mu.Lock()
	// Looked at under the lock, so a ctx that is done before this call gets it always loses. No
	// method of ctx is called under the lock: whoever wrote it might use this semaphore there.
	cancelled := isDone(done)
	taken := !cancelled && s.take(n)
	s.mu.Unlock()
	switch {
	case cancelled:
		return ctx.Err()
	case taken:
		return nil
	}
	return s.wait(ctx, n)
}

func (s *cond) TryAcquire(n int64) bool {
	mustNotBeNegative("weight", n)
	s.mu.Lock()
	ok := s.take(n)
	s.mu.Unlock()
	return ok
}

func (s *cond) Release(n int64) {
	mustNotBeNegative("weight", n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.taken {
		panic(overRelease)
	}
	s.taken -= n
	s.notify()
}

// take takes n permits if they are free. The subtraction cannot overflow, taken+n could.
func (s *cond) take(n int64) bool {
	if n > s.size-s.taken {
		return false
	}
	s.taken += n
	return true
}

func (s *cond) wait(ctx context.Context, n int64) error {
	done := ctx.Done()
	if done != nil {
		stop := context.AfterFunc(ctx, s.wakeAll)
		defer stop()
	}
	if !s.waitInLine(done, n) {
		return ctx.Err()
	}
	return nil
}

// waitInLine reports whether it took n permits before done was closed. It looks before it waits,
// as much may have happened since, and after each wake-up: permits may be gone again when
// a woken waiter gets the mutex.
func (s *cond) waitInLine(done <-chan struct{}, n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.join(n, 1)
	defer s.join(n, -1)
	for !isDone(done) {
		if s.take(n) {
			return true
		}
		s.freed.Wait()
	}
	// The signal that woke us may have been about permits; they are for others now.
	s.notify()
	return false
}

// join books a waiter for n permits in, or out if by is -1.
func (s *cond) join(n, by int64) {
	s.waiting += by
	if n > 1 {
		s.heavy += by
	}
}

// notify wakes the waiters that the free permits may admit. Where everybody waits for one
// permit, a signal for each free permit is enough: whoever it reaches fits. Among mixed
// weights it could reach one that does not fit while another that does sleeps on, so
// all have to look.
func (s *cond) notify() {
	free := s.size - s.taken
	if s.heavy > 0 || free >= s.waiting {
		s.freed.Broadcast()
		return
	}
	for range free {
		s.freed.Signal()
	}
}

// wakeAll runs when a waiter's ctx is done. It takes mu so as not to fall between that waiter's
// last look at ctx and its Wait.
func (s *cond) wakeAll() {
	s.mu.Lock()
	s.freed.Broadcast()
	s.mu.Unlock()
}
