package mutant

import (
	"container/list"
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/semabench/semabench/impls"
)

// count is the correct part of the mutants that count in an atomic integer. Acquire is missing:
// each mutant adds its own way to wait.
//
// The invariant is 0 <= held <= size. Every change is a compare-and-swap from a value that was
// compared before, so no change is made on a count that has moved on.
type count struct {
	size int64
	held atomic.Int64
}

// TryAcquire takes n permits if they are free. A failed compare-and-swap means that another call
// succeeded meanwhile, so some call always gets on. The count is loaded again in each round: the
// old value has become wrong, and a comparison with it decides nothing, see staleCount.
func (c *count) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	for {
		held := c.held.Load()
		if n > c.size-held {
			return false
		}
		if c.held.CompareAndSwap(held, held+n) {
			return true
		}
	}
}

// Release gives n permits back and wakes no waiter; the mutants do that.
func (c *count) Release(n int64) {
	mustNotBeNegative(n)
	for {
		held := c.held.Load()
		if n > held {
			panic("mutant: released more than held")
		}
		if c.held.CompareAndSwap(held, held-n) {
			return
		}
	}
}

// spin calls try until it succeeds, or until alive returns false. It reports whether try
// succeeded. It yields between two tries: on one processor the holder would otherwise have to wait
// until the scheduler preempts the spinner, and the schedule explorer reads the yield as "I wait".
func spin(try func(n int64) bool, n int64, alive func() bool) bool {
	for alive() {
		if try(n) {
			return true
		}
		runtime.Gosched()
	}
	return false
}

// staleBroadcast is M17: Acquire loads the channel to wait on after it has looked at the count. On
// a semaphore of size 1, held by A:
//
//  1. B looks at the count, and finds no permit free.
//  2. A releases: it lowers the count, closes the channel, and stores a new one.
//  3. B loads the new channel and waits for it.
//  4. The permit is free, B fits, and B sleeps until the next Release, which may never come.
//
// It breaks C17. The correct order is the opposite one: load the channel, then look at the count.
// Then a Release after the look closes the very channel that B waits on. Seen in
// marusama/semaphore#2.
type staleBroadcast struct {
	count
	freed atomic.Pointer[chan struct{}] // closed and replaced by Release
}

func newStaleBroadcast(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	s := &staleBroadcast{count: count{size: size}}
	s.freed.Store(new(make(chan struct{})))
	return s
}

func (s *staleBroadcast) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	for ctx.Err() == nil {
		if s.TryAcquire(n) {
			return nil
		}
		// The defect: the channel is loaded after the look at the count.
		Preempt()
		select {
		case <-*s.freed.Load():
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

func (s *staleBroadcast) Release(n int64) {
	s.count.Release(n)
	// After the count, not before: a waiter that loads the new channel must see the new count.
	close(*s.freed.Swap(new(make(chan struct{}))))
}

// noSecondLook is M24: Acquire looks at the count and then enters the line. On a semaphore of size
// 1, held by A:
//
//  1. B looks at the count, and finds no permit free.
//  2. A releases: the count is lowered, and serve finds an empty line.
//  3. B enters the line, and sleeps beside a free permit.
//
// It breaks C17. A correct Acquire looks again once it stands in line, where every later Release
// finds it. The family is glibc BZ 12674. The mutant declares no order, because TryAcquire does
// not look at the line.
type noSecondLook struct {
	count
	mu   sync.Mutex
	line list.List // of *waiter, the head first
}

func newNoSecondLook(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &noSecondLook{count: count{size: size}}
}

func (s *noSecondLook) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	if err := ctx.Err(); err != nil || s.TryAcquire(n) {
		return err
	}
	if n > s.size {
		<-ctx.Done()
		return ctx.Err()
	}
	// The window. The defect is below: no look at the count after PushBack.
	Preempt()
	w := &waiter{n: n, ready: make(chan struct{})}
	s.mu.Lock()
	w.place = s.line.PushBack(w)
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
		if s.leave(w) {
			return nil
		}
		return ctx.Err()
	}
}

// leave reports whether w was granted its permits. If not, it takes w off the line, and admits the
// waiters that w held up. Grant and departure both happen under mu, so exactly one of the two
// wins.
func (s *noSecondLook) leave(w *waiter) (granted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.granted() {
		return true
	}
	s.line.Remove(w.place)
	s.serve()
	return false
}

func (s *noSecondLook) Release(n int64) {
	s.count.Release(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serve()
}

// serve admits waiters from the head of the line while they fit. The caller holds mu. The count
// may change meanwhile, so each admission is a TryAcquire and no comparison.
func (s *noSecondLook) serve() {
	for {
		head := s.line.Front()
		if head == nil || !s.TryAcquire(head.Value.(*waiter).n) {
			return
		}
		close(s.line.Remove(head).(*waiter).ready)
	}
}

// staleCount is M31: TryAcquire repeats a failed compare-and-swap with the same old value. On a
// semaphore of size 2 with no permit held:
//
//  1. A loads 0.
//  2. B takes one permit, so held is 1.
//  3. The swap of A from 0 fails, and its loop compares the old 0 with the size again.
//  4. A spins until held happens to be 0 again, though one permit is free all the time.
//
// It breaks C4: the try neither succeeds nor returns. It breaks C17 as well, because Acquire tries
// by the same loop, in which it never looks at ctx.
type staleCount struct{ count }

func newStaleCount(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &staleCount{count{size: size}}
}

func (s *staleCount) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	if n > s.size {
		<-ctx.Done()
	}
	if spin(s.TryAcquire, n, func() bool { return ctx.Err() == nil }) {
		return nil
	}
	return ctx.Err()
}

func (s *staleCount) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	held := s.held.Load() // the defect: not loaded again in the loop
	for n <= s.size-held {
		Preempt()
		if s.held.CompareAndSwap(held, held+n) {
			return true
		}
	}
	return false
}

// deafSpinner is M32: a spinning Acquire looks at ctx before its first try and never again. A
// cancelled waiter burns a processor until a permit is free, and then returns nil. It breaks C22,
// and C5, C20 and C23, in which a waiter is cancelled while the permits stay held. The class is
// golangci/golangci-lint#6128.
type deafSpinner struct{ count }

func newDeafSpinner(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &deafSpinner{count{size: size}}
}

func (s *deafSpinner) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	if n > s.size {
		<-ctx.Done()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	// The defect: ctx ought to end the loop.
	spin(s.TryAcquire, n, func() bool { return true })
	return nil
}

// restless is K21: a waiter looks at the permits in a loop, and only yields in between. All results
// are right and come soon, so only the processor time of a waiter tells. It breaks C37: the Waits
// of the mutant does not declare that it spins.
type restless struct{ *queue }

func newRestless(size int64) impls.Semaphore { return restless{newQueue(size)} }

func (s restless) Acquire(ctx context.Context, n int64) error {
	for ctx.Err() == nil {
		if s.queue.TryAcquire(n) {
			return nil
		}
		runtime.Gosched()
	}
	return ctx.Err()
}
