package designs

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// hybrid spins for a moment and then parks: a permit that is held briefly comes back before a sleep
// and a wake-up would be over. Parked waiters are told that permits came back and compete for them.
//
// A waiter counts itself in waiting before its last look at the permits. A Release adds the permits
// before it looks at waiting. So one of the two sees the other.
//
// The two looks are the pattern of Dekker: each side writes its own variable and then reads the
// other's. It needs the sequence of all atomic operations that sync/atomic promises. With plain
// variables, or with one of the two writes after the read, both sides can miss each other, and the
// waiter sleeps beside free permits.
//
// Linearization points, as in lockFree: the successful CompareAndSwap, the Load that saw too
// few permits, and the sight of a done context. A message is only advice to look again: losing the
// race for the permits after it is correct, because the winner's Release sends again.
type hybrid struct {
	size    int64
	free    atomic.Int64
	waiting atomic.Int64

	mu     sync.Mutex
	parked map[chan struct{}]bool // a channel for each parked waiter, with room for one message
}

func newHybrid(size int64) *hybrid {
	mustNotBeNegative(size)
	s := &hybrid{size: size, parked: map[chan struct{}]bool{}}
	s.free.Store(size)
	return s
}

func (s *hybrid) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	// The number of looks is small: with more, a waiter for a permit that is held long only costs
	// processor time, and with none, the parked path alone would be played.
	const looks = 3
	for range looks {
		if isDone(done) {
			return ctx.Err()
		}
		if s.take(n) {
			return nil
		}
		runtime.Gosched()
	}
	freed := make(chan struct{}, 1)
	// The entry and the count both come before the take of the loop below; their own order does not
	// matter. A Release that sees the count but not the entry locked mu before this goroutine did,
	// so its permits are visible to that take.
	s.mu.Lock()
	s.parked[freed] = true
	s.mu.Unlock()
	// A Release whose look at waiting comes after this step sees the count.
	s.waiting.Add(1)
	defer s.unpark(freed)
	for !s.take(n) {
		select {
		case <-freed:
		case <-done:
			return ctx.Err()
		}
	}
	return nil
}

func (s *hybrid) unpark(freed chan struct{}) {
	// A Release between this step and the delete sends a message that is never received. It is not
	// lost for others: each Release sends to every parked waiter.
	s.waiting.Add(-1)
	s.mu.Lock()
	delete(s.parked, freed)
	s.mu.Unlock()
}

func (s *hybrid) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	return s.take(n)
}

func (s *hybrid) take(n int64) bool {
	for {
		free := s.free.Load()
		if n > free {
			return false
		}
		if s.free.CompareAndSwap(free, free-n) {
			return true
		}
	}
}

func (s *hybrid) Release(n int64) {
	mustNotBeNegative(n)
	for {
		free := s.free.Load()
		if n > s.size-free {
			panic(overRelease)
		}
		if s.free.CompareAndSwap(free, free+n) {
			break
		}
	}
	// After the change of free, see the type. This look saves the lock if no waiter is parked,
	// which is the usual case; a Release that always locked would need no count.
	if s.waiting.Load() == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for freed := range s.parked {
		select {
		case freed <- struct{}{}:
		default: // the waiter has not received the last message, and looks again after it
		}
	}
}
