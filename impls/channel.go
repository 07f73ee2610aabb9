package impls

import (
	"context"
	"runtime"
)

// channel is a semaphore of buffered channels alone: no mutex, no atomics, no list.
//
// The textbook form is a channel with one empty struct in its buffer for every permit. It takes
// n permits by n operations, which has three defects:
//
//   - Two goroutines that want two permits each can hold one each and wait forever.
//   - A TryAcquire that fails half way makes another TryAcquire fail for no reason.
//   - A weight of 1<<40 takes hours.
//
// A rule that only one goroutine collects at a time mends only the first.
//
// Here all free permits are a number, in one token that travels through a channel of one place. A
// goroutine receives the token, subtracts n from the number or leaves it, and sends the token
// back at once. No goroutine waits while it holds a part of its permits, so no deadlock of
// half-holders is possible. A goroutine that finds too few permits queues for the turn, a second
// channel of one place. The runtime serves the blocked senders of a channel first come, first
// served. The goroutine that has the turn is the head of the line. It waits on freed until enough
// permits come back.
//
// The price is two channel operations where the textbook needs one. A waiter is also woken
// twice, for the turn and for the permits. BenchmarkTextbookChannel in package bench measures
// the price: 1.6 times the textbook's uncontended pair. Nothing is allocated after construction.
//
// Memory order: the token has one place, so its receives and sends alternate. The k'th send
// synchronizes before the k'th receive completes. So each call is ordered after all calls that
// had the token before it, and with them after each Release whose permits it takes.
type channel struct {
	size  int64
	token chan ledger   // holds the token, except while a goroutine updates it
	turn  chan struct{} // full while there is a head of the line
	freed chan struct{} // wakes the head; one place is enough, see wakeHead
}

// ledger is the value of the token.
type ledger struct {
	free    int64 // permits that are not held; invariant: 0 <= free <= size
	waiting int64 // goroutines in line, its head included
}

func newChannel(size int64) Semaphore {
	mustNotBeNegative("size", size)
	s := &channel{
		size:  size,
		token: make(chan ledger, 1),
		turn:  make(chan struct{}, 1),
		freed: make(chan struct{}, 1),
	}
	s.token <- ledger{free: size}
	return s
}

// Acquire takes the fast path if no goroutine is in line and n permits are free.
//
// The fast path looks at waiting and at free in one possession of the token. Two possessions
// would let a goroutine join the line in between, and this call would pass it, against FIFO. For
// the same reason a call that has to wait counts itself before it sends the token back.
func (s *channel) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative("weight", n)
	done := ctx.Done()
	if n > s.size {
		// Outside the line: at its head this request would block every other one forever.
		<-done
		return ctx.Err()
	}
	l := <-s.token
	// Checked with the token in hand, so a ctx that is done before this call always loses. Not
	// by ctx.Err(), see isDone: code of the context could call the semaphore, and wait for
	// the token that this goroutine has.
	if isDone(done) {
		s.token <- l
		return ctx.Err()
	}
	if l.waiting == 0 && n <= l.free {
		l.free -= n
		s.token <- l
		return nil
	}
	l.waiting++
	s.token <- l
	return s.wait(ctx, done, n)
}

func (s *channel) TryAcquire(n int64) bool {
	mustNotBeNegative("weight", n)
	l := <-s.token
	ok := l.waiting == 0 && n <= l.free
	if ok {
		l.free -= n
	}
	s.token <- l
	return ok
}

// Release sends the token back before it wakes the head. The other order would wake the head to
// a token that still shows the old count, and the head would sleep again beside free permits.
func (s *channel) Release(n int64) {
	mustNotBeNegative("weight", n)
	l := <-s.token
	if n > s.size-l.free {
		s.token <- l // unchanged, so that the semaphore survives a recovered panic
		panic(overRelease)
	}
	l.free += n
	s.token <- l
	if l.waiting > 0 {
		s.wakeHead()
	}
}

// wait queues for the turn, and at the head of the line waits until n permits are free. It calls
// ctx.Err only after it has left the line, because that method may call this semaphore.
func (s *channel) wait(ctx context.Context, done <-chan struct{}, n int64) error {
	select {
	case s.turn <- struct{}{}:
	case <-done:
		s.leaveLine(0)
		return ctx.Err()
	}
	left, ok := s.waitAtHead(done, n)
	<-s.turn // the next waiter becomes the head, and tries for its permits before it sleeps
	if left.free > 0 && left.waiting > 0 {
		// The receive made the next head runnable, on this goroutine's processor. Without the
		// yield it would run only when this goroutine blocks. Meanwhile permits would
		// stay free and other processors idle: each head would admit only itself.
		runtime.Gosched()
	}
	if !ok {
		return ctx.Err()
	}
	return nil
}

// waitAtHead waits until it has taken n permits or done is closed. It returns the ledger that it
// left behind and whether it took the permits.
//
// It tries before each wait on freed. A message on freed can be stale: its permits may have
// been there at an earlier try. So a message means only "try again".
func (s *channel) waitAtHead(done <-chan struct{}, n int64) (left ledger, ok bool) {
	for {
		if left, ok := s.leaveLine(n); ok {
			return left, true
		}
		select {
		case <-s.freed:
		case <-done:
			left, _ := s.leaveLine(0)
			return left, false
		}
	}
}

// leaveLine takes n permits and removes one goroutine from the line, if n permits are free. It
// returns the ledger that it left. Zero permits are always free: a cancelled waiter leaves so.
func (s *channel) leaveLine(n int64) (left ledger, ok bool) {
	l := <-s.token
	if ok = n <= l.free; ok {
		l.free -= n
		l.waiting--
	}
	s.token <- l
	return l, ok
}

// wakeHead tells the head of the line that permits came back. The caller has sent the token
// back before. A full buffer means that the head has not yet received the last message; when it
// does, it reads the token afterwards and sees these permits too. So no wake-up is lost.
func (s *channel) wakeHead() {
	select {
	case s.freed <- struct{}{}:
	default:
	}
}
