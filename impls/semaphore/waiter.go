package semaphore

import "time"

// maxKept is the number of waiters that a semaphore keeps for reuse: about 200 KB. If more calls
// wait at once, the other waiters are left to the garbage collector.
const maxKept = 1024

// waiter is a call of Acquire that waits. The mutex protects all fields but ready.
type waiter struct {
	ready chan bool // true: the permits are handed over; false: take them. Holds one message
	n     int64
	since time.Duration
	kept  bool // returns to spare after use

	isFirst bool          // it is the first in line, or was so until a Resize
	first   time.Duration // when it became the first

	passed  int  // how often newcomers took permits before it
	told    bool // a message was sent, and the waiter has not had the mutex since
	granted bool

	ticket     uint64 // order of arrival, over both lists
	list       *list
	next, prev *waiter // in its list; next also in spare and unused
}

// tell sends a message to a waiter. It never blocks: told allows one message at a time, and the
// channel has room for it.
func (w *waiter) tell(handedOff bool) {
	w.told = true
	w.ready <- handedOff
}

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
	*w = waiter{ready: w.ready, kept: w.kept, n: n, since: now, ticket: s.tickets}
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

// list is a doubly linked list of waiters, so that a cancelled waiter leaves in constant time.
type list struct {
	first, last *waiter
	n           int64
}

func (l *list) push(w *waiter) {
	w.list, w.prev, w.next = l, l.last, nil
	if l.last == nil {
		l.first = w
	} else {
		l.last.next = w
	}
	l.last = w
	l.n++
}

func (l *list) remove(w *waiter) {
	if w.prev == nil {
		l.first = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		l.last = w.prev
	} else {
		w.next.prev = w.prev
	}
	w.list, w.prev, w.next = nil, nil, nil
	l.n--
}
