package mutant

import (
	"context"
	"sync"

	"github.com/semabench/semabench/impls"
)

// oneWakeup is M15: Release admits at most one waiter, however many permits it gives back. On a
// semaphore of size 2, held by A, with B and C in line for one permit each:
//
//  1. A calls Release(2). serve(1) admits B and stops.
//  2. One permit is free, C is at the head and fits, and C sleeps.
//
// It breaks C18, and C17 once nothing can move any more. A cancellation still admits all: only
// Release is limited. The review of Kotlin/kotlinx.coroutines#1553 found it.
type oneWakeup struct{ *queue }

func newOneWakeup(size int64) impls.Semaphore { return oneWakeup{newQueue(size)} }

func (s oneWakeup) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	// The defect: math.MaxInt was meant.
	s.serve(1)
}

// cond is a semaphore on a condition variable. It is correct unless a mutant changes one of its
// fields. Waiters barge: each looks at the count itself when it wakes.
//
// Two rules carry it. Release broadcasts, because waiters of different weights share one Cond and
// Signal may wake a waiter that does not fit. The callback of a ctx broadcasts under mu, because a
// waiter holds mu from its check of ctx until Wait has put it on the list of sleepers.
type cond struct {
	mu    sync.Mutex
	freed *sync.Cond
	size  int64
	held  int64
	// What a mutant may change. pause and wake are called with mu held, onDone without it.
	lookOnce bool   // wait once, instead of until there are enough permits
	pause    func() // called between the check of the count and the wait
	wake     func() // called by Release
	onDone   func() // called when the ctx of a waiter is done
}

// newCond returns a cond with the correct settings: no pause, Broadcast on Release, and a
// broadcast under the lock when a ctx is done.
func newCond(size int64) *cond {
	mustNotBeNegative(size)
	s := &cond{size: size}
	s.freed = sync.NewCond(&s.mu)
	s.pause = func() {}
	s.wake = s.freed.Broadcast
	s.onDone = s.wakeAll
	return s
}

// fullEdge is M16: Release wakes waiters only if all permits were held before. On a semaphore of
// size 3, held by A, with B waiting for two:
//
//  1. Release(1): all were held, so B is woken. One permit is free, and B waits again.
//  2. Release(1): two of three were held, so no waiter is woken.
//  3. Two permits are free, B fits, and B sleeps.
//
// It breaks C17, C18 and C19. With unit weights the edge is enough, which is why the defect
// survives simple tests. Seen in marusama/semaphore#3 and cockroachdb/cockroach#33554.
type fullEdge struct{ *cond }

func newFullEdge(size int64) impls.Semaphore { return fullEdge{newCond(size)} }

func (s fullEdge) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	full := s.held == s.size
	s.held -= n
	// The defect: waiters of weight two care about every step of the count.
	if full {
		s.wake()
	}
}

// newUnlockedBroadcast returns M18: the callback of ctx broadcasts without the lock.
//
//  1. B holds mu, and finds that its ctx is not done.
//  2. The ctx of B is cancelled. Its callback broadcasts, and no goroutine sleeps on the Cond yet.
//  3. B calls Wait, and sleeps though its ctx is done.
//
// Under the lock, step 2 would have to wait until Wait unlocks mu, and Wait does that only after
// it has put B on the list of sleepers. It breaks C22. Seen in e2b-dev/infra#3629. pause widens
// the window between steps 1 and 3.
func newUnlockedBroadcast(size int64) impls.Semaphore {
	s := newCond(size)
	s.onDone = s.freed.Broadcast
	s.pause = Preempt
	return s
}

// newIfNotFor returns M19: a woken waiter does not check the count again. On a semaphore of size
// 1, held by A, with B waiting:
//
//  1. A releases. The broadcast makes B runnable, but B has to wait for mu.
//  2. C calls TryAcquire, and takes the permit.
//  3. B runs, skips the check, and counts the permit a second time.
//
// It breaks C1 and C34, and C17 by a line in which each woken waiter takes what it likes. The
// class is KAFKA-17929. A wake-up is a hint to look, never a grant.
func newIfNotFor(size int64) impls.Semaphore {
	s := newCond(size)
	s.lookOnce = true
	return s
}

// newWrongOneWoken returns M20: Release signals one waiter instead of all. On a semaphore of size
// 3, held by A, with B waiting for three and C, which came later, for one:
//
//  1. Release(1) signals B, which has slept longest.
//  2. B finds one permit free, and waits again. It wakes no other waiter.
//  3. C fits, and sleeps.
//
// It breaks C17 and C18. Signal would be right with unit weights only. The discussion of
// golang/go#16620 names the case.
func newWrongOneWoken(size int64) impls.Semaphore {
	s := newCond(size)
	s.wake = s.freed.Signal
	return s
}

// newUnbounded returns M33: the semaphore is correct and barges, but its table entry declares
// [impls.Impl.StarvationFree]. B waits for both permits of a semaphore of size 2, while A1 and A2
// hold one each and take turns: one releases and acquires again, then the other. At least one
// permit is held at every moment at which B looks. It breaks C26 by its declaration alone; as a
// barging semaphore it would pass. golang/go#56910 asks for the bound.
func newUnbounded(size int64) impls.Semaphore { return newCond(size) }

// Acquire registers the callback before it takes the lock in wait. A ctx that is done later finds
// the callback, and a ctx that is done already is seen by the first check in wait.
func (s *cond) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	if n > s.size {
		<-ctx.Done()
		return ctx.Err()
	}
	defer context.AfterFunc(ctx, s.onDone)()
	if !s.wait(ctx.Done(), n) {
		return ctx.Err()
	}
	return nil
}

// wait takes n permits and returns true, or returns false because done is closed. It holds mu from
// the check of done to the call of Wait: no broadcast fits between them.
func (s *cond) wait(done <-chan struct{}, n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !isDone(done) && n > s.size-s.held {
		s.pause()
		s.freed.Wait()
		if s.lookOnce {
			break
		}
	}
	if isDone(done) {
		s.freed.Broadcast() // the signal that woke this waiter may have been needed by another
		return false
	}
	s.held += n
	return true
}

func (s *cond) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *cond) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.wake()
}

// wakeAll broadcasts under mu. See newUnlockedBroadcast for the reason.
func (s *cond) wakeAll() {
	s.mu.Lock()
	s.freed.Broadcast()
	s.mu.Unlock()
}
