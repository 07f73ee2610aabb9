package mutant

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/semabench/semabench/impls"
)

// joinAt is join with a given place for the waiter, which the line calls under mu.
func (q *queue) joinAt(ctx context.Context, n int64, push func(*waiter)) (*waiter, error) {
	mustNotBeNegative(n)
	done := ctx.Done()
	q.mu.Lock()
	if isDone(done) {
		q.mu.Unlock()
		return nil, ctx.Err()
	}
	defer q.mu.Unlock()
	if q.take(n) {
		return nil, nil
	}
	w := &waiter{n: n, ready: make(chan struct{})}
	if n <= q.size {
		push(w)
	}
	return w, nil
}

// deadlineFirst is K70: requests with a deadline stand before requests without. Each kind is in order, and a
// test has one kind of ctx at a time. It breaks C27.
type deadlineFirst struct {
	*queue
	timed map[*waiter]bool
}

func newDeadlineFirst(size int64) impls.Semaphore {
	return deadlineFirst{newQueue(size), map[*waiter]bool{}}
}

func (s deadlineFirst) Acquire(ctx context.Context, n int64) error {
	_, timed := ctx.Deadline()
	w, err := s.joinAt(ctx, n, func(w *waiter) {
		if !timed {
			w.place = s.line.PushBack(w)
			return
		}
		s.timed[w] = true
		for e := s.line.Front(); e != nil; e = e.Next() {
			if !s.timed[e.Value.(*waiter)] {
				w.place = s.line.InsertBefore(w, e)
				s.serve(math.MaxInt)
				return
			}
		}
		w.place = s.line.PushBack(w)
	})
	if w == nil {
		return err
	}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.timed, w)
	}()
	return s.wait(ctx, w)
}

// oneError is K71: the first leaver to run takes all waiters off the line whose ctx is done, and tells them the
// error of its own ctx. Contexts that end one at a time, or all by the same deadline, tell the same. It breaks
// C9.
type oneError struct {
	mu         sync.Mutex
	size, held int64
	line       []*told
}

type told struct {
	n      int64
	done   <-chan struct{}
	result chan error // has room for the result
}

func newOneError(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &oneError{size: size}
}

func (s *oneError) take(n int64) bool {
	if len(s.line) > 0 || n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *oneError) serve() {
	for len(s.line) > 0 && s.line[0].n <= s.size-s.held {
		s.held += s.line[0].n
		s.line[0].result <- nil
		s.line = slices.Delete(s.line, 0, 1)
	}
}

func (s *oneError) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > s.size {
		<-done
	}
	if isDone(done) {
		return ctx.Err()
	}
	s.mu.Lock()
	if s.take(n) {
		s.mu.Unlock()
		return nil
	}
	w := &told{n, done, make(chan error, 1)}
	s.line = append(s.line, w)
	s.mu.Unlock()
	select {
	case err := <-w.result:
		return err
	case <-done:
	}
	err := ctx.Err()
	s.mu.Lock()
	s.line = slices.DeleteFunc(s.line, func(other *told) bool {
		if !isDone(other.done) {
			return false
		}
		other.result <- err // the defect: the error of another ctx
		return true
	})
	s.serve()
	s.mu.Unlock()
	return <-w.result
}

func (s *oneError) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.take(n)
}

func (s *oneError) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.serve()
}

// passable is a queue in which a request that fits may pass others that do not. K72 and K73 embed it.
type passable struct {
	*queue
	looks  int  // how many waiters an admission looks at
	passes int  // of the head
	guard  int  // the number of passes that shuts the door, or 0
	shut   bool // the head comes next, whatever fits
}

// admitAll grants what fits, from the head on.
func (s *passable) admitAll() {
	for again := true; again; {
		again = false
		looked := 0
		for e := s.line.Front(); e != nil && looked < s.looks; e = e.Next() {
			head := e == s.line.Front()
			if s.shut && !head {
				return
			}
			looked++
			if e.Value.(*waiter).n <= s.size-s.held {
				s.passed(head)
				s.admit(e)
				again = true
				break
			}
		}
	}
}

// passed counts a grant, to the head or past it.
func (s *passable) passed(head bool) {
	if head {
		s.passes, s.shut = 0, false
		return
	}
	s.passes++
	s.shut = s.guard > 0 && s.passes >= s.guard
}

func (s *passable) takes(n int64) bool {
	if s.shut || n > s.size-s.held {
		return false
	}
	if s.line.Len() > 0 {
		s.passed(false)
	}
	s.held += n
	return true
}

func (s *passable) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > s.size {
		<-done
	}
	if isDone(done) {
		return ctx.Err()
	}
	s.mu.Lock()
	if s.takes(n) {
		s.mu.Unlock()
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{})}
	w.place = s.line.PushBack(w)
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.mu.Lock()
	if w.granted() {
		s.held -= n
		s.admitAll()
	} else {
		s.line.Remove(w.place)
		if s.line.Len() == 0 {
			s.passes, s.shut = 0, false
		}
		if s.guard == 0 {
			s.admitAll()
		} // the defect of K73: with a guard, a leaver may have held up requests that fit
	}
	s.mu.Unlock()
	return ctx.Err()
}

func (s *passable) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.takes(n)
}

func (s *passable) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.admitAll()
}

// newLooksAtSome is K72: under Barging, an admission looks at the first 32 waiters. A request behind as many
// that do not fit sleeps on. It breaks C18.
func newLooksAtSome(size int64) impls.Semaphore { return &passable{queue: newQueue(size), looks: 32} }

// newDoorLeftShut is K73: a guard against starvation shuts the door after twenty passes. If the request behind
// it leaves then, the requests that fit go on to wait. Without passes before, a leaver holds up none. It breaks
// C20.
func newDoorLeftShut(size int64) impls.Semaphore {
	return &passable{queue: newQueue(size), looks: math.MaxInt, guard: 20}
}

// cut are K74 and K75: permits are kept in 32 bits, which is declared by MaxSize. A weight is cut to its low 32
// bits, in Release or in TryAcquire. No size above the declared one is ever made, and the largest weight of all
// has low bits that are refused as well. They break C10 and C14.
type cut struct {
	*queue
	release, try bool
}

const cutSize = math.MaxInt32

func newCutRelease(size int64) impls.Semaphore { return cut{newQueue(size), true, false} }
func newCutTry(size int64) impls.Semaphore     { return cut{newQueue(size), false, true} }

func (s cut) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	if s.try {
		n = int64(uint32(n))
	}
	return s.queue.TryAcquire(n)
}

func (s cut) Release(n int64) {
	mustNotBeNegative(n)
	if s.release {
		n = int64(uint32(n))
	}
	s.queue.Release(n)
}

// mutexOfOne is K76: a semaphore of one permit has code of its own, as a mutex, and a Release of a free one is
// ignored. All other sizes are right. It breaks C10.
type mutexOfOne struct{ *queue }

func newMutexOfOne(size int64) impls.Semaphore { return mutexOfOne{newQueue(size)} }

func (s mutexOfOne) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.size == 1 && n == 1 && s.held == 0 {
		return // the defect
	}
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.serve(math.MaxInt)
}

// sharers are K77 and K78: a ctx has one callback, which ends all waits with that ctx. In K77 the callbacks are
// in a table of all semaphores, and the last waiter of one semaphore takes the callback away from the others.
// In K78 each semaphore has a table, and a callback has room for 16 waits. With one semaphore, and up to 16
// waits, both are right. They break C38 and C22.
type sharers struct {
	*queue
	of   *callbacks
	most int // waits of a callback, 0 for any number
}

type callbacks struct {
	mu  sync.Mutex
	all map[<-chan struct{}]*shared
}

// A shared callback ends the waits of all semaphores that have its ctx.
type shared struct {
	stop  func() bool
	waits map[*waiter]chan struct{} // closed when the ctx ends
	count map[*queue]int
}

var sharedByAll = callbacks{all: map[<-chan struct{}]*shared{}}

func newOneCallback(size int64) impls.Semaphore { return sharers{newQueue(size), &sharedByAll, 0} }
func newSixteenSharers(size int64) impls.Semaphore {
	return sharers{newQueue(size), &callbacks{all: map[<-chan struct{}]*shared{}}, 16}
}

func (s sharers) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	done := ctx.Done()
	if done == nil {
		return s.wait(ctx, w)
	}
	ended := make(chan struct{})
	s.of.mu.Lock()
	c := s.of.all[done]
	if c == nil {
		c = &shared{waits: map[*waiter]chan struct{}{}, count: map[*queue]int{}}
		s.of.all[done] = c
	}
	c.count[s.queue]++
	if s.most == 0 || len(c.waits) < s.most {
		c.waits[w] = ended
	}
	s.of.mu.Unlock()
	s.of.watch(ctx, done, c)
	defer s.of.leave(done, c, s.queue, w)
	select {
	case <-w.ready:
		return nil
	case <-ended:
		return s.wait(ctx, w)
	}
}

// watch registers the callback, once. It holds no lock meanwhile, since ctx may call the semaphore.
func (a *callbacks) watch(ctx context.Context, done <-chan struct{}, c *shared) {
	a.mu.Lock()
	registered := c.stop != nil
	if !registered {
		c.stop = func() bool { return true } // until there is one
	}
	a.mu.Unlock()
	if registered {
		return
	}
	stop := context.AfterFunc(ctx, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		for _, ended := range c.waits {
			close(ended)
		}
		clear(c.waits)
		if a.all[done] == c {
			delete(a.all, done)
		}
	})
	a.mu.Lock()
	c.stop = stop
	a.mu.Unlock()
}

// leave takes the callback away with the last wait of a semaphore. The defect of K77: there are other semaphores.
func (a *callbacks) leave(done <-chan struct{}, c *shared, q *queue, w *waiter) {
	a.mu.Lock()
	delete(c.waits, w)
	c.count[q]--
	stop := c.stop
	last := c.count[q] == 0
	if last && a.all[done] == c {
		delete(a.all, done)
	}
	a.mu.Unlock()
	if last {
		stop()
	}
}

// prepares is K79: a callback is registered with ctx before the look at the permits, and stays if they are
// free. It does nothing then, and is gone when the ctx ends; the ctx of a server never does. It breaks C31.
type prepares struct{ *queue }

func newPrepares(size int64) impls.Semaphore { return prepares{newQueue(size)} }

func (s prepares) Acquire(ctx context.Context, n int64) error {
	stop := context.AfterFunc(ctx, func() {})
	w, err := s.join(ctx, n)
	if w == nil {
		if err != nil {
			stop()
		}
		return err
	}
	defer stop()
	return s.wait(ctx, w)
}

// notes is K80: calls that need not wait are noted, and the notes are thrown away at the next wait. It breaks C33.
type notes struct {
	*queue
	all []time.Time
}

func newNotes(size int64) impls.Semaphore { return &notes{queue: newQueue(size)} }

func (s *notes) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	s.mu.Lock()
	if w == nil && err == nil {
		s.all = append(s.all, time.Now())
	} else {
		s.all = nil
	}
	s.mu.Unlock()
	if w == nil {
		return err
	}
	return s.wait(ctx, w)
}

// restlessInTime is K81: a waiter whose deadline is less than a minute away looks at its channels again and again. Others
// sleep. It breaks C37.
type restlessInTime struct{ *queue }

func newRestlessInTime(size int64) impls.Semaphore { return restlessInTime{newQueue(size)} }

func (s restlessInTime) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	deadline, timed := ctx.Deadline()
	if left := time.Until(deadline); !timed || left < time.Minute/2 || left >= time.Minute {
		return s.wait(ctx, w)
	}
	for !w.granted() && !isDone(ctx.Done()) {
		runtime.Gosched()
	}
	return s.wait(ctx, w)
}

// slowJoin is K82: a lock of its own keeps the requests in order while they ask their contexts for the channel.
// A method of a ctx that takes long holds up all other requests. Neither TryAcquire nor Release needs the lock,
// so a ctx that calls these never hangs. It breaks C25.
type slowJoin struct {
	*queue
	joining sync.Mutex
}

func newSlowJoin(size int64) impls.Semaphore { return &slowJoin{queue: newQueue(size)} }

func (s *slowJoin) Acquire(ctx context.Context, n int64) error {
	s.joining.Lock()
	w, err := func() (*waiter, error) {
		defer s.joining.Unlock()
		return s.join(ctx, n)
	}()
	if w == nil {
		return err
	}
	return s.wait(ctx, w)
}

// errInLine is K83: a leaver asks for its error under the lock, while it is in line. TryAcquire refuses at once while
// requests wait, without the lock. So a ctx that tries gets its answer, and a ctx that releases hangs. It
// breaks C25.
type errInLine struct {
	*queue
	waiting sync.Map // of *waiter
}

func newErrInLine(size int64) impls.Semaphore { return &errInLine{queue: newQueue(size)} }

func (s *errInLine) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	if n <= s.size {
		s.waiting.Store(w, true)
		defer s.waiting.Delete(w)
	}
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	if w.granted() {
		s.mu.Unlock()
		return s.wait(ctx, w)
	}
	err = ctx.Err() // the defect
	if w.place != nil {
		s.line.Remove(w.place)
		s.serve(math.MaxInt)
	}
	s.mu.Unlock()
	return err
}

func (s *errInLine) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	for range s.waiting.Range {
		return false
	}
	return s.queue.TryAcquire(n)
}
