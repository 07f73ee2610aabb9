package odd

import (
	"context"
	"slices"
)

// ring keeps its line in an array that wraps around and grows. Growth moves the head to the beginning: the
// waiters between the head and the end of the old array come first. A copy from index 0 would put the
// wrapped part before them, as K26 does.
//
// The array never becomes smaller, and C33 is tempted: after a long line the semaphore keeps its memory. C33 bounds
// storage by the number of waits that are over, and the array follows the longest line instead.
type ring struct {
	permits
	buf     []*waiter
	head, n int // the line is buf[head], buf[head+1], … with n entries, modulo the length
}

func newRing(size int64) *ring { return &ring{permits: newPermits(size), buf: make([]*waiter, 4)} }

// at returns the slot of entry i of the line. It is a pointer, so that push, remove and serve write
// through the same arithmetic that they read by.
func (s *ring) at(i int) **waiter { return &s.buf[(s.head+i)%len(s.buf)] }

// push appends w. Growing doubles the array. So a line of n waiters costs fewer than 2n copies of a pointer,
// and not n*n/2, as it would by a fixed step.
func (s *ring) push(w *waiter) {
	if s.n == len(s.buf) {
		grown := make([]*waiter, 2*s.n)
		for i := range s.n {
			grown[i] = *s.at(i)
		}
		s.buf, s.head = grown, 0
	}
	*s.at(s.n) = w
	s.n++
}

// remove closes the gap that waiter i leaves, and drops the reference behind the end. A mark in the place would
// be cheaper, but serve would then have to skip marks, and a line of leavers would fill the array.
func (s *ring) remove(i int) {
	for ; i < s.n-1; i++ {
		*s.at(i) = *s.at(i + 1)
	}
	*s.at(s.n - 1) = nil
	s.n--
}

func (s *ring) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	s.mu.Lock()
	if s.n == 0 && s.take(n) {
		s.mu.Unlock()
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{}), in: true}
	s.push(w)
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.mu.Lock()
	if w.in {
		for i := range s.n {
			if *s.at(i) == w {
				s.remove(i)
				break
			}
		}
	} else {
		s.held -= n // granted meanwhile; the permits go on to the line
	}
	s.serve()
	s.mu.Unlock()
	return ctx.Err()
}

// serve grants from the head as long as it fits. It clears each slot: otherwise the array would keep a
// waiter alive until its slot is used again, which C31 counts as left behind.
func (s *ring) serve() {
	for s.n > 0 && s.take((*s.at(0)).n) {
		w := *s.at(0)
		*s.at(0) = nil
		s.head = (s.head + 1) % len(s.buf)
		s.n--
		w.in = false
		close(w.ready)
	}
}

func (s *ring) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n == 0 && s.take(n)
}

func (s *ring) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	s.serve()
}

// reserving sets permits aside for a waiter when it is woken, and counts them as held only when the
// waiter has run. Every comparison subtracts both, so that no call takes permits that are set aside.
//
// C4 is tempted: a TryAcquire fails although the calls that have returned hold less than the size. The
// Acquire that was woken has its grant already, and has not returned. C34 orders the two calls in this way.
type reserving struct {
	permits
	reserved int64 // held + reserved <= size
	line     []*waiter
}

func newReserving(size int64) *reserving { return &reserving{permits: newPermits(size)} }

func (s *reserving) fits(n int64) bool { return n <= s.size-s.held-s.reserved }

func (s *reserving) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	s.mu.Lock()
	if len(s.line) == 0 && s.fits(n) {
		s.held += n
		s.mu.Unlock()
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{}), in: true}
	s.line = append(s.line, w)
	s.mu.Unlock()
	cancelled := false
	select {
	case <-w.ready:
	case <-done:
		cancelled = true
	}
	// Between the close of ready and this lock the permits are in reserved and not in held. Both changes
	// below happen under one lock, so held+reserved never lacks or doubles them for another call.
	s.mu.Lock()
	if !w.in { // the permits that were set aside are taken, or freed
		s.reserved -= n
	}
	if !cancelled {
		s.held += n
	} else if i := slices.Index(s.line, w); i >= 0 {
		s.line = slices.Delete(s.line, i, i+1)
	}
	s.serve()
	s.mu.Unlock()
	if cancelled {
		return ctx.Err()
	}
	return nil
}

// serve changes the account before it closes ready: no call can take the permits between the wake-up of the
// waiter and its first step.
func (s *reserving) serve() {
	for len(s.line) > 0 && s.fits(s.line[0].n) {
		w := s.line[0]
		s.line = slices.Delete(s.line, 0, 1)
		s.reserved += w.n
		w.in = false
		close(w.ready)
	}
}

func (s *reserving) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.line) > 0 || !s.fits(n) {
		return false
	}
	s.held += n
	return true
}

// Release compares with held alone. Permits that are set aside belong to an Acquire that has not
// returned, so no caller can know of them and give them back.
func (s *reserving) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	s.serve()
}

// pooled reuses its waiters. The callback of an earlier use may run late, after stop has returned false.
// Each use has a number, and a callback of another use does nothing.
//
// C31 and C33 are tempted. A late callback still runs after its Acquire has returned, and up to eight waiters stay in
// the pool. The callback ends by itself, and eight is a constant: neither grows with the number of waits.
type pooled struct {
	permits
	line   []*reusable
	unused []*reusable
}

// All fields of a reusable but served are guarded by mu of its semaphore.
type reusable struct {
	n      int64
	served chan bool // has room for one, so that neither side waits for the other
	use    int64     // goes up with each use and never wraps, or an old callback would fit again
	in     bool      // in line: not yet served and not yet cancelled
}

func newPooled(size int64) *pooled { return &pooled{permits: newPermits(size)} }

func (s *pooled) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	s.mu.Lock()
	if len(s.line) == 0 && s.take(n) {
		s.mu.Unlock()
		return nil
	}
	w, use := s.join(n)
	s.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { s.cancel(w, use) })
	granted := <-w.served
	stop() // need not succeed: a callback that runs later finds another use, or a waiter that is in no line
	s.mu.Lock()
	if len(s.unused) < 8 { // bounded, or a storm of waiters would be kept for ever
		s.unused = append(s.unused, w)
	}
	s.mu.Unlock()
	if !granted {
		return ctx.Err()
	}
	return nil
}

// join takes a waiter out of the pool. Its channel is empty: one message is sent for each use, and the
// use before returned the waiter after it had received that message.
func (s *pooled) join(n int64) (w *reusable, use int64) {
	if last := len(s.unused) - 1; last >= 0 {
		w, s.unused = s.unused[last], s.unused[:last]
	} else {
		w = &reusable{served: make(chan bool, 1)}
	}
	w.n, w.in = n, true
	w.use++
	s.line = append(s.line, w)
	return w, w.use
}

// cancel takes the waiter off the line, if it is still the same use. Clearing in under mu makes cancel
// and serve exclusive: exactly one of them answers a use.
func (s *pooled) cancel(w *reusable, use int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.use != use || !w.in {
		return
	}
	i := slices.Index(s.line, w)
	s.line = slices.Delete(s.line, i, i+1)
	w.in = false
	w.served <- false
	s.serve()
}

// serve sends under mu and cannot block: the channel has room for one message, and in allows one for each use.
func (s *pooled) serve() {
	for len(s.line) > 0 && s.take(s.line[0].n) {
		w := s.line[0]
		s.line = slices.Delete(s.line, 0, 1)
		w.in = false
		w.served <- true
	}
}

func (s *pooled) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.line) == 0 && s.take(n)
}

func (s *pooled) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	s.serve()
}

// retrying wakes the head of the line, which then tries by itself. A TryAcquire may have taken the permits
// before; then the head sleeps again, and keeps its place.
//
// C17 and C27 are tempted. A waiter that was woken sleeps again, and a TryAcquire that came later has the permits.
// The first is no lost wake-up: the permits were gone when the head looked. The second is declared by TryBarges.
type retrying struct {
	permits
	line []*waiter
}

func newRetrying(size int64) *retrying { return &retrying{permits: newPermits(size)} }

func (s *retrying) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	s.mu.Lock()
	if len(s.line) == 0 && s.take(n) {
		s.mu.Unlock()
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{}, 1)}
	s.line = append(s.line, w)
	s.mu.Unlock()
	for {
		cancelled := false
		select {
		case <-w.ready:
		case <-done:
			cancelled = true
		}
		// A message may be stale, so it is only a reason to look. A leaver may have been the head with a
		// message in its channel; wake below passes that message on to the next head.
		s.mu.Lock()
		if cancelled || s.line[0] == w && s.take(n) {
			i := slices.Index(s.line, w)
			s.line = slices.Delete(s.line, i, i+1)
			s.wake() // the next one may fit as well, and may be the head only now
			s.mu.Unlock()
			if cancelled {
				return ctx.Err()
			}
			return nil
		}
		s.mu.Unlock()
	}
}

// wake tells the head that it may fit. A full channel means that the head has not looked since.
func (s *retrying) wake() {
	if len(s.line) > 0 && s.line[0].n <= s.size-s.held {
		select {
		case s.line[0].ready <- struct{}{}:
		default:
		}
	}
}

// TryAcquire may pass the line, which the semaphore declares as TryBarges.
func (s *retrying) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.take(n)
}

func (s *retrying) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	s.wake()
}
