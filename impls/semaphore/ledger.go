package semaphore

import (
	"context"
	"sync/atomic"
	"time"
)

// The bounds of bounded bypass. The bound in number replaces the bound in time
// where the clock stands still, as in a bubble of testing/synctest.
const (
	bypassTime  = 50 * time.Microsecond
	bypassCount = 32
)

// ledger is the part of a Weighted that its mutex protects. The fast paths do not touch it.
//
// Whenever the mutex is unlocked:
//
//   - size + debt = held + free + the permits in the word.
//   - If debt > 0, the word is closed and free is 0.
//   - If calls wait in line, the word is closed and the first of them does not fit into free; or
//     the first of them is called, which means that it is about to lock the mutex.
//   - If the word is open, free is 0.
type ledger struct {
	bound  time.Duration // the first in line may be passed while it is first for less than this
	passes int           // and while it was passed less often than this; 0 means strict hand-off
	pace   pace          // and while permits come back soon
	made   time.Time     // the clock counts from here

	free     int64 // free permits while the word is closed, owed to the line once it is overdue
	debt     int64 // permits that a shrink has still to take from the holders
	line     list  // calls that wait for permits, oldest first
	tooLarge list  // calls that wait for more permits than the size, oldest first
	tickets  uint64

	granted, cancelled int64         // calls that have waited, by result
	waited             time.Duration // sum of the waiting times of these calls

	spare  *waiter                // waiters for reuse
	kept   int                    // waiters that return to spare after use
	unused atomic.Pointer[waiter] // waiters on their way to spare, pushed without the mutex
}

// now returns the time on the clock of s. time.Since with a monotonic time is one read of the
// runtime's clock, half the cost of time.Now. Slow paths call it before they lock the mutex.
func (s *Weighted) now() time.Duration { return time.Since(s.made) }

// lock locks the mutex and closes the word, so that the caller has all permits in s.free. now is a recent
// reading of the clock.
func (s *Weighted) lock(now time.Duration) {
	s.mu.Lock()
	if s.close() {
		s.pace.resume(now)
	}
}

// close closes the word, and reports whether it was open. The caller holds the mutex.
//
// While the word is closed no fast path changes it: each swap there expects an open word. A load before the swap
// would save the swap of a closed word, 2 ns, and double the schedules of the explored programs.
func (s *Weighted) close() bool {
	free := s.word.Swap(closed)
	if free != closed {
		s.free = free
	}
	return free != closed
}

// unlock admits the calls that fit, opens the word if it may be open, and unlocks the mutex. It
// is the only place that serves waiters, so every change of the ledger ends here.
//
// A waiter is served in one of two ways. Hand-off takes the permits for it and tells it so. A
// call wakes it and opens the word, with the permits inside: the waiter has to take them
// itself, and newcomers may be faster. That keeps the permit in use while the waiter wakes up,
// and Release stays on the fast path until the waiter has the mutex. Only the first in line is
// called, and only if the next in line would not fit beside it. More permits than that can serve
// several waiters at once, which would otherwise wake each other one after the other.
func (s *Weighted) unlock(now time.Duration) {
	for {
		w := s.line.first
		if w == nil {
			if s.debt == 0 {
				s.open(now)
			}
			break
		}
		if !w.isFirst {
			w.isFirst, w.first = true, now
		}
		fits := w.n <= s.free
		overdue := s.overdue(w, now)
		if fits && (overdue || w.next != nil && w.next.n <= s.free-w.n) {
			s.grant(w, now)
			continue
		}
		if !overdue && (fits || w.told) {
			if !w.told {
				w.called = now
				w.tell(false)
			}
			s.open(now) // w comes with the mutex, finds what newcomers have left, and closes again
		}
		break
	}
	s.mu.Unlock()
}

// open moves the free permits from the ledger into the word. The caller holds the mutex and has
// seen every earlier release, in the swap of lock or under the mutex. So the store passes
// what it has seen to the swap of the fast path that takes these permits.
func (s *Weighted) open(now time.Duration) {
	free := s.free
	s.free = 0
	s.pace.pause(now)
	s.word.Store(free)
}

// overdue reports whether newcomers must no longer pass w, the first in line. The time counts from
// the moment when w became the first: see “What was tried” in the package documentation.
//
// A waiter that is overdue because of the pace may later not be overdue. That is harmless: each change of
// the ledger ends in unlock, which asks again, and no decision rests on an earlier answer.
func (s *Weighted) overdue(w *waiter, now time.Duration) bool {
	return w.passed >= s.passes || now-w.first >= s.bound || s.pace.slow(s.size.Load(), now, w.ticket%probeEvery == 0)
}

// mayTake reports whether a newcomer may take n permits now. The caller has called lock.
func (s *Weighted) mayTake(n int64, now time.Duration) bool {
	w := s.line.first
	return n <= s.free && (w == nil || !s.overdue(w, now))
}

// take takes n permits for a newcomer. If it passes a waiter, it counts that. Swaps of the fast path
// can pass only a waiter that was called, and that waiter counts once itself when it finds
// too few permits.
func (s *Weighted) take(n int64) {
	s.free -= n
	if w := s.line.first; w != nil {
		w.passed++
	}
}

// grant hands permits to w and removes it from the line.
func (s *Weighted) grant(w *waiter, now time.Duration) {
	s.free -= w.n
	s.line.remove(w)
	s.countGranted(w, now)
	w.granted = true
	if !w.told { // else w was called, and looks at granted when it has the mutex
		w.tell(true)
	}
}

func (s *Weighted) countGranted(w *waiter, now time.Duration) {
	s.granted++
	s.waited += max(0, now-w.since) // now may be older: it was read before the mutex was locked
}

func (s *Weighted) acquireSlow(ctx context.Context, n int64) error {
	done := ctx.Done() // before the mutex: Done is code of the context's author, and may call s
	now := s.now()
	s.lock(now)
	if s.mayTake(n, now) {
		s.take(n)
		s.unlock(now)
		return nil
	}
	w := s.newWaiter(n, now)
	if n > s.size.Load() {
		s.tooLarge.push(w)
	} else {
		s.line.push(w)
	}
	s.unlock(now)
	if !s.wait(w, done) {
		return ctx.Err() // after the mutex, for the same reason
	}
	return nil
}

func (s *Weighted) tryAcquireSlow(n int64) bool {
	now := s.now()
	s.lock(now)
	ok := s.mayTake(n, now)
	if ok {
		s.take(n)
	}
	s.unlock(now)
	return ok
}

func (s *Weighted) releaseSlow(n int64) {
	now := s.now()
	s.lock(now)
	// The sum cannot overflow: it is the number of held permits, which was a size once.
	if held := s.size.Load() - s.free + s.debt; n > held {
		s.unlock(now)
		panic("semaphore: released more than held")
	}
	if s.passes > 0 { // else each waiter is overdue, whatever the pace
		s.pace.count(n, s.size.Load(), now)
	}
	paid := min(n, s.debt)
	s.debt -= paid
	s.free += n - paid
	s.unlock(now)
}

// wait waits until w is served or done is closed, and reports whether w holds its permits. A
// waiter that got permits by hand-off needs no mutex any more.
func (s *Weighted) wait(w *waiter, done <-chan struct{}) bool {
	for {
		var handedOff bool
		if done == nil { // a plain receive costs less than a select whose other case never comes
			handedOff = <-w.ready
		} else {
			select {
			case handedOff = <-w.ready:
			case <-done:
				return s.leave(w)
			}
		}
		if handedOff {
			s.recycle(w)
			return true
		}
		if s.answer(w) {
			return true
		}
	}
}

// answer lets a waiter that was called take its permits, and reports whether it has them. Since the
// call the ledger may have changed: newcomers took the permits, the waiter became overdue
// and was handed its permits, or Resize moved it to another place.
//
// If w finds its permits and no call waits behind it, answer reads no clock, which is a large part of the
// price of a wake-up. The time of the call is enough then: w leaves no first in line whose time would begin
// now, and the pace measures nothing between close and open. In all other cases unlock needs the time.
func (s *Weighted) answer(w *waiter) bool {
	s.mu.Lock()
	wasOpen := s.close()
	now := w.called
	if w != s.line.first || w.next != nil || w.n > s.free {
		now = s.now()
		s.pace.answered(now-w.called, s.size.Load(), now)
	}
	if wasOpen {
		s.pace.resume(now)
	}
	w.told = false
	switch {
	case w.granted:
	case w != s.line.first:
	case w.n > s.free:
		w.passed++
	default:
		s.free -= w.n
		s.line.remove(w)
		s.countGranted(w, w.called) // as with hand-off, the time until w runs is not counted
		w.granted = true
	}
	granted := w.granted
	s.unlock(now)
	if granted {
		s.recycle(w)
	}
	return granted
}

// leave removes a waiter whose ctx is done, in constant time. It reports whether the waiter has its
// permits, because a grant was faster: then Acquire succeeds. A message that the waiter has
// not received is in the channel, as it was sent under the mutex. leave receives it, or it
// would wake the next user of w.
func (s *Weighted) leave(w *waiter) bool {
	now := s.now()
	s.lock(now)
	if w.told {
		<-w.ready
	}
	granted := w.granted
	if !granted {
		w.list.remove(w)
		s.cancelled++
		s.waited += max(0, now-w.since)
	}
	s.unlock(now) // w may have been called, or have stood before calls that fit: serve these
	s.recycle(w)
	return granted
}

// maxKept is the number of waiters that a semaphore keeps for reuse: about 200 KB. If more calls
// wait at once, the other waiters are left to the garbage collector.
const maxKept = 1024

// newWaiter returns a waiter that is in no list. Its channel is empty. The caller holds the mutex.
//
// Waiters belong to one semaphore and are not shared through a sync.Pool: a channel that was made in
// a bubble of testing/synctest must not be used outside of it.
func (s *Weighted) newWaiter(n int64, now time.Duration) *waiter {
	if s.spare == nil {
		s.spare = s.unused.Swap(nil)
	}
	w := s.spare
	if w == nil {
		w = &waiter{ready: make(chan bool, 1), kept: s.kept < maxKept}
		if w.kept {
			s.kept++
		}
	} else {
		s.spare = w.next
	}
	s.tickets++
	// Each field that an earlier call may have left, but for fields that are set before they are read: first and
	// called, and the links, which push sets. A copy of a whole waiter costs more than all of push.
	w.n, w.since, w.ticket = n, now, s.tickets
	w.isFirst, w.passed, w.told, w.granted = false, 0, false, false
	return w
}

// recycle keeps w for reuse. The caller is the last user of w and does not need the mutex.
//
// unused is a stack. Its pushes compare and swap, and its only pop takes all waiters at once. So the
// ABA problem does not arise: a push that finds the waiter it has seen on top may link to it,
// whatever happened in between, because a push does not read what is below.
func (s *Weighted) recycle(w *waiter) {
	if !w.kept {
		return
	}
	for {
		top := s.unused.Load()
		w.next = top
		if s.unused.CompareAndSwap(top, w) {
			return
		}
	}
}
