package mutant

import (
	"container/list"
	"context"

	"github.com/semabench/semabench/impls"
)

// lock is a mutex made of a channel. A synctest bubble sees that a goroutine which waits for it is
// blocked; for a sync.Mutex it does not.
type lock chan struct{} // has an element while the lock is held

func (l lock) lock()   { l <- struct{}{} }
func (l lock) unlock() { <-l }

// broadcast is a correct semaphore in which every Release wakes all waiters. Mutants embed it and
// replace methods.
type broadcast struct {
	lock
	size    int64
	held    int64
	changed chan struct{} // closed and replaced by Release
}

func newBroadcast(size int64) *broadcast {
	mustNotBeNegative(size)
	return &broadcast{size: size, lock: make(lock, 1), changed: make(chan struct{})}
}

func (s *broadcast) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	for done := ctx.Done(); !isDone(done); {
		s.lock.lock()
		ok, changed := s.take(n), s.changed
		s.lock.unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-done:
		}
	}
	return ctx.Err()
}

func (s *broadcast) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.lock.lock()
	defer s.lock.unlock()
	return s.take(n)
}

func (s *broadcast) take(n int64) bool {
	if n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *broadcast) Release(n int64) {
	mustNotBeNegative(n)
	s.lock.lock()
	defer s.lock.unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	close(s.changed)
	s.changed = make(chan struct{})
}

// locksTwice is M28: TryAcquire calls Acquire, which takes the same lock.
type locksTwice struct{ *broadcast }

func newLocksTwice(size int64) impls.Semaphore { return locksTwice{newBroadcast(size)} }

func (s locksTwice) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.lock.lock()
	defer s.lock.unlock()
	// The defect: Acquire takes the lock as well.
	return n <= s.size-s.held && s.Acquire(context.Background(), n) == nil
}

// errUnderLock is M29: Acquire calls ctx.Err, code of the caller, under its lock.
type errUnderLock struct{ *broadcast }

func newErrUnderLock(size int64) impls.Semaphore { return errUnderLock{newBroadcast(size)} }

func (s errUnderLock) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	for {
		s.lock.lock()
		err := ctx.Err()
		ok := err == nil && s.take(n)
		changed := s.changed
		s.lock.unlock()
		if ok || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// handOff is M27: Release sends to a waiter under the lock. A waiter that was cancelled does not
// receive.
type handOff struct {
	lock
	size int64
	held int64
	line list.List // of *waiter; a grant sends to the channel ready
}

func newHandOff(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &handOff{size: size, lock: make(lock, 1)}
}

func (s *handOff) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > s.size {
		<-done
	}
	s.lock.lock()
	if cancelled := isDone(done); cancelled || s.take(n) {
		s.lock.unlock()
		if cancelled {
			return ctx.Err()
		}
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{})}
	w.place = s.line.PushBack(w)
	s.lock.unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.lock.lock()
	s.line.Remove(w.place)
	s.serve()
	s.lock.unlock()
	return ctx.Err()
}

func (s *handOff) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.lock.lock()
	defer s.lock.unlock()
	return s.take(n)
}

func (s *handOff) take(n int64) bool {
	if s.line.Len() > 0 || n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *handOff) Release(n int64) {
	mustNotBeNegative(n)
	s.lock.lock()
	defer s.lock.unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.serve()
}

func (s *handOff) serve() {
	for {
		head := s.line.Front()
		if head == nil || head.Value.(*waiter).n > s.size-s.held {
			return
		}
		w := s.line.Remove(head).(*waiter)
		s.held += w.n
		w.ready <- struct{}{} // the defect: blocks for ever if w was cancelled
	}
}
