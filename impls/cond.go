package impls

import (
	"context"
	"sync"
)

// cond is the semaphore of the textbooks: a count of taken permits and a condition variable.
// Acquire waits while the count is full, Release lowers the count and notifies.
//
// Two features go beyond the textbook. The first is weights, see notify. The second is
// cancellation: sync.Cond cannot wait for a context, so a context callback wakes all waiters, and
// the cancelled waiter finds its ctx done. That costs one broadcast per cancellation. It costs
// no goroutine per wait, except if the type of ctx is not from package context: for such a ctx
// package context itself runs one goroutine during the wait.
//
// A woken waiter competes with newcomers for the mutex, so a newcomer can barge, and a large
// request can starve. In return a running goroutine takes a free permit without waiting until a
// sleeping goroutine is scheduled.
//
// Memory order: every access to taken is under mu. A Release unlocks mu after it lowered taken,
// and the Acquire that it enables locks mu before it reads taken. The n'th unlock of a mutex
// synchronizes before the later locks, so Release synchronizes before that Acquire returns.
type cond struct {
	size int64

	mu      sync.Mutex
	freed   *sync.Cond
	taken   int64 // invariant: 0 <= taken <= size
	waiting int64 // goroutines in waitInLine
	heavy   int64 // goroutines in waitInLine that ask for more than one permit
}

func newCond(size int64) Semaphore {
	mustNotBeNegative("size", size)
	s := &cond{size: size}
	s.freed = sync.NewCond(&s.mu)
	return s
}

// Acquire takes the fast path if n permits are free: one critical section, no wait.
//
// The fast path checks done before it takes permits. The other order would have to give the
// permits back after a late check, and a TryAcquire in between would fail for no reason. It
// checks with mu held, so a ctx that is done when the call gets the lock always loses.
// It does not look for waiters: a newcomer may barge past them, which is this policy.
func (s *cond) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative("weight", n)
	done := ctx.Done()
	if n > s.size {
		// Not among the waiters: a request that never fits counts as heavy, and would turn
		// every notification into a broadcast.
		<-done
		return ctx.Err()
	}
	s.mu.Lock()
	cancelled := isDone(done) // not ctx.Err(): see isDone
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

// Release checks before it subtracts, so a recovered panic finds the count unchanged. The
// deferred Unlock runs during the panic too.
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

// take takes n permits if they are free. The comparison subtracts because taken+n could
// overflow; size-taken cannot, as both are between 0 and size.
func (s *cond) take(n int64) bool {
	if n > s.size-s.taken {
		return false
	}
	s.taken += n
	return true
}

// wait registers wakeAll before waitInLine looks at done. A cancellation before the registration
// is seen by that look; a later one runs wakeAll. The other order would miss a cancellation
// between the look and the registration, and the waiter could sleep forever.
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

// waitInLine waits until it has taken n permits or done is closed, and reports whether it took
// them. It tries once before the first Wait, because permits may have been released since the
// fast path unlocked mu. It tries again after each wake-up: a newcomer may have taken the
// permits before the woken waiter got mu.
//
// No wake-up is lost. Wait puts the goroutine on the notification list before it unlocks mu. So
// there are two cases. A Release that ran before the failed take has shown its permits to that
// take. A Release that locks mu after the Wait finds the goroutine on the list and notifies it.
func (s *cond) waitInLine(done <-chan struct{}, n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.countWaiter(n, 1)
	defer s.countWaiter(n, -1)
	for !isDone(done) {
		if s.take(n) {
			return true
		}
		s.freed.Wait()
	}
	// A Signal of Release may have woken this cancelled waiter, although another waiter could
	// use the permits. Notify again, or the permits would stay free while that waiter sleeps.
	s.notify()
	return false
}

// countWaiter adds by to the number of waiters for n permits: 1 on entry, -1 on exit.
func (s *cond) countWaiter(n, by int64) {
	s.waiting += by
	if n > 1 {
		s.heavy += by
	}
}

// notify wakes every waiter that the free permits may admit. It is called with mu held.
//
// If all waiters ask for one permit, one Signal per free permit is enough, because any
// waiter can use any permit. With mixed weights a Signal could reach a waiter that does not fit,
// while a waiter that fits sleeps on. So then notify wakes all, and each tries for itself.
//
// The count includes waiters that were woken and have not run yet. So notify may wake too many
// waiters, which costs time. It never wakes too few: every waiter that is not on the
// list tries to take permits before it sleeps again.
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

// wakeAll runs when the ctx of a waiter is done. It locks mu so that the broadcast cannot fall
// between that waiter's look at done and its Wait, where it would wake no goroutine.
func (s *cond) wakeAll() {
	s.mu.Lock()
	s.freed.Broadcast()
	s.mu.Unlock()
}
