package mutant

import (
	"container/list"
	"context"
	"sync"

	"github.com/semabench/semabench/impls"
)

// A signals semaphore lets waiters take their permits themselves. One waiter at a time is
// signalled; it looks at the count, and signals the next waiter that fits. It is correct but for
// onCancel, which a mutant sets.
//
// At most one signal is on its way, so a Release does not wake a crowd for one permit. The price
// is a duty: the waiter that consumed the signal must clear signalled and call signal, whatever it
// does with its own request. Both mutants forget one half of that duty on cancellation.
type signals struct {
	mu        sync.Mutex
	size      int64
	held      int64
	asleep    list.List // of *waiter; a signal removes the waiter and closes ready
	signalled bool      // a signal is on its way

	// onCancel is called for a cancelled waiter that had been signalled. A correct one would clear
	// signalled and then signal another waiter.
	onCancel func()
}

// newSignals returns a signals without an onCancel. The caller must set it.
func newSignals(size int64) *signals {
	mustNotBeNegative(size)
	return &signals{size: size}
}

// newSwallowedSignal returns M23: a cancelled waiter that had been signalled does not signal
// another. On a semaphore of size 1, held by A, with B and then C asleep:
//
//  1. A releases, and signals B.
//  2. The ctx of B is done before B runs. B clears signalled, and returns its error.
//  3. One permit is free, C fits, and C was not signalled.
//
// It breaks C20. The next Release, or the next waiter, signals C: so the defect costs time under
// load, and for ever without. Seen in jackc/puddle#2.
func newSwallowedSignal(size int64) impls.Semaphore {
	s := newSignals(size)
	s.onCancel = func() { s.signalled = false } // the defect: no call of signal
	return s
}

// newFlagKept returns M25: a cancelled waiter that had been signalled tries to signal another
// while the flag still says that a signal is on its way, so nothing happens. The steps are those
// of M23, but the flag stays set: no waiter that sleeps is ever signalled again, whatever is
// released. It breaks C20. Seen in python/cpython#93222.
func newFlagKept(size int64) impls.Semaphore {
	s := newSignals(size)
	s.onCancel = s.signal // the defect: does nothing while signalled is set
	return s
}

func (s *signals) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > s.size {
		<-done
		return ctx.Err()
	}
	if isDone(done) || !s.await(done, n) {
		return ctx.Err()
	}
	return nil
}

// await takes n permits and returns true, or returns false because done is closed. A waiter that
// was signalled and finds too few permits, because another call barged, goes to sleep again and
// signals.
func (s *signals) await(done <-chan struct{}, n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if s.take(n) {
			s.signal()
			return true
		}
		w := s.sleep(done, n)
		switch {
		case isDone(done):
			s.leave(w)
			return false
		case w.granted():
			s.signalled = false
		}
	}
}

// leave ends the sleep of a cancelled waiter. If it was signalled, the signal has to go on. The
// caller holds mu.
func (s *signals) leave(w *waiter) {
	if w.granted() {
		s.onCancel()
	} else {
		s.asleep.Remove(w.place)
	}
}

// sleep puts a waiter to sleep, and unlocks mu until the waiter is signalled or done is closed.
//
// It signals after it has joined the sleepers: the count may have room for another sleeper, or for
// this one.
func (s *signals) sleep(done <-chan struct{}, n int64) *waiter {
	w := &waiter{n: n, ready: make(chan struct{})}
	w.place = s.asleep.PushBack(w)
	s.signal()
	s.mu.Unlock()
	defer s.mu.Lock()
	select {
	case <-w.ready:
	case <-done:
	}
	return w
}

// signal signals the first waiter that fits, unless a signal is on its way. The caller holds mu. A
// signal is no grant: held does not change, and another call may take the permits first.
func (s *signals) signal() {
	for e := s.asleep.Front(); e != nil && !s.signalled; e = e.Next() {
		if w := e.Value.(*waiter); w.n <= s.size-s.held {
			s.asleep.Remove(e)
			close(w.ready)
			s.signalled = true
		}
	}
}

// take takes n permits if they are free, past all waiters. The caller holds mu.
func (s *signals) take(n int64) bool {
	if n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *signals) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.take(n)
}

func (s *signals) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.signal()
}

// A baton is K35: Release wakes the first waiter, and a waiter that the wake-up does not serve hands it to
// the waiter behind. A waiter that leaves hands it on as well, but only if it had it from a Release. So of
// two leavers in a row the second one keeps it, and the third waiter sleeps beside a free permit. It breaks
// C20. Package odd has a correct one.
type baton struct {
	mu         sync.Mutex
	size, held int64
	line       list.List // of *runner, the head first
}

// A runner is a waiter in the line of a baton.
type runner struct {
	n    int64
	wake chan bool // the baton; true if a leaver handed it on
}

func newBaton(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &baton{size: size}
}

// hand gives the baton to the runner at e. A runner that has one already will look at the permits, which
// serves both.
func hand(e *list.Element, byLeaver bool) {
	if e == nil {
		return
	}
	select {
	case e.Value.(*runner).wake <- byLeaver:
	default:
	}
}

func (s *baton) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if isDone(done) {
		return ctx.Err()
	}
	if n > s.size {
		<-done
		return ctx.Err()
	}
	if s.TryAcquire(n) || s.run(done, n) {
		return nil
	}
	return ctx.Err()
}

// run waits in line, and reports whether n permits were taken.
func (s *baton) run(done <-chan struct{}, n int64) (taken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &runner{n: n, wake: make(chan bool, 1)}
	place := s.line.PushBack(r)
	defer s.line.Remove(place)
	for n > s.size-s.held {
		s.mu.Unlock()
		left, byLeaver := false, false
		select {
		case <-r.wake:
		case <-done:
			left = true
		}
		s.mu.Lock()
		if left {
			select {
			case byLeaver = <-r.wake:
				if !byLeaver { // the defect
					hand(place.Next(), true)
				}
			default:
			}
			return false
		}
		hand(place.Next(), false)
	}
	s.held += n
	return true
}

func (s *baton) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *baton) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	if n > 0 {
		hand(s.line.Front(), false)
	}
}
