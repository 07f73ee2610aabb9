package mutant

import (
	"bytes"
	"context"
	"runtime"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// checkThenAct is M1: TryAcquire compares and adds in two steps. Two callers can pass the same
// comparison.
type checkThenAct struct {
	size int64
	held atomic.Int64
}

func newCheckThenAct(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &checkThenAct{size: size}
}

func (s *checkThenAct) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	if n > s.size {
		<-ctx.Done()
	}
	for ctx.Err() == nil {
		held := s.held.Load()
		if n <= s.size-held && s.held.CompareAndSwap(held, held+n) {
			return nil
		}
		runtime.Gosched()
	}
	return ctx.Err()
}

func (s *checkThenAct) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	if n > s.size-s.held.Load() {
		return false
	}
	Preempt()
	s.held.Add(n)
	return true
}

func (s *checkThenAct) Release(n int64) {
	mustNotBeNegative(n)
	for {
		held := s.held.Load()
		if n > held {
			panic("mutant: released more than held")
		}
		if s.held.CompareAndSwap(held, held-n) {
			return
		}
	}
}

// doneContextWins is M7: Acquire takes free permits before it looks at ctx.
type doneContextWins struct{ *queue }

func newDoneContextWins(size int64) impls.Semaphore { return doneContextWins{newQueue(size)} }

func (s doneContextWins) Acquire(ctx context.Context, n int64) error {
	if s.TryAcquire(n) {
		return nil
	}
	return s.queue.Acquire(ctx, n)
}

// doomedHead is M13: a request for more than the size waits at the head of the line, and blocks it.
type doomedHead struct{ *queue }

func newDoomedHead(size int64) impls.Semaphore { return doomedHead{newQueue(size)} }

func (s doomedHead) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	if w.place == nil {
		s.mu.Lock()
		w.place = s.line.PushBack(w)
		s.mu.Unlock()
	}
	return s.wait(ctx, w)
}

// generous is M14: Release also admits the head of the line if at least one permit is free.
type generous struct{ *queue }

func newGenerous(size int64) impls.Semaphore { return generous{newQueue(size)} }

func (s generous) Release(n int64) {
	s.queue.Release(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if head := s.line.Front(); head != nil && s.held < s.size {
		s.admit(head)
	}
}

// lifo is M34: a new waiter goes to the front of the line.
type lifo struct{ *queue }

func newLIFO(size int64) impls.Semaphore { return lifo{newQueue(size)} }

func (s lifo) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	s.mu.Lock()
	if w.place != nil && !w.granted() {
		s.line.MoveToFront(w.place)
	}
	s.mu.Unlock()
	return s.wait(ctx, w)
}

// queueJumper is M35: TryAcquire does not look at the line.
type queueJumper struct{ *queue }

func newQueueJumper(size int64) impls.Semaphore { return queueJumper{newQueue(size)} }

func (s queueJumper) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

// forgetfulTry is S2: a TryAcquire that fails counts all permits as held.
type forgetfulTry struct{ *queue }

func newForgetfulTry(size int64) impls.Semaphore { return forgetfulTry{newQueue(size)} }

func (s forgetfulTry) TryAcquire(n int64) bool {
	if s.queue.TryAcquire(n) {
		return true
	}
	s.mu.Lock()
	s.held = s.size
	s.mu.Unlock()
	return false
}

// owned is S4: Release panics in a goroutine that did not acquire last.
type owned struct {
	*queue
	owner atomic.Pointer[[]byte]
}

func newOwned(size int64) impls.Semaphore { return &owned{queue: newQueue(size)} }

func (s *owned) Acquire(ctx context.Context, n int64) error {
	err := s.queue.Acquire(ctx, n)
	if err == nil {
		me := goroutine()
		s.owner.Store(&me)
	}
	return err
}

func (s *owned) Release(n int64) {
	if owner := s.owner.Load(); owner != nil && !bytes.Equal(*owner, goroutine()) {
		panic("mutant: released by another goroutine")
	}
	s.queue.Release(n)
}

// goroutine returns the number of the calling goroutine, from the header of its stack.
func goroutine() []byte {
	buf := make([]byte, 24)
	return bytes.Fields(buf[:runtime.Stack(buf, false)])[1]
}

// tryLock is S8: TryAcquire fails if another call holds the mutex.
type tryLock struct{ *queue }

func newTryLock(size int64) impls.Semaphore { return tryLock{newQueue(size)} }

func (s tryLock) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	if !s.mu.TryLock() {
		return false
	}
	defer s.mu.Unlock()
	Preempt()
	return s.take(n)
}

// shortLine is S9: the ninth waiter is admitted without permits.
type shortLine struct{ *queue }

func newShortLine(size int64) impls.Semaphore { return shortLine{newQueue(size)} }

func (s shortLine) Acquire(ctx context.Context, n int64) error {
	s.mu.Lock()
	full := s.line.Len() > 8
	s.mu.Unlock()
	if full && n <= s.size && ctx.Err() == nil {
		return nil
	}
	return s.queue.Acquire(ctx, n)
}

// sixtyFour is S13: a semaphore of size 64 grants one permit too many.
type sixtyFour struct {
	*queue
	extra atomic.Bool // the 65th permit is held
}

func newSixtyFour(size int64) impls.Semaphore { return &sixtyFour{queue: newQueue(size)} }

func (s *sixtyFour) TryAcquire(n int64) bool {
	return s.queue.TryAcquire(n) || s.size == 64 && n == 1 && s.extra.CompareAndSwap(false, true)
}

// tryInLine is S15: TryAcquire waits at the end of the line before it looks at the count.
type tryInLine struct{ *queue }

func newTryInLine(size int64) impls.Semaphore { return tryInLine{newQueue(size)} }

func (s tryInLine) TryAcquire(n int64) bool {
	if w, _ := s.join(context.Background(), 0); w != nil {
		<-w.ready
	}
	return s.queue.TryAcquire(n)
}
