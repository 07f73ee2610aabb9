package designs

import (
	"context"
	"sync"
	"sync/atomic"
)

// parking separates the count of permits, which calls compare and swap, from a parking lot: queues
// of sleeping goroutines, found by an address. Requests of one permit and larger ones sleep at
// two addresses.
//
// A request parks in two steps under the lock of its queue. It enters the queue, and looks at the
// permits once more. A Release adds the permits before it takes that lock. So one of the two sees
// the other, and no wake-up is lost.
//
// Invariant: a sleeper does not fit into free, or a Release that made it fit has not yet reached
// its queue. A newcomer may take the permits of such a Release first (impls.Barging); the
// newcomer's own Release then comes by.
//
// Linearization points: the successful CompareAndSwap in take or Release, which for a sleeper is
// made by the Release that grants it; the Load that saw too few permits for a TryAcquire that
// fails; and the removal from the queue for an Acquire that fails.
type parking struct {
	size         int64
	free         atomic.Int64
	light, heavy byte // only their addresses are used
	lot          lot
}

// A lot has the queues. A queue without sleepers has no entry.
type lot struct {
	mu     sync.Mutex
	queues map[*byte]*sleeper
}

type sleeper struct {
	n       int64
	granted bool
	ready   chan struct{}
	next    *sleeper
}

func newParking(size int64) *parking {
	mustNotBeNegative(size)
	s := &parking{size: size, lot: lot{queues: map[*byte]*sleeper{}}}
	s.free.Store(size)
	return s
}

func (s *parking) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if isDone(done) {
		return ctx.Err()
	}
	if s.take(n) {
		return nil
	}
	// A request for more than size parks as well: no sleeper holds up another one.
	address := s.address(n)
	w := &sleeper{n: n, ready: make(chan struct{})}
	if s.lot.park(address, w, func() bool { return s.take(n) }) {
		return nil
	}
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	// leave decides under the lock of the lot between the cancellation and a grant. After a grant
	// the permits belong to this call: an error would leak them.
	if s.lot.leave(address, w) {
		return ctx.Err()
	}
	return nil
}

func (s *parking) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	return s.take(n)
}

func (s *parking) Release(n int64) {
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
	// Heavy requests are asked first. A request of one permit fits as soon as anything is free;
	// asked first, the light ones could keep larger ones from ever seeing enough permits at once.
	s.lot.unpark(&s.heavy, s.take)
	s.lot.unpark(&s.light, s.take)
}

func (s *parking) address(n int64) *byte {
	if n == 1 {
		return &s.light
	}
	return &s.heavy
}

func (s *parking) take(n int64) bool {
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

// park puts w at the end of a queue, unless needless then reports true.
func (l *lot) park(address *byte, w *sleeper, needless func() bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := l.queues[address]
	if last == nil {
		l.queues[address] = w
	} else {
		for last.next != nil {
			last = last.next
		}
		last.next = w
	}
	// This look has to come after w is in the queue and before the lock is released. If the Release
	// locked first, its permits are visible here: its CompareAndSwap came before its lock. If the
	// Release locks later, it finds w in the queue.
	if needless() {
		l.remove(address, w)
		return true
	}
	return false
}

// leave takes w out of a queue, and reports false if w was granted before.
func (l *lot) leave(address *byte, w *sleeper) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	// granted is read and written under the lock of the lot only, so exactly one of unpark and
	// leave takes w out of its queue.
	if w.granted {
		return false
	}
	l.remove(address, w)
	return true
}

// unpark wakes each goroutine of a queue for which take reports true.
func (l *lot) unpark(address *byte, take func(n int64) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// The loop does not stop at a sleeper that does not fit: a smaller one behind it may. It tries
	// all that sleep there, so a waiter that leaves owes the others nothing.
	for w := l.queues[address]; w != nil; w = w.next {
		if take(w.n) {
			l.remove(address, w)
			w.granted = true
			close(w.ready)
		}
	}
}

// remove takes w out of a queue. w.next stays, for a loop that stands at w.
func (l *lot) remove(address *byte, w *sleeper) {
	first := l.queues[address]
	switch {
	case first == w && w.next == nil:
		delete(l.queues, address)
	case first == w:
		l.queues[address] = w.next
	default:
		before := first
		for before.next != w {
			before = before.next
		}
		before.next = w.next
	}
}
