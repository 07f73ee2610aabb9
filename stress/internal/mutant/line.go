package mutant

import (
	"container/list"
	"context"
	"sync"

	"github.com/semabench/semabench/impls"
)

// wrongPlace is K6: the clean-up of an Acquire that failed at once removes another waiter. The
// waiter that is removed sleeps until its own ctx is done, as no Release finds it. The line must
// not be empty when the call with a done ctx comes, so a test of such calls on a free semaphore
// passes. It breaks C8.
type wrongPlace struct{ *queue }

func newWrongPlace(size int64) impls.Semaphore { return wrongPlace{newQueue(size)} }

func (s wrongPlace) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w != nil {
		return s.wait(ctx, w)
	}
	if err != nil {
		s.mu.Lock()
		if last := s.line.Back(); last != nil {
			s.line.Remove(last)
		}
		s.mu.Unlock()
	}
	return err
}

// doomedInLine is K11: the comparison with the size is left out behind other waiters. The reference
// keeps a request that never fits out of the line, see [queue.join]. Here it enters if it is more
// than twice the size and others wait, and then holds up all behind it. A test with size+1, or with
// an empty line, passes. It breaks C14.
type doomedInLine struct{ *queue }

func newDoomedInLine(size int64) impls.Semaphore { return doomedInLine{newQueue(size)} }

func (s doomedInLine) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	s.mu.Lock()
	if n/2 > s.size && s.line.Len() > 0 {
		w.place = s.line.PushBack(w)
	}
	s.mu.Unlock()
	return s.wait(ctx, w)
}

// guardReset is K12: TryAcquire and Acquire may pass the head of the line ten times. A waiter that
// is cancelled sets the count to zero. The guard exists so that a large request at the head is not
// passed without end. As long as waiters come, time out and leave, the count never reaches its
// limit. It breaks C26 with a stream of leavers beside the stream of small requests; without
// leavers the guard works.
type guardReset struct {
	*queue
	passes int // guarded by mu
}

func newGuardReset(size int64) impls.Semaphore { return &guardReset{queue: newQueue(size)} }

func (s *guardReset) Acquire(ctx context.Context, n int64) error {
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
	if err = s.wait(ctx, w); err != nil {
		s.mu.Lock()
		s.passes = 0 // the defect
		s.mu.Unlock()
	}
	return err
}

func (s *guardReset) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	const most = 10
	switch {
	case n > s.size-s.held:
		return false
	case s.line.Len() > 0 && s.passes >= most:
		return false
	case s.line.Len() > 0:
		s.passes++
	default:
		s.passes = 0
	}
	s.held += n
	return true
}

// swappedHole is K13: a long line is an array whose holes are filled from its end. To fill a hole
// from the end costs a constant and keeps no order: the last waiter gets the place of the leaver,
// before all waiters between. It breaks C27, in a line of more than 64 with a leaver that is not
// the last. Shorter lines are moved up in order.
type swappedHole struct{ *queue }

func newSwappedHole(size int64) impls.Semaphore { return swappedHole{newQueue(size)} }

func (s swappedHole) Acquire(ctx context.Context, n int64) error {
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
	if s.line.Len() > 64 && !w.granted() && w.place != nil && w.place != s.line.Back() {
		s.line.MoveBefore(s.line.Back(), w.place)
	}
	s.mu.Unlock()
	return s.wait(ctx, w)
}

// shortTicket is K16: the waiter with the smallest ticket is served first. After 65,536 waits the
// newest ticket is the smallest, so the newest waiter is served first. Only a line in which the
// wrap happens shows it. It breaks C36, which makes that many waits.
type shortTicket struct {
	*queue
	next    uint16
	tickets map[*list.Element]uint16 // of the waiters in line; guarded by mu, as is next
}

func newShortTicket(size int64) impls.Semaphore {
	return &shortTicket{queue: newQueue(size), tickets: map[*list.Element]uint16{}}
}

func (s *shortTicket) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	s.mu.Lock()
	if s.next++; w.place != nil && !w.granted() {
		s.tickets[w.place] = s.next
		s.sort(w.place)
	}
	s.mu.Unlock()
	err = s.wait(ctx, w)
	s.mu.Lock()
	delete(s.tickets, w.place)
	s.mu.Unlock()
	return err
}

// sort moves a waiter before all waiters with a larger ticket.
func (s *shortTicket) sort(place *list.Element) {
	for e := place.Prev(); e != nil && s.tickets[e] > s.tickets[place]; e = place.Prev() {
		s.line.MoveBefore(place, e)
	}
}

// leaversWrap is K17: the leaver that makes the counter wrap stays in line. In one of 65,536
// cancellations the waiter returns its error and stays in line. The next grant goes to it, and its
// permits are lost. It breaks C36, which cancels that many waits.
type leaversWrap struct {
	*queue
	leavers uint16 // guarded by mu
}

func newLeaversWrap(size int64) impls.Semaphore { return &leaversWrap{queue: newQueue(size)} }

func (s *leaversWrap) Acquire(ctx context.Context, n int64) error {
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
	s.leavers++
	wrapped := s.leavers == 0
	s.mu.Unlock()
	if wrapped {
		return ctx.Err()
	}
	return s.wait(ctx, w)
}

// wrappedGrowth is K26: the line is an array that wraps around. When it grows it is copied from index 0,
// so the waiters that had wrapped come before the head. The line must be served while it grows: a test
// that fills it and then drains it never wraps. It breaks C27. Its methods are the methods of queue, with
// the array in the place of the list.
type wrappedGrowth struct {
	mu         sync.Mutex
	size, held int64
	buf        []*waiter
	head, n    int // the line is buf[head], buf[head+1], … with n entries, modulo the length
}

func newWrappedGrowth(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &wrappedGrowth{size: size, buf: make([]*waiter, 4)}
}

func (s *wrappedGrowth) at(i int) **waiter { return &s.buf[(s.head+i)%len(s.buf)] }

func (s *wrappedGrowth) push(w *waiter) {
	if s.n == len(s.buf) {
		s.buf = append(s.buf, make([]*waiter, len(s.buf))...) // the defect: the head is not moved to 0
		s.head = 0
	}
	*s.at(s.n) = w
	s.n++
}

func (s *wrappedGrowth) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	w := &waiter{n: n, ready: make(chan struct{})}
	s.mu.Lock()
	switch {
	case isDone(done):
		s.mu.Unlock()
		return ctx.Err()
	case s.n == 0 && n <= s.size-s.held:
		s.held += n
		s.mu.Unlock()
		return nil
	case n <= s.size:
		s.push(w)
	}
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
		s.leave(w)
		return ctx.Err()
	}
}

// leave takes w off the line, or gives back what it was granted.
func (s *wrappedGrowth) leave(w *waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.granted() {
		s.held -= w.n
	}
	for i, found := 0, false; i < s.n; i++ {
		if found = found || *s.at(i) == w; found && i < s.n-1 {
			*s.at(i) = *s.at(i + 1)
		} else if found {
			*s.at(i) = nil
			s.n--
		}
	}
	s.serve()
}

func (s *wrappedGrowth) serve() {
	for s.n > 0 && (*s.at(0)).n <= s.size-s.held {
		w := *s.at(0)
		*s.at(0) = nil
		s.head = (s.head + 1) % len(s.buf)
		s.n--
		s.held += w.n
		close(w.ready)
	}
}

func (s *wrappedGrowth) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n > 0 || n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *wrappedGrowth) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.serve()
}

// boundedLine is K27: each waiter has a place in a buffered channel. A grant frees its place and the places
// of the leavers before it; a cancellation frees none. After 1024 cancelled waits without a grant the next
// Acquire waits for a place, and does not hear its ctx. It breaks C36. However many waits there are in
// all, grants in between keep the channel from filling.
type boundedLine struct {
	*queue
	places chan struct{}
}

func newBoundedLine(size int64) impls.Semaphore {
	return &boundedLine{newQueue(size), make(chan struct{}, 1024)}
}

func (s *boundedLine) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	switch {
	case w == nil:
		return err
	case w.place == nil:
		return s.wait(ctx, w)
	}
	s.places <- struct{}{}
	if err = s.wait(ctx, w); err != nil {
		return err // the defect: the place stays taken
	}
	for {
		select {
		case <-s.places:
		default:
			return nil
		}
	}
}
