package semaphore

import "time"

// waiter is a call of Acquire that waits. The mutex protects all fields but ready.
type waiter struct {
	ready chan bool // true: the permits are handed over; false: take them. Holds one message
	n     int64
	since time.Duration
	kept  bool // returns to spare after use

	isFirst bool          // it is the first in line, or was so until a Resize
	first   time.Duration // when it became the first

	passed  int           // how often newcomers took permits before it
	called  time.Duration // when it was last woken without permits
	told    bool          // a message was sent, and the waiter has not had the mutex since
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
