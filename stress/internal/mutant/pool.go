package mutant

import (
	"container/list"
	"context"
	"sync"

	"github.com/semabench/semabench/impls"
)

// recycled is M40: waiters are pooled, and Release writes to a waiter after it has woken it. On a
// semaphore of size 1, held by A, with B in line:
//
//  1. A admits B, unlocks, and sends to the channel of B's waiter w.
//  2. B returns nil, and puts w into the pool.
//  3. C has to wait, takes w from the pool, and writes its weight into w.
//  4. A writes 0 to the weight of w.
//
// Steps 3 and 4 race, which C29 and C30 report. If 4 comes last, C is later admitted as a request
// for nothing, and one permit more than the size is in use. Seen in tokio-rs/tokio#2340 and glibc
// BZ 12674: the last touch of a waiter must come before the wake-up.
type recycled struct {
	mu    sync.Mutex
	size  int64
	held  int64
	line  list.List // of *waiter; place is nil once the waiter was admitted
	spare []*waiter
}

func newRecycled(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &recycled{size: size}
}

// Acquire receives from ready even if ctx is done, once the waiter was admitted: an element left
// in the channel would wake the next user of the pooled waiter. The grant then wins.
func (s *recycled) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > s.size {
		<-done
	}
	w, cancelled := s.join(done, n)
	switch {
	case cancelled:
		return ctx.Err()
	case w == nil:
		return nil
	}
	select {
	case <-w.ready:
	case <-done:
		s.mu.Lock()
		if w.place != nil {
			s.line.Remove(w.place)
			s.spare = append(s.spare, w)
			s.unlockAndWake(s.admit())
			return ctx.Err()
		}
		s.mu.Unlock()
		<-w.ready
	}
	s.mu.Lock()
	s.spare = append(s.spare, w)
	s.mu.Unlock()
	return nil
}

// join returns a place in line, or nil if n permits were free or done is closed. cancelled tells
// the two cases apart.
func (s *recycled) join(done <-chan struct{}, n int64) (w *waiter, cancelled bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if isDone(done) {
		return nil, true
	}
	if s.take(n) {
		return nil, false
	}
	if last := len(s.spare) - 1; last >= 0 {
		w, s.spare = s.spare[last], s.spare[:last]
	} else {
		w = &waiter{ready: make(chan struct{}, 1)}
	}
	w.n = n
	w.place = s.line.PushBack(w)
	return w, false
}

// take takes n permits if they are free and no request waits. The caller holds mu.
func (s *recycled) take(n int64) bool {
	if s.line.Len() > 0 || n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *recycled) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.take(n)
}

func (s *recycled) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	if n > s.held {
		s.mu.Unlock()
		panic("mutant: released more than held")
	}
	s.held -= n
	s.unlockAndWake(s.admit())
}

// admit takes the waiters that fit off the line, and counts their permits. The caller holds mu,
// and wakes the waiters afterwards by unlockAndWake.
func (s *recycled) admit() (admitted []*waiter) {
	for s.line.Len() > 0 {
		w := s.line.Front().Value.(*waiter)
		if w.n > s.size-s.held {
			break
		}
		s.held += w.n
		s.line.Remove(w.place)
		w.place = nil
		admitted = append(admitted, w)
	}
	return admitted
}

// unlockAndWake wakes the admitted waiters after it has unlocked mu, so that they do not run into
// the lock at once. The channel has room for the element, so the send never blocks.
func (s *recycled) unlockAndWake(admitted []*waiter) {
	s.mu.Unlock()
	for _, w := range admitted {
		w.ready <- struct{}{}
		Preempt()
		w.n = 0 // the defect: another Acquire may use w by now
	}
}

// everySlot is S14: each wait appends to a slice that never shrinks. A slot is cleared when its
// wait is over, so no waiter is kept alive and C31 finds nothing. It breaks C33: 8 bytes stay for
// each wait that is over, until the process runs out of memory.
type everySlot struct {
	*queue
	slots []*waiter // guarded by mu; one for each wait, cleared but never reused
}

func newEverySlot(size int64) impls.Semaphore { return &everySlot{queue: newQueue(size)} }

func (s *everySlot) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	s.mu.Lock()
	// The defect: slots of waits that are over are not used again.
	slot := len(s.slots)
	s.slots = append(s.slots, w)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.slots[slot] = nil
		s.mu.Unlock()
	}()
	return s.wait(ctx, w)
}
