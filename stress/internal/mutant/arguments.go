package mutant

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/semabench/semabench/impls"
)

// growing is M8: Release never compares with the count.
type growing struct{ *queue }

func newGrowing(size int64) impls.Semaphore { return growing{newQueue(size)} }

func (s growing) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held -= n
	s.serve(math.MaxInt)
}

// panicTooLate is M9: Release subtracts before it panics.
type panicTooLate struct{ *queue }

func newPanicTooLate(size int64) impls.Semaphore { return panicTooLate{newQueue(size)} }

func (s panicTooLate) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held -= n; s.held < 0 {
		panic("mutant: released more than held")
	}
	s.serve(math.MaxInt)
}

// negative is M10: TryAcquire and Release accept negative weights.
type negative struct{ *queue }

func newNegative(size int64) impls.Semaphore { return negative{newQueue(size)} }

func (s negative) TryAcquire(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
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

// wrappingSum is M11: TryAcquire adds before it compares, and the sum overflows.
type wrappingSum struct{ *queue }

func newWrappingSum(size int64) impls.Semaphore { return wrappingSum{newQueue(size)} }

func (s wrappingSum) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.line.Len() > 0 || s.held+n > s.size {
		return false
	}
	s.held += n
	return true
}

// thirtyTwoBits is M12: weights are truncated to 32 bits.
type thirtyTwoBits struct{ *queue }

func newThirtyTwoBits(size int64) impls.Semaphore { return thirtyTwoBits{newQueue(size)} }

func (s thirtyTwoBits) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
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

// cause is S1: a cancelled Acquire returns context.Cause instead of ctx.Err.
type cause struct{ *queue }

func newCause(size int64) impls.Semaphore { return cause{newQueue(size)} }

func (s cause) Acquire(ctx context.Context, n int64) error {
	if s.queue.Acquire(ctx, n) != nil {
		return context.Cause(ctx)
	}
	return nil
}

// noZero is S3: TryAcquire(0) fails while all permits are held.
type noZero struct{ *queue }

func newNoZero(size int64) impls.Semaphore { return noZero{newQueue(size)} }

func (s noZero) TryAcquire(n int64) bool {
	s.mu.Lock()
	full := s.held == s.size
	s.mu.Unlock()
	return !full && s.queue.TryAcquire(n)
}

// stingy is S6: TryAcquire never grants the last free permit.
type stingy struct{ *queue }

func newStingy(size int64) impls.Semaphore { return stingy{newQueue(size)} }

func (s stingy) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.line.Len() > 0 || n > 0 && n >= s.size-s.held {
		return false
	}
	s.held += n
	return true
}

// halfBooked is S7: a granted waiter holds one permit instead of n.
type halfBooked struct{ *queue }

func newHalfBooked(size int64) impls.Semaphore { return halfBooked{newQueue(size)} }

func (s halfBooked) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	err = s.wait(ctx, w)
	if err == nil && n > 1 {
		s.Release(n - 1)
	}
	return err
}

// reset is S10: an over-release sets the count to zero and panics.
type reset struct{ *queue }

func newReset(size int64) impls.Semaphore { return reset{newQueue(size)} }

func (s reset) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held -= n; s.held < 0 {
		s.held = 0
		panic("mutant: released more than held")
	}
	s.serve(math.MaxInt)
}

// zeroFirst is S11: TryAcquire(0) succeeds past waiting requests.
type zeroFirst struct{ *queue }

func newZeroFirst(size int64) impls.Semaphore { return zeroFirst{newQueue(size)} }

func (s zeroFirst) TryAcquire(n int64) bool { return n == 0 || s.queue.TryAcquire(n) }

// picky is S12: Acquire never wakes if the type of ctx is foreign.
type picky struct{ *queue }

func newPicky(size int64) impls.Semaphore { return picky{newQueue(size)} }

func (s picky) Acquire(ctx context.Context, n int64) error {
	if strings.HasPrefix(strings.TrimPrefix(fmt.Sprintf("%T", ctx), "*"), "context.") {
		return s.queue.Acquire(ctx, n)
	}
	if ctx.Err() == nil && s.TryAcquire(n) {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}
