package mutant

import (
	"container/list"
	"context"

	"github.com/semabench/semabench/impls"
)

// lock is a mutex made of a channel. A synctest bubble sees that a goroutine which waits for it is
// blocked; for a sync.Mutex it does not. Mutants whose defect is a lock that is never released use
// it, so that a clause sees the hang at once and need not wait for its patience to end.
type lock chan struct{} // has an element while the lock is held

func (l lock) lock()   { l <- struct{}{} }
func (l lock) unlock() { <-l }

// broadcast is a correct semaphore in which every Release wakes all waiters. Mutants embed it and
// replace methods.
//
// A waiter loads changed in the critical section in which it finds too few permits. Release lowers
// held and replaces the channel in one critical section too. So no Release falls between the check
// of a waiter and its wait: it closes the very channel that the waiter holds.
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

// Acquire polls the Done channel of ctx instead of calling ctx.Err, and calls the code of ctx only
// without the lock. See errUnderLock for the reason.
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

// take takes n permits if they are free. The caller holds the lock.
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

// locksTwice is M28: TryAcquire calls Acquire while it holds the lock that Acquire takes. With a
// permit free, the call waits for itself and never returns, and every later call waits for the
// lock. With too few permits free it returns false as it should. It breaks C24, C2 and C4. Seen in
// tektoncd/pipelines-as-code#2173.
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
//
//  1. Acquire holds the lock and calls Err of the caller's ctx.
//  2. Err writes a log line, and limits its writer with the same semaphore: it calls TryAcquire.
//  3. TryAcquire waits for the lock, and Acquire waits for Err.
//
// It breaks C25. No context of package context shows the defect. Seen in tokio-rs/tokio#5429,
// where wakers ran under the lock.
type errUnderLock struct{ *broadcast }

func newErrUnderLock(size int64) impls.Semaphore { return errUnderLock{newBroadcast(size)} }

func (s errUnderLock) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	for {
		s.lock.lock()
		// The defect: isDone would poll a channel, and run no code of the caller.
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

// handOff is M27: Release sends to a waiter on an unbuffered channel, with the lock held. On a
// semaphore of size 1, held by A, with B in line:
//
//  1. The ctx of B is done. B leaves its select, and has not yet taken the lock to leave the line.
//  2. A releases: serve takes B off the line and sends. B no longer receives.
//  3. B waits for the lock, A holds it and waits for B, and every later call waits for the lock.
//
// It breaks C7, C20 and C32. A channel with room for one grant would end the wait of A. Then B
// would have to give the grant back. Seen in vitessio/vitess#20310.
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

// take takes n permits if they are free and no request waits. The caller holds the lock.
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

// serve hands permits to waiters from the head of the line while they fit. The caller holds the
// lock.
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

// asksInRelease is K32: Release asks the ctx of each waiter, under its lock, whether to serve it. Acquire
// calls the methods of its ctx without the lock, so an Acquire that is not served while its ctx uses the
// semaphore looks right. It breaks C25.
type asksInRelease struct {
	*queue
	waiting map[*waiter]context.Context // guarded by mu
}

func newAsksInRelease(size int64) impls.Semaphore {
	return &asksInRelease{newQueue(size), map[*waiter]context.Context{}}
}

func (s *asksInRelease) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	s.mu.Lock()
	s.waiting[w] = ctx
	s.mu.Unlock()
	err = s.wait(ctx, w)
	s.mu.Lock()
	delete(s.waiting, w)
	s.mu.Unlock()
	return err
}

func (s *asksInRelease) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	alive := 0
	for _, ctx := range s.waiting {
		if ctx.Err() == nil { // the defect
			alive++
		}
	}
	s.mu.Unlock()
	s.queue.Release(n)
}
