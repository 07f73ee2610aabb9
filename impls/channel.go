package impls

import (
	"context"
	"runtime"
)

// channel is a semaphore of buffered channels alone: no mutex, no atomics, no list.
//
// The textbook form, a channel with one empty struct in its buffer for every permit, takes n
// permits by n operations. Two goroutines that want two each can then hold one each and wait
// for the other forever; a TryAcquire that fails half way makes another one fail for no
// reason; and a weight of 1<<40 takes hours. Letting only one goroutine collect at a time
// mends the first of these only.
//
// Here one token with a number on it carries all free permits, in a channel that buffers just
// that token. A goroutine takes it out, keeps the n permits it needs or none, and puts it
// back at once: nobody ever waits with permits in hand, so there are no half-holders. Whoever
// finds too few permits queues for the turn, a second channel of one place, whose blocked
// senders the runtime serves first come, first served. The goroutine that has the turn is the
// head of the line and waits on freed until enough comes back.
//
// The price is two channel operations where the textbook needs one, and two wake-ups for a waiter,
// for the turn and for the permits; BenchmarkTextbookChannel in package bench measures it
// (1.6 times the textbook's uncontended pair). Nothing is allocated after construction.
//
// Memory order: the k'th send of the token synchronizes before its receive, so every call is
// ordered after all calls that changed the permits before it.
type channel struct {
	size  int64
	token chan ledger   // always one token: here, or with a goroutine about to put it back
	turn  chan struct{} // full while there is a head of the line
	freed chan struct{} // rung for the head; one ring is enough, it looks again after each
}

// ledger is what is written on the token.
type ledger struct {
	free    int64 // permits that nobody holds
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

func (s *channel) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative("weight", n)
	done := ctx.Done()
	if n > s.size {
		<-done // outside the line: it must not hold up those who can be served
		return ctx.Err()
	}
	l := <-s.token
	// Looked at with the token in hand, so a ctx that is done before this call always loses. No
	// method of ctx is called meanwhile: whoever wrote it might use this semaphore there.
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

func (s *channel) Release(n int64) {
	mustNotBeNegative("weight", n)
	l := <-s.token
	if n > s.size-l.free {
		s.token <- l
		panic(overRelease)
	}
	l.free += n
	s.token <- l
	if l.waiting > 0 {
		s.ring()
	}
}

// wait stands in line, and at its head until n permits are free. It calls a method of ctx only
// when it is out of the line again.
func (s *channel) wait(ctx context.Context, done <-chan struct{}, n int64) error {
	select {
	case s.turn <- struct{}{}:
	case <-done:
		s.leaveLine(0)
		return ctx.Err()
	}
	left, ok := s.waitAtHead(done, n)
	<-s.turn // the next in line is its head from here on, and has to look for itself
	if left.free > 0 && left.waiting > 0 {
		// It became runnable behind us, on our processor. If we went to work now, permits would
		// lie idle until we are done, and so would the other processors: each head
		// would admit just itself.
		runtime.Gosched()
	}
	if !ok {
		return ctx.Err()
	}
	return nil
}

// waitAtHead reports whether it took n permits before done was closed, and what was left.
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

// leaveLine takes n permits and one goroutine out of the line, if so many are free, and returns
// what is left. Zero always are free: that is how a cancelled waiter leaves.
func (s *channel) leaveLine(n int64) (left ledger, ok bool) {
	l := <-s.token
	if ok = n <= l.free; ok {
		l.free -= n
		l.waiting--
	}
	s.token <- l
	return l, ok
}

// ring tells the head of the line that permits came back. It is called after the token went
// back, and a full buffer means that the head has still to look: either way it sees them.
func (s *channel) ring() {
	select {
	case s.freed <- struct{}{}:
	default:
	}
}
