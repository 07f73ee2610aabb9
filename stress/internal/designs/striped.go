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
//
// Invariant, whenever no mutex is held: each part has at least 0 free permits, all parts together
// have at most size, and no waiter fits into their sum. The parts need not be balanced: a Release
// gives all its permits to one of them.
//
// The same order of locking excludes a deadlock: a call that waits for a part holds lower ones
// only. takeFromOne holds a single mutex and takes no second one.
//
// Linearization points: the change of one part under its mutex; the changes of several parts, which
// are one step to all others because every mutex is held; for a TryAcquire that fails, any moment
// at which it holds all mutexes; for an Acquire that fails, the removal from the waiters.
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
	// The remainder has to go somewhere, or the semaphore had fewer permits than size.
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
	// One part too small says nothing about the others. A sum over parts that are locked one after
	// the other would count permits twice, or never, that move in between by a Release and a
	// request. So only the sight of all parts at once may make a request wait.
	s.lockAll()
	if s.takeFromAll(n) {
		s.unlockAll()
		return nil
	}
	// All mutexes are held from the look at the parts to this append, and a Release locks all of
	// them, too. So no Release falls between the two, and none is missed.
	w := &stripedWaiter{n: n, ready: make(chan struct{})}
	s.waiters = append(s.waiters, w)
	s.unlockAll()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.lockAll()
	// Absence means that a Release counted the permits for w and closed ready: the call has to
	// succeed. The other waiters need no look: w held none of them up, and free is the same.
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
	// The waiters that stay are moved to the front of the same array. The rest is cleared, so that
	// granted waiters are not kept alive by it.
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

// part returns the parts in turn. Which part a call gets matters to no result, so a turn that wraps
// around is harmless. It is atomic because callers that hold no common mutex change it.
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
