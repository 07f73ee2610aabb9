package mutant

import (
	"container/list"
	"context"
	"math"
	"slices"
	"sync"

	"github.com/semabench/semabench/impls"
)

// steppedOver is K37: the head of the line may be passed by 31 permits, and the count is compared with that
// limit by ==. Two requests for 2 and 3 permits step over it, and then nothing stops small requests. It
// breaks C26 with small requests of several weights. With requests for one permit the guard works.
type steppedOver struct {
	*queue
	passed int64 // permits; guarded by mu
}

func newSteppedOver(size int64) impls.Semaphore { return &steppedOver{queue: newQueue(size)} }

func (s *steppedOver) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if isDone(done) {
		return ctx.Err()
	}
	if s.TryAcquire(n) {
		return nil
	}
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	return s.wait(ctx, w)
}

func (s *steppedOver) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	const most = 31
	switch {
	case n > s.size-s.held:
		return false
	case s.line.Len() == 0:
		s.passed = 0
	case s.passed == most:
		return false
	default:
		s.passed += n
	}
	s.held += n
	return true
}

// asksAtMeeting is K40: a waiter that finds both a grant and the end of its ctx asks the ctx for its error
// under the lock, before it gives the permits back. A method of the ctx that uses the semaphore
// waits for the lock for ever. It breaks C25, and only if a grant and a cancellation meet.
type asksAtMeeting struct{ *queue }

func newAsksAtMeeting(size int64) impls.Semaphore { return asksAtMeeting{newQueue(size)} }

func (s asksAtMeeting) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	if !w.granted() {
		s.mu.Unlock()
		return s.wait(ctx, w)
	}
	defer s.mu.Unlock()
	err = ctx.Err() // the defect
	s.held -= n
	s.serve(math.MaxInt)
	return err
}

// oneFollower is K43: a waiter that finds both a grant and the end of its ctx gives its permits to the next waiter
// only, though they may be enough for several. It breaks C20 with a leaver for two permits and two
// followers for one. With requests of one weight it is right.
type oneFollower struct{ *queue }

func newOneFollower(size int64) impls.Semaphore { return oneFollower{newQueue(size)} }

func (s oneFollower) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	if !s.leave(w) {
		return ctx.Err()
	}
	s.mu.Lock()
	s.held -= n
	s.serve(1) // the defect
	s.mu.Unlock()
	return ctx.Err()
}

// undrained is K44: waiters are used again, with their channels. A waiter that finds both a grant and the end
// of its ctx leaves the signal of the grant in the channel. The next request that gets this waiter takes the
// signal for its own. It breaks C20, if another request waits on the same semaphore later.
type undrained struct {
	mu         sync.Mutex
	size, free int64
	line       []*waiter
	unused     []*waiter
}

func newUndrained(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &undrained{size: size, free: size}
}

func (s *undrained) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > s.size {
		<-done
	}
	if isDone(done) {
		return ctx.Err()
	}
	if s.TryAcquire(n) {
		return nil
	}
	w := s.join(n)
	select {
	case <-w.ready:
		s.mu.Lock()
		s.keep(w)
		s.mu.Unlock()
		return nil
	case <-done:
	}
	s.mu.Lock()
	if i := slices.Index(s.line, w); i >= 0 {
		s.line = slices.Delete(s.line, i, i+1)
	} else {
		s.free += n // the defect: w.ready is not received from
	}
	s.serve()
	s.keep(w)
	s.mu.Unlock()
	return ctx.Err()
}

// keep keeps a few waiters for later requests: C31 counts what is left.
func (s *undrained) keep(w *waiter) {
	if len(s.unused) < 8 {
		s.unused = append(s.unused, w)
	}
}

// join adds a request to the line, unless it fits by now.
func (s *undrained) join(n int64) *waiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &waiter{ready: make(chan struct{}, 1)}
	if last := len(s.unused) - 1; last >= 0 {
		w, s.unused = s.unused[last], s.unused[:last]
	}
	w.n = n
	s.line = append(s.line, w)
	s.serve()
	return w
}

func (s *undrained) serve() {
	for len(s.line) > 0 && s.line[0].n <= s.free {
		w := s.line[0]
		s.line = slices.Delete(s.line, 0, 1)
		s.free -= w.n
		select {
		case w.ready <- struct{}{}:
		default: // the channel has the signal of an earlier grant
		}
	}
}

func (s *undrained) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.line) > 0 || n > s.free {
		return false
	}
	s.free -= n
	return true
}

func (s *undrained) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.size-s.free {
		panic("mutant: released more than held")
	}
	s.free += n
	if n > 0 {
		s.serve()
	}
}

// shortCrowd is K41: the number of waiters is kept in 16 bits, as in a word that it shares with the permits, and
// the line is looked at only if the number is not zero. When 2^16 wait, it is zero. When one more waits, it
// is zero after the first grant. It breaks C36, if more than 2^16 requests wait at the same time.
type shortCrowd struct {
	line  list.List
	count uint16
}

func newShortCrowd(size int64) impls.Semaphore { return newStored(size, new(shortCrowd)) }

func (l *shortCrowd) push(w *storedWaiter) {
	w.place = l.line.PushBack(w)
	l.count++
}

func (l *shortCrowd) first() *storedWaiter {
	if l.count == 0 { // the defect
		return nil
	}
	return l.line.Front().Value.(*storedWaiter)
}

func (l *shortCrowd) remove(w *storedWaiter) {
	l.line.Remove(w.place)
	l.count--
}
