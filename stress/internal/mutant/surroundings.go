package mutant

import (
	"container/list"
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
)

// oneTable is K45: the waiters of several semaphores are in one table, as in a bucket of a parking lot. wake takes the
// first waiter without a look at the semaphore for which it waits. Its permits then belong to another
// semaphore, whose own waiter sleeps on. One semaphore alone is served well, so a test that makes one at a time
// passes. It breaks C38. A table has two semaphores only, because a waiter that is left in it must not meet a Release
// from another bubble.
type oneTable struct {
	*queue
	bucket *bucket
}

type bucket struct {
	mu   sync.Mutex // also guards the permits of these semaphores
	line list.List  // of tabled
}

type tabled struct {
	*waiter
	of *queue
}

// halfFull is a table with one semaphore, or nil.
var halfFull atomic.Pointer[bucket]

func newOneTable(size int64) impls.Semaphore {
	b := halfFull.Swap(nil)
	if b == nil {
		b = &bucket{}
		halfFull.Store(b)
	}
	return oneTable{newQueue(size), b}
}

func (s oneTable) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if isDone(done) {
		return ctx.Err()
	}
	b, w := s.bucket, &waiter{n: n, ready: make(chan struct{})}
	b.mu.Lock()
	if s.takeAlone(n) {
		b.mu.Unlock()
		return nil
	}
	if n <= s.size {
		w.place = b.line.PushBack(tabled{w, s.queue})
	}
	b.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if w.granted() {
		s.held -= n
	} else if w.place != nil {
		b.line.Remove(w.place)
	}
	s.wake()
	return ctx.Err()
}

// takeAlone takes n permits if they are free and no request waits for this semaphore. The caller has the lock.
func (s oneTable) takeAlone(n int64) bool {
	for e := s.bucket.line.Front(); e != nil; e = e.Next() {
		if e.Value.(tabled).of == s.queue {
			return false
		}
	}
	return s.take(n)
}

// wake does not compare tabled.of with the queue that it serves.
func (s oneTable) wake() {
	for e := s.bucket.line.Front(); e != nil && e.Value.(tabled).n <= s.size-s.held; e = s.bucket.line.Front() {
		w := s.bucket.line.Remove(e).(tabled)
		s.held += w.n
		close(w.ready)
	}
}

func (s oneTable) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.bucket.mu.Lock()
	defer s.bucket.mu.Unlock()
	return s.takeAlone(n)
}

func (s oneTable) Release(n int64) {
	mustNotBeNegative(n)
	s.bucket.mu.Lock()
	defer s.bucket.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.wake()
}

// tidied is K46: a cleanup takes the waiter of a goroutine that has ended off the line. It belongs to an object that
// only the call refers to, and the call refers to it no longer once it sleeps: a runtime.KeepAlive after the wait
// is left out. So a garbage collection ends the wait, and no Release finds the waiter. Without a
// collection during a wait nothing shows. It breaks C38.
type tidied struct{ *queue }

func newTidied(size int64) impls.Semaphore { return tidied{newQueue(size)} }

func (s tidied) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	caller := &struct{ *waiter }{w}
	defer runtime.AddCleanup(caller, s.forget, w).Stop()
	return s.wait(ctx, w)
}

// forget runs in a goroutine of the runtime, and so touches no channel of a bubble. It does nothing to a waiter that
// was granted, whose place is in no line any more.
func (s tidied) forget(w *waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.place != nil {
		s.line.Remove(w.place)
	}
}

// perProcessor is K47: calls are counted in an array with an entry for each processor at the time of New, and the index
// is reduced by the number of processors of now. If that number grows, a call panics. The runtime of Go
// changes it by itself when the limit of a container changes. It breaks C38.
type perProcessor struct {
	*queue
	tries []atomic.Int64
	turn  atomic.Int64
}

func newPerProcessor(size int64) impls.Semaphore {
	return &perProcessor{queue: newQueue(size), tries: make([]atomic.Int64, runtime.GOMAXPROCS(0))}
}

func (s *perProcessor) TryAcquire(n int64) bool {
	s.tries[s.turn.Add(1)%int64(runtime.GOMAXPROCS(0))].Add(1)
	return s.queue.TryAcquire(n)
}

// shortTimeout is K48: the milliseconds to the deadline have to fit into 32 bits, as the timeouts of many systems do. A
// request whose deadline is further away waits as if its ctx could not end, and so hears no cancellation. A
// test with deadlines of hours passes. It breaks C9, C20 and C22.
type shortTimeout struct{ *queue }

func newShortTimeout(size int64) impls.Semaphore { return shortTimeout{newQueue(size)} }

func (s shortTimeout) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline).Milliseconds() > math.MaxInt32 {
		ctx = context.WithoutCancel(ctx)
	}
	return s.wait(ctx, w)
}

// shortYears is K49: a deadline that has passed for long is told at once. It is compared in nanoseconds since 1970, of
// which 64 bits have no more than 292 years. A deadline after the year 2262 seems to have passed. It breaks C35.
type shortYears struct{ *queue }

func newShortYears(size int64) impls.Semaphore { return shortYears{newQueue(size)} }

func (s shortYears) Acquire(ctx context.Context, n int64) error {
	const slack = 24 * time.Hour // a caller may grant more time
	deadline, ok := ctx.Deadline()
	if ok && n >= 0 && deadline.UnixNano() < time.Now().UnixNano()-int64(slack) {
		return context.DeadlineExceeded
	}
	return s.queue.Acquire(ctx, n)
}

// sheds is K50: a line that has stood for 100 ms sheds load. A request that comes then and has a deadline is refused at
// once, though its ctx is not done. Services do this, and callers of a semaphore do not expect it. A test
// whose requests come all at one time passes. It breaks C35.
type sheds struct {
	*queue
	since time.Time // when the line was empty last
}

func newSheds(size int64) impls.Semaphore { return &sheds{queue: newQueue(size)} }

func (s *sheds) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	deadline, hasDeadline := ctx.Deadline()
	s.mu.Lock()
	if s.line.Len() == 0 {
		s.since = time.Now()
	}
	stood := time.Since(s.since)
	s.mu.Unlock()
	if hasDeadline && stood > 100*time.Millisecond && time.Until(deadline) < time.Hour {
		return context.DeadlineExceeded
	}
	return s.queue.Acquire(ctx, n)
}

// calm is K51: after 1000 calls of TryAcquire without a waiter, Release does not look at the line. A waiter should end
// this mode, and only a waiter that finds another one does. So the first waiter after many calls sleeps on. A test that
// begins with waiters, or makes a new semaphore for them, passes. It breaks C36.
type calm struct {
	*queue
	tries int  // without a waiter
	fast  bool // Release does not look at the line
}

func newCalm(size int64) impls.Semaphore { return &calm{queue: newQueue(size)} }

func (s *calm) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tries++; s.tries >= 1000 && s.line.Len() == 0 {
		s.fast = true
	}
	return s.take(n)
}

func (s *calm) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	s.mu.Lock()
	if s.line.Len() > 1 {
		s.tries, s.fast = 0, false
	}
	s.mu.Unlock()
	return s.wait(ctx, w)
}

func (s *calm) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	if !s.fast {
		s.serve(math.MaxInt)
	}
}

// ownAgain is K52: a request with the ctx of the last request that was granted is taken for the same caller, whose
// permit serves it again, as in a lock that may be taken again. Contexts that end are meant: others belong to
// many callers. A test in which no request has the ctx of another passes. It breaks C22.
type ownAgain struct {
	*queue
	last <-chan struct{} // the Done channel of the last request that was granted
}

func newOwnAgain(size int64) impls.Semaphore { return &ownAgain{queue: newQueue(size)} }

func (s *ownAgain) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	s.mu.Lock()
	again := done != nil && s.last == done && n == 1 && s.held > 1 && !isDone(done)
	s.mu.Unlock()
	if again {
		return nil
	}
	err := s.queue.Acquire(ctx, n)
	if err == nil {
		s.mu.Lock()
		s.last = done
		s.mu.Unlock()
	}
	return err
}

// surplusForNow is K53: Release gives the permits back first, and takes them back if they were too many. Another call
// may take the surplus in between, and then more are held than the size. After the panic all is as before, so a test
// without another call at the same time passes. It breaks C11.
type surplusForNow struct{ *queue }

func newSurplusForNow(size int64) impls.Semaphore { return surplusForNow{newQueue(size)} }

func (s surplusForNow) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		s.held -= n
		s.mu.Unlock()
		Preempt()
		s.mu.Lock()
		s.held += n
		panic("mutant: released more than held")
	}
	s.held -= n
	s.serve(math.MaxInt)
}

// byteOfLine is K54: TryAcquire looks at the length of the line in eight bits. While 256 requests wait, it takes a free
// permit past them, though FIFO is declared. Acquire looks at the line itself. A test with fewer waiters passes, and so
// does one in which no permit is free. It breaks C28.
type byteOfLine struct{ *queue }

func newByteOfLine(size int64) impls.Semaphore { return byteOfLine{newQueue(size)} }

func (s byteOfLine) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if uint8(s.line.Len()) > 0 || n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

// inEights is K55: Release grants eight waiters, unlocks to wake them, and goes on. It keeps the number of free permits
// meanwhile, and newcomers may have taken them. After tokio-rs/tokio#2340, where Release also wakes a few waiters at a
// time and looks anew each time. With fewer than eight waiters it never goes on. It breaks C18.
type inEights struct{ *queue }

func newInEights(size int64) impls.Semaphore { return inEights{newQueue(size)} }

func (s inEights) Release(n int64) {
	const most = 8
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	free := s.size - s.held
	for {
		var wake []*waiter
		for e := s.line.Front(); e != nil && len(wake) < most && e.Value.(*waiter).n <= free; e = s.line.Front() {
			w := s.line.Remove(e).(*waiter)
			s.held += w.n
			free -= w.n
			wake = append(wake, w)
			close(w.ready)
		}
		if len(wake) < most {
			return
		}
		s.mu.Unlock()
		Preempt() // the waiters of the last eight are woken here
		s.mu.Lock()
	}
}
