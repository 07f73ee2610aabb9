package mutant

import (
	"bytes"
	"context"
	"runtime"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// checkThenAct is M1: TryAcquire compares and adds in two atomic steps. On a semaphore of size 1:
//
//  1. A compares: one permit is free.
//  2. B compares: one permit is free.
//  3. A adds 1, and B adds 1. Both return true, and held is 2.
//
// It breaks C1, which the random programs watch, and C34: no order of the two calls lets both
// succeed. Acquire swaps instead of adding and is right, so TryAcquire is one side of every
// failure. Each step is atomic, so the race detector is silent. Seen in
// Kotlin/kotlinx.coroutines#1898.
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
	// The defect: the count may have changed since the comparison.
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

// doneContextWins is M7: Acquire tries to take permits before it looks at ctx. With free permits
// it returns nil for a ctx that is done. It breaks C8, and C5, which expects the error. When no
// permit is free it behaves correctly. golang/go#63615 reports it for x/sync.
type doneContextWins struct{ *queue }

func newDoneContextWins(size int64) impls.Semaphore { return doneContextWins{newQueue(size)} }

func (s doneContextWins) Acquire(ctx context.Context, n int64) error {
	// The defect: ctx comes first.
	if s.TryAcquire(n) {
		return nil
	}
	return s.queue.Acquire(ctx, n)
}

// doomedHead is M13: a request for more than the size enters the line, where it can never be
// granted. On a semaphore of size 2 with both permits free:
//
//  1. B asks for 3, and stands at the head of the line.
//  2. C asks for 1. A request waits, so under FIFO C waits behind it.
//  3. Both wait until the ctx of B is done, which may be never.
//
// It breaks C14, and C34, whose model lets C pass. The reference keeps such a request out of the
// line, see [queue.join]. golang/sync#7 discusses it.
type doomedHead struct{ *queue }

func newDoomedHead(size int64) impls.Semaphore { return doomedHead{newQueue(size)} }

func (s doomedHead) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	if w.place == nil {
		s.mu.Lock()
		// The defect: join left w out of the line, because it can never be granted.
		w.place = s.line.PushBack(w)
		s.mu.Unlock()
	}
	return s.wait(ctx, w)
}

// generous is M14: Release admits the head of the line if at least one permit is free, whatever
// the head asked for. On a semaphore of size 2, held by A, with B in line for two: Release(1)
// frees one permit, serve rightly passes B over, and the second look admits B. Three permits are
// held.
//
// It breaks C17 and C20, the capacity oracle of the random programs, and C34. With unit weights it
// is correct: one free permit is enough then. The review of Kotlin/kotlinx.coroutines#1553 found
// it.
type generous struct{ *queue }

func newGenerous(size int64) impls.Semaphore { return generous{newQueue(size)} }

func (s generous) Release(n int64) {
	s.queue.Release(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	// The defect: one free permit is not enough for every head.
	if head := s.line.Front(); head != nil && s.held < s.size {
		s.admit(head)
	}
}

// lifo is M34: a new waiter moves to the front of the line. With B and then C in line, Release(1)
// admits C. It breaks C27 by its declaration of FIFO, and C17 and C34, which serve the line in the
// declared order. The permits are counted correctly. Seen in python/cpython#31910.
type lifo struct{ *queue }

func newLIFO(size int64) impls.Semaphore { return lifo{newQueue(size)} }

func (s lifo) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	s.mu.Lock()
	if w.place != nil && !w.granted() {
		// The defect: first come, first served was declared.
		s.line.MoveToFront(w.place)
	}
	s.mu.Unlock()
	return s.wait(ctx, w)
}

// queueJumper is M35: TryAcquire does not look at the line. With one of two permits free and B in
// line for two, TryAcquire(1) takes the free permit, and B has to wait longer. It breaks C28 and
// C34: FIFO is declared, and [impls.Impl.TryBarges] is not. The barging rule of the JSR-166 TCK is
// the reference.
type queueJumper struct{ *queue }

func newQueueJumper(size int64) impls.Semaphore { return queueJumper{newQueue(size)} }

func (s queueJumper) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	// The defect: no look at the line.
	if n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

// forgetfulTry is S2: a TryAcquire that fails counts all permits as held. With two of three
// permits held, TryAcquire(2) returns false, and the third permit is gone: the holders give back
// two, and held stays at 1. It breaks C3; each failure shrinks the semaphore until a waiter is
// stuck, which W sees.
type forgetfulTry struct{ *queue }

func newForgetfulTry(size int64) impls.Semaphore { return forgetfulTry{newQueue(size)} }

func (s forgetfulTry) TryAcquire(n int64) bool {
	if s.queue.TryAcquire(n) {
		return true
	}
	s.mu.Lock()
	// The defect: a failed try must change nothing.
	s.held = s.size
	s.mu.Unlock()
	return false
}

// owned is S4: Release panics in a goroutine that did not acquire last. The author took the
// semaphore for a re-entrant lock, which has one owner. It breaks C16: permits have no owner, and
// a pipeline acquires in one goroutine and releases in the next. TryAcquire records no owner, so a
// program that only tries sees no defect.
type owned struct {
	*queue
	// The number of the goroutine whose Acquire returned nil last, or nil.
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
		// The defect: any goroutine may release.
		panic("mutant: released by another goroutine")
	}
	s.queue.Release(n)
}

// goroutine returns the number of the calling goroutine, from the header of its stack: "goroutine
// 7 [running]:". Go has no other way to ask for it. 24 bytes hold the word, the space and a number
// of up to 14 digits.
func goroutine() []byte {
	buf := make([]byte, 24)
	return bytes.Fields(buf[:runtime.Stack(buf, false)])[1]
}

// tryLock is S8: TryAcquire fails if another call holds the mutex. The check of C4 lets four
// goroutines try for one of many free permits each, and a try that meets another returns false. It
// breaks C4, and C34: in no order of the calls is a permit missing. The author wanted a call that
// never blocks, and took a short critical section for a wait. C24 does not ask for that.
type tryLock struct{ *queue }

func newTryLock(size int64) impls.Semaphore { return tryLock{newQueue(size)} }

func (s tryLock) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	// The defect: a held mutex says nothing about permits.
	if !s.mu.TryLock() {
		return false
	}
	defer s.mu.Unlock()
	Preempt()
	return s.take(n)
}

// shortLine is S9: the tenth waiter is admitted without permits. The line has storage for nine,
// and Acquire takes "no room in line" for "no need to wait".
//
// The returned nil is not counted, so the Release that belongs to it gives back permits of another
// holder. It breaks C18, the clause with a line of a hundred. A test with fewer waiters passes.
type shortLine struct{ *queue }

func newShortLine(size int64) impls.Semaphore { return shortLine{newQueue(size)} }

func (s shortLine) Acquire(ctx context.Context, n int64) error {
	s.mu.Lock()
	// The defect: a line without room is no reason to admit.
	full := s.line.Len() > 8
	s.mu.Unlock()
	if full && n <= s.size && ctx.Err() == nil {
		return nil
	}
	return s.queue.Acquire(ctx, n)
}

// sixtyFour is S13: a semaphore of size 64 grants one permit too many, once. It stands for a set
// of free permits in one machine word whose bound is off by one. It breaks C4, which tries the
// sizes at which storage tends to change: 63, 64, 65 and others.
type sixtyFour struct {
	*queue
	extra atomic.Bool // the 65th permit was granted; never cleared
}

func newSixtyFour(size int64) impls.Semaphore { return &sixtyFour{queue: newQueue(size)} }

func (s *sixtyFour) TryAcquire(n int64) bool {
	return s.queue.TryAcquire(n) || s.size == 64 && n == 1 && s.extra.CompareAndSwap(false, true)
}

// tryInLine is S15: TryAcquire waits at the end of the line before it looks at the count. It joins
// with a weight of zero: with an empty line it is through at once, and behind a waiter it blocks
// until that waiter is served or leaves. It breaks C24, C13 and C28: a try must return without the
// help of any other goroutine.
type tryInLine struct{ *queue }

func newTryInLine(size int64) impls.Semaphore { return tryInLine{newQueue(size)} }

func (s tryInLine) TryAcquire(n int64) bool {
	// The defect: a try must not wait for its turn.
	if w, _ := s.join(context.Background(), 0); w != nil {
		<-w.ready
	}
	return s.queue.TryAcquire(n)
}

// rebalancing is K28: every 4096th call of TryAcquire recounts what is held, and misses one. The call itself is
// right, and so are the 4095 before it. It breaks C36. Real counterparts are counters that are
// sampled, epochs, and caches that are rebuilt after so many uses.
type rebalancing struct {
	*queue
	calls int // guarded by mu
}

func newRebalancing(size int64) impls.Semaphore { return &rebalancing{queue: newQueue(size)} }

func (s *rebalancing) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls++; s.calls%4096 == 0 && s.held > 0 {
		s.held-- // the defect
	}
	return s.take(n)
}

// wideCount is K36: K28 with a counter of 17 bits, which 2^16 calls do not bring to its end. It breaks C36.
type wideCount struct {
	*queue
	calls int // guarded by mu
}

func newWideCount(size int64) impls.Semaphore { return &wideCount{queue: newQueue(size)} }

func (s *wideCount) Acquire(ctx context.Context, n int64) error {
	err := s.queue.Acquire(ctx, n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls++; s.calls%(1<<17) == 0 && err == nil && n > 0 {
		s.held-- // the defect
	}
	return err
}
