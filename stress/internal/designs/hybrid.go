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
	s.mu.Lock()
	s.parked[freed] = true
	s.mu.Unlock()
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
