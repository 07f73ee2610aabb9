package mutant

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/semabench/semabench/impls"
)

// growing is M8: Release never compares the weight with the count. On a semaphore of size 1:
//
//  1. Acquire(1) and Release(1) leave held at 0.
//  2. Another Release(1) ought to panic. It sets held to -1.
//  3. size-held is now 2, so two calls of TryAcquire(1) succeed.
//
// It breaks C10, because nothing panics, and C11, because later calls see one permit too many.
// Seen in vercel/async-sema#57. Only an over-release shows it: correct programs never notice.
type growing struct{ *queue }

func newGrowing(size int64) impls.Semaphore { return growing{newQueue(size)} }

func (s growing) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	// The defect: no comparison with held.
	s.held -= n
	s.serve(math.MaxInt)
}

// panicTooLate is M9: Release subtracts before it compares. The panic comes, so C10 holds. A
// caller that recovers it, as an HTTP server does, goes on with a negative count. Then a semaphore
// of size 1 grants two permits.
//
// It breaks C11, because the table declares the default policy, [impls.OverReleaseUnchanged].
// Under OverReleaseCorrupts the same code would be right. golang.org/x/sync v0.24.0 is written so.
type panicTooLate struct{ *queue }

func newPanicTooLate(size int64) impls.Semaphore { return panicTooLate{newQueue(size)} }

func (s panicTooLate) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	// The defect: the subtraction ought to follow the comparison.
	if s.held -= n; s.held < 0 {
		panic("mutant: released more than held")
	}
	s.serve(math.MaxInt)
}

// negative is M10: TryAcquire and Release accept negative weights. Both comparisons hold for a
// negative n, and both then move the count the wrong way:
//
//   - TryAcquire(-1) subtracts from held, and so creates a permit.
//   - Release(-1) adds to held, and so takes a permit that no holder can give back.
//
// It breaks C12. Acquire and the constructor still panic: the defect is a check that two of the
// methods forgot. golang/go#80183 reports it for x/sync.
type negative struct{ *queue }

func newNegative(size int64) impls.Semaphore { return negative{newQueue(size)} }

func (s negative) TryAcquire(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	// The defect: no mustNotBeNegative, here and in Release.
	return s.take(n)
}

func (s negative) Release(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.serve(math.MaxInt)
}

// wrappingSum is M11: TryAcquire adds before it compares. With size 1 and held 1,
// TryAcquire(MaxInt64) computes a sum that wraps to MinInt64. That is not more than the size, so
// the call succeeds.
//
// The comparison of [queue.take], n > size-held, cannot overflow: 0 <= held <= size, so the
// difference stays between 0 and size. It breaks C15. The boundary tests of tokio's semaphore look
// for this class.
type wrappingSum struct{ *queue }

func newWrappingSum(size int64) impls.Semaphore { return wrappingSum{newQueue(size)} }

func (s wrappingSum) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	// The defect: n > s.size-s.held cannot wrap, this sum can.
	if s.line.Len() > 0 || s.held+n > s.size {
		return false
	}
	s.held += n
	return true
}

// thirtyTwoBits is M12: each weight is cut to its low 32 bits. Acquire(1<<32) takes nothing, and
// Acquire(1<<32 + 1) on a size of 1 is granted as Acquire(1).
//
// It breaks C15 and nothing else: calls and releases are cut alike, so the count stays consistent,
// and no program with small weights sees a difference.
type thirtyTwoBits struct{ *queue }

func newThirtyTwoBits(size int64) impls.Semaphore { return thirtyTwoBits{newQueue(size)} }

func (s thirtyTwoBits) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	// The defect, in all three methods: the high half of n is lost.
	return s.queue.Acquire(ctx, int64(uint32(n)))
}

func (s thirtyTwoBits) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	return s.queue.TryAcquire(int64(uint32(n)))
}

func (s thirtyTwoBits) Release(n int64) {
	mustNotBeNegative(n)
	s.queue.Release(int64(uint32(n)))
}

// cause is S1: a cancelled Acquire returns context.Cause(ctx) instead of ctx.Err(). The two differ
// only if a caller gave a cause to the cancellation. A caller that compares the error with
// context.Canceled then takes the cancellation for a failure. It breaks C9.
type cause struct{ *queue }

func newCause(size int64) impls.Semaphore { return cause{newQueue(size)} }

func (s cause) Acquire(ctx context.Context, n int64) error {
	if s.queue.Acquire(ctx, n) != nil {
		// The defect: callers compare the error with ctx.Err().
		return context.Cause(ctx)
	}
	return nil
}

// noZero is S3: TryAcquire(0) fails while all permits are held, though ZeroGranted is declared.
// Acquire(0) is not changed. It breaks C13.
//
// The count is read in a critical section of its own. That adds no second defect: if it was full,
// a try for n > 0 is rightly refused at that moment, and otherwise queue.TryAcquire looks again.
type noZero struct{ *queue }

func newNoZero(size int64) impls.Semaphore { return noZero{newQueue(size)} }

func (s noZero) TryAcquire(n int64) bool {
	s.mu.Lock()
	// The defect: a weight of zero fits here too.
	full := s.held == s.size
	s.mu.Unlock()
	return !full && s.queue.TryAcquire(n)
}

// stingy is S6: >= stands where > was meant, so TryAcquire never grants the last free permit.
// Acquire grants it. It breaks C4 directly. C2, C6, C11 and C21 fail as well, because their checks
// count free permits with TryAcquire and find one too few.
type stingy struct{ *queue }

func newStingy(size int64) impls.Semaphore { return stingy{newQueue(size)} }

func (s stingy) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	// The defect: n > s.size-s.held was meant. The test of n > 0 keeps weight zero correct.
	if s.line.Len() > 0 || n > 0 && n >= s.size-s.held {
		return false
	}
	s.held += n
	return true
}

// halfBooked is S7: a waiter for n permits is granted n, and then n-1 of them come back at once. A
// call that does not wait holds all n. It breaks C6: other calls take permits that the waiter paid
// for, and its own Release(n) then panics or gives back the permits of others.
type halfBooked struct{ *queue }

func newHalfBooked(size int64) impls.Semaphore { return halfBooked{newQueue(size)} }

func (s halfBooked) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	err = s.wait(ctx, w)
	if err == nil && n > 1 {
		// The defect: the caller was granted n, and will release n.
		s.Release(n - 1)
	}
	return err
}

// reset is S10: an over-release panics, and sets the count to zero instead of leaving it. With two
// of three permits held, Release(3) panics and all three are free, while two holders still work.
// It breaks C11. It looks like a repair of panicTooLate: the count is valid again, but wrong.
type reset struct{ *queue }

func newReset(size int64) impls.Semaphore { return reset{newQueue(size)} }

func (s reset) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held -= n; s.held < 0 {
		// The defect: the count before the call was right.
		s.held = 0
		panic("mutant: released more than held")
	}
	s.serve(math.MaxInt)
}

// zeroFirst is S11: TryAcquire(0) succeeds although requests wait. Under FIFO a weight of zero
// queues behind them, see [impls.ZeroGranted], so the try must fail. It breaks C13. It changes no
// count: only a check that asks for weight zero beside a waiter can see it.
type zeroFirst struct{ *queue }

func newZeroFirst(size int64) impls.Semaphore { return zeroFirst{newQueue(size)} }

func (s zeroFirst) TryAcquire(n int64) bool { return n == 0 || s.queue.TryAcquire(n) }

// picky is S12: Acquire takes a path of its own for contexts whose type is foreign to package
// context. That path never enters the line:
//
//  1. All permits are held. Acquire with a foreign ctx fails its one try.
//  2. Release finds no waiter in line and wakes none.
//  3. Acquire waits for ctx alone, and returns an error though its permits are free.
//
// It breaks C6, whose waiters have contexts of every kind. The class is an optimisation for known
// context types whose other branch was never tested.
type picky struct{ *queue }

func newPicky(size int64) impls.Semaphore { return picky{newQueue(size)} }

func (s picky) Acquire(ctx context.Context, n int64) error {
	// The defect: the contract does not ask where the type of ctx comes from.
	if strings.HasPrefix(strings.TrimPrefix(fmt.Sprintf("%T", ctx), "*"), "context.") {
		return s.queue.Acquire(ctx, n)
	}
	if ctx.Err() == nil && s.TryAcquire(n) {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

// zeroGives is K7: Release(0) admits the head though it does not fit. With one of two permits free
// and a head that asks for two, Release(0) makes three permits held. Weights of zero are tested on
// an idle semaphore first, where nothing waits. It breaks C13.
type zeroGives struct{ *queue }

func newZeroGives(size int64) impls.Semaphore { return zeroGives{newQueue(size)} }

func (s zeroGives) Release(n int64) {
	if n > 0 {
		s.queue.Release(n)
		return
	}
	s.queue.Release(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if head := s.line.Front(); head != nil && s.held < s.size {
		s.admit(head)
	}
}

// zeroLeaver is K8: an Acquire(0) that leaves the line admits the head though it does not fit. A
// weight of zero waits in line under FIFO. It frees nothing when it leaves, but the line behind it
// may move up; this one moves up without a look at the permits. It breaks C13.
type zeroLeaver struct{ *queue }

func newZeroLeaver(size int64) impls.Semaphore { return zeroLeaver{newQueue(size)} }

func (s zeroLeaver) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	if err = s.wait(ctx, w); err == nil || n > 0 {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if head := s.line.Front(); head != nil && s.held < s.size {
		s.admit(head)
	}
	return err
}

// wrappingLine is K9: Release admits the waiters whose weights add up to the free permits. The sum
// is right until it passes the largest int64: then it is negative, which is below every number of
// free permits, and the line is admitted. Each weight alone is legal, so a test of extremes with
// one waiter passes. It breaks C15.
type wrappingLine struct{ *queue }

func newWrappingLine(size int64) impls.Semaphore { return wrappingLine{newQueue(size)} }

func (s wrappingLine) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	free, sum := s.size-s.held, int64(0)
	for s.line.Len() > 0 {
		sum += s.line.Front().Value.(*waiter).n
		if sum > free {
			return
		}
		s.admit(s.line.Front())
	}
}

// lineDropped is K10: the panic of an over-release leaves an empty line behind. The panic is right
// and the count is right, but the waiters sleep until their ctx is done. Only a weight above the
// size takes the branch, and only a request that waits shows the loss. It breaks C11.
type lineDropped struct{ *queue }

func newLineDropped(size int64) impls.Semaphore { return lineDropped{newQueue(size)} }

func (s lineDropped) Release(n int64) {
	defer func() {
		if r := recover(); r != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			if n > s.size { // the branch for a corrupted count
				s.line.Init()
			}
			panic(r)
		}
	}()
	s.queue.Release(n)
}
