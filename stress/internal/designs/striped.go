package designs

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// stripes is the number of parts into which a striped semaphore divides its permits.
const stripes = 3

// striped divides the permits over several parts with a mutex each, so that callers on different
// parts do not meet. A request that one part cannot serve locks all parts, always in the same
// order, and takes from several. The waiters are protected by all the mutexes together.
//
// A request waits only after it saw all parts at once, and only what gives permits back makes a
// request fit. So Release alone serves waiters.
type striped struct {
	size    int64
	turn    atomic.Uint32 // spreads the callers over the parts
	parts   [stripes]stripe
	waiters []*stripedWaiter // oldest first
}

type stripe struct {
	mu   sync.Mutex
	free int64
}

type stripedWaiter struct {
	n     int64
	ready chan struct{}
}

func newStriped(size int64) *striped {
	mustNotBeNegative(size)
	s := &striped{size: size}
	for i := range s.parts {
		s.parts[i].free = size / stripes
	}
	s.parts[0].free += size % stripes
	return s
}

func (s *striped) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if isDone(done) {
		return ctx.Err()
	}
	if s.takeFromOne(n) {
		return nil
	}
	s.lockAll()
	if s.takeFromAll(n) {
		s.unlockAll()
		return nil
	}
	w := &stripedWaiter{n: n, ready: make(chan struct{})}
	s.waiters = append(s.waiters, w)
	s.unlockAll()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.lockAll()
	i := slices.Index(s.waiters, w)
	if i >= 0 {
		s.waiters = slices.Delete(s.waiters, i, i+1)
	}
	s.unlockAll()
	if i < 0 {
		return nil // it was granted at the same time
	}
	return ctx.Err()
}

func (s *striped) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	if s.takeFromOne(n) {
		return true
	}
	s.lockAll()
	defer s.unlockAll()
	return s.takeFromAll(n)
}

func (s *striped) Release(n int64) {
	mustNotBeNegative(n)
	s.lockAll()
	defer s.unlockAll()
	if n > s.size-s.free() {
		panic(overRelease)
	}
	s.part().free += n
	waiting := s.waiters[:0]
	for _, w := range s.waiters {
		if s.takeFromAll(w.n) {
			close(w.ready)
		} else {
			waiting = append(waiting, w)
		}
	}
	clear(s.waiters[len(waiting):])
	s.waiters = waiting
}

func (s *striped) part() *stripe { return &s.parts[s.turn.Add(1)%stripes] }

func (s *striped) takeFromOne(n int64) bool {
	p := s.part()
	p.mu.Lock()
	defer p.mu.Unlock()
	if n > p.free {
		return false
	}
	p.free -= n
	return true
}

// takeFromAll takes n permits from as many parts as it needs. The caller has locked all.
func (s *striped) takeFromAll(n int64) bool {
	if n > s.free() {
		return false
	}
	for i := range s.parts {
		part := min(n, s.parts[i].free)
		s.parts[i].free -= part
		n -= part
	}
	return true
}

// free returns the number of free permits. The caller has locked all parts.
func (s *striped) free() (sum int64) {
	for i := range s.parts {
		sum += s.parts[i].free
	}
	return sum
}

func (s *striped) lockAll() {
	for i := range s.parts {
		s.parts[i].mu.Lock()
	}
}

func (s *striped) unlockAll() {
	for i := range s.parts {
		s.parts[i].mu.Unlock()
	}
}
