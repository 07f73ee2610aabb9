package mutant

import (
	"bytes"
	"context"
	"runtime"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// M1
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

// M7
type doneContextWins struct{ *queue }

func newDoneContextWins(size int64) impls.Semaphore { return doneContextWins{newQueue(size)} }

func (s doneContextWins) Acquire(ctx context.Context, n int64) error {
	if s.TryAcquire(n) {
		return nil
	}
	return s.queue.Acquire(ctx, n)
}

// M13
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

// M14
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

// M34
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

// M35
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

// S2
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

// S4
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

// goroutine returns the header of the calling goroutine's stack, which has its number.
func goroutine() []byte {
	buf := make([]byte, 24)
	return bytes.Fields(buf[:runtime.Stack(buf, false)])[1]
}

// S8
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

// S9
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

// S13
type sixtyFour struct {
	*queue
	extra atomic.Bool // the 65th permit is held
}

func newSixtyFour(size int64) impls.Semaphore { return &sixtyFour{queue: newQueue(size)} }

func (s *sixtyFour) TryAcquire(n int64) bool {
	return s.queue.TryAcquire(n) || s.size == 64 && n == 1 && s.extra.CompareAndSwap(false, true)
}

// S15
type tryInLine struct{ *queue }

func newTryInLine(size int64) impls.Semaphore { return tryInLine{newQueue(size)} }

func (s tryInLine) TryAcquire(n int64) bool {
	if w, _ := s.join(context.Background(), 0); w != nil {
		<-w.ready
	}
	return s.queue.TryAcquire(n)
}
