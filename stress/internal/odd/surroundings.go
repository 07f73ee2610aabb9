package odd

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/semabench/semabench/impls"
)

// parkingLot keeps the waiters of all semaphores in one table of few buckets. It compares the semaphore of an
// entry wherever it walks a bucket: entries of other semaphores stand in between. K45 does not compare them.
// The design is the parking lot of WebKit, https://webkit.org/blog/6161/locking-in-webkit/.
//
// C38 is tempted, since semaphores share a lock and a slice. They delay each other, and change nothing of each other:
// no call blocks while it holds the lock of a bucket, and each account belongs to one semaphore. The table
// refers to a semaphore only while a request waits for it, so C31 finds nothing left behind.
type parkingLot struct {
	size, held int64 // held is guarded by the lock of the bucket
	bucket     *lotBucket
}

type lotBucket struct {
	mu   sync.Mutex
	line []parkedAt
}

type parkedAt struct {
	of *parkingLot
	w  *waiter
}

var (
	lotBuckets [4]lotBucket
	lotTurn    atomic.Uint64
)

func newParkingLot(size int64) *parkingLot {
	mustNotBeNegative(size)
	return &parkingLot{size: size, bucket: &lotBuckets[lotTurn.Add(1)%uint64(len(lotBuckets))]}
}

// first returns the index of the first waiter of s, or -1. It walks past the waiters of other semaphores, so the
// line of each is in order although the bucket mixes them.
func (s *parkingLot) first() int {
	return slices.IndexFunc(s.bucket.line, func(p parkedAt) bool { return p.of == s })
}

func (s *parkingLot) take(n int64) bool {
	if s.first() >= 0 || n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *parkingLot) serve() {
	for i := s.first(); i >= 0 && s.bucket.line[i].w.n <= s.size-s.held; i = s.first() {
		w := s.bucket.line[i].w
		s.bucket.line = slices.Delete(s.bucket.line, i, i+1)
		s.held += w.n
		w.in = false
		close(w.ready)
	}
}

func (s *parkingLot) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > s.size {
		<-done
	}
	if isDone(done) {
		return ctx.Err()
	}
	b, w := s.bucket, &waiter{n: n, ready: make(chan struct{}), in: true}
	b.mu.Lock()
	if s.take(n) {
		b.mu.Unlock()
		return nil
	}
	b.line = append(b.line, parkedAt{s, w})
	b.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	b.mu.Lock()
	if w.in {
		b.line = slices.DeleteFunc(b.line, func(p parkedAt) bool { return p.w == w })
	} else {
		s.held -= n
	}
	s.serve()
	b.mu.Unlock()
	return ctx.Err()
}

func (s *parkingLot) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.bucket.mu.Lock()
	defer s.bucket.mu.Unlock()
	return s.take(n)
}

func (s *parkingLot) Release(n int64) {
	mustNotBeNegative(n)
	s.bucket.mu.Lock()
	defer s.bucket.mu.Unlock()
	if n > s.held {
		panic(overRelease)
	}
	s.held -= n
	if n > 0 {
		s.serve()
	}
}

// weakly holds its waiters by weak pointers. The call keeps its waiter alive until the wait is over, so a
// pointer that a collection has cleared belongs to no call that waits. K46 beside it lacks the KeepAlive.
//
// C38 is tempted: a garbage collection does change the line. It clears only the pointers of waits that are over, which
// first skips anyway. A test that follows the strong pointers of the line finds no waiter at all.
type weakly struct {
	permits
	line []weak.Pointer[waiter]
}

func newWeakly(size int64) *weakly { return &weakly{permits: newPermits(size)} }

// first returns the first waiter that is still in line, and drops the entries before it. Both conditions are
// needed: a granted waiter may not be collected yet, and a collected waiter has no fields to look at.
func (s *weakly) first() *waiter {
	for len(s.line) > 0 {
		if w := s.line[0].Value(); w != nil && w.in {
			return w
		}
		s.line = s.line[1:]
	}
	return nil
}

func (s *weakly) serve() {
	for w := s.first(); w != nil && s.take(w.n); w = s.first() {
		w.in = false
		close(w.ready)
	}
}

func (s *weakly) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	w := &waiter{n: n, ready: make(chan struct{}), in: true}
	defer runtime.KeepAlive(w)
	s.mu.Lock()
	if s.first() == nil && s.take(n) {
		s.mu.Unlock()
		return nil
	}
	s.line = append(s.line, weak.Make(w))
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.mu.Lock()
	if w.in {
		w.in = false
		// Weak pointers of one object are equal, so a second one finds the entry.
		s.line = slices.DeleteFunc(s.line, func(p weak.Pointer[waiter]) bool { return p == weak.Make(w) })
	} else {
		s.put(n)
	}
	s.serve()
	s.mu.Unlock()
	return ctx.Err()
}

func (s *weakly) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first() == nil && s.take(n)
}

func (s *weakly) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	if n > 0 {
		s.serve()
	}
}

// perProcessor keeps its free permits in an array with a share for each processor of New, and a request takes from all
// shares. The array is indexed by its own length: the number of processors may be another one by now. K47 indexes
// by the processors of now, and panics after their number has grown.
//
// C4 is tempted if it looks at one share: no single share may have n permits although enough are free in all. One
// mutex guards all shares, so a request sees their sum at one moment. A lock for each share would be faster,
// and would hide the step that this design is here for.
type perProcessor struct {
	mu   sync.Mutex
	size int64
	free []int64 // never negative, and at most size in all
	turn int     // of the share that the next Release fills
	line []*waiter
}

func newPerProcessor(size int64) *perProcessor {
	mustNotBeNegative(size)
	s := &perProcessor{size: size, free: make([]int64, runtime.GOMAXPROCS(0))}
	s.free[0] = size
	return s
}

func (s *perProcessor) sum() (n int64) {
	for _, f := range s.free {
		n += f
	}
	return n
}

// take compares the sum before it takes the first share, so it never has to put a part back.
func (s *perProcessor) take(n int64) bool {
	if n > s.sum() {
		return false
	}
	for i := range s.free {
		part := min(n, s.free[i])
		s.free[i] -= part
		n -= part
	}
	return true
}

// put serves the line too: every caller gives permits back, or lets a waiter leave.
func (s *perProcessor) put(n int64) {
	s.turn++
	s.free[s.turn%len(s.free)] += n
	for len(s.line) > 0 && s.take(s.line[0].n) {
		w := s.line[0]
		s.line = s.line[1:]
		w.in = false
		close(w.ready)
	}
}

func (s *perProcessor) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > s.size {
		<-done
	}
	if isDone(done) {
		return ctx.Err()
	}
	s.mu.Lock()
	if len(s.line) == 0 && s.take(n) {
		s.mu.Unlock()
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{}), in: true}
	s.line = append(s.line, w)
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.mu.Lock()
	given := n
	if w.in {
		s.line = slices.DeleteFunc(s.line, func(x *waiter) bool { return x == w })
		given = 0
	}
	s.put(given)
	s.mu.Unlock()
	return ctx.Err()
}

func (s *perProcessor) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.line) == 0 && s.take(n)
}

func (s *perProcessor) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.size-s.sum() {
		panic(overRelease)
	}
	s.put(n)
}

// calm has a mode for times without waiters, in which Release does not serve the line. K51 beside it misses the
// first waiter after such a time.
//
// Release looks at fast and at the length of the line under mu. The look at the length is needed. Acquire sets fast
// under mu, unlocks, and joins the line under mu again. Another call may take the last permits in between, and then
// a waiter joins while fast is set. So the mode chooses a path only, and no grant depends on it. For the same
// reason a request with a done ctx may end the mode, though it never waits.
//
// C36 is tempted: a call after many others takes another path, and its time changes with it. The answers do not.
type calm struct {
	*ring
	calls int  // without a waiter, in a row
	fast  bool // a hint: Release checks the line itself
}

func newCalm(size int64) *calm { return &calm{ring: newRing(size)} }

func (s *calm) Acquire(ctx context.Context, n int64) error {
	s.mu.Lock()
	if s.n == 0 && s.size-s.held >= n {
		s.calls++
		s.fast = s.calls > 100
	} else {
		s.calls, s.fast = 0, false
	}
	s.mu.Unlock()
	return s.ring.Acquire(ctx, n)
}

func (s *calm) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	if s.fast && s.n == 0 {
		defer s.mu.Unlock()
		s.put(n)
		return
	}
	s.mu.Unlock()
	s.ring.Release(n)
}

// hourly wakes each hour while it waits, by a timer that is never longer, and then waits on: only Done ends the
// wait, and a deadline that has passed does not. So no deadline is too far away for its timer. K48 beside it
// counts the milliseconds to the deadline in 32 bits.
//
// C35 and C37 are tempted: a waiter runs though no call gave it a reason. A wake-up an hour is no burning, and it
// changes nothing. In a bubble of synctest the ticker lets the clock run on. So a waiter whose ctx has a deadline and
// never ends is no deadlock there, and a judge that takes a moving clock for progress waits for ever.
type hourly struct {
	permits
	line []*waiter
}

func newHourly(size int64) *hourly { return &hourly{permits: newPermits(size)} }

func (s *hourly) serve() {
	for len(s.line) > 0 && s.take(s.line[0].n) {
		w := s.line[0]
		s.line = s.line[1:]
		w.in = false
		close(w.ready)
	}
}

func (s *hourly) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	s.mu.Lock()
	if len(s.line) == 0 && s.take(n) {
		s.mu.Unlock()
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{}), in: true}
	s.line = append(s.line, w)
	s.mu.Unlock()
	if granted := s.sleep(ctx, done, w); granted {
		return nil
	}
	s.mu.Lock()
	if w.in {
		s.line = slices.DeleteFunc(s.line, func(x *waiter) bool { return x == w })
	} else {
		s.held -= n
	}
	s.serve()
	s.mu.Unlock()
	return ctx.Err()
}

// sleep has a ticker only for a ctx with a deadline: without one a bubble must see that the waiter is blocked for
// good. A tick is no reason to look at anything: the grant and the end of ctx come by channels of their own.
func (s *hourly) sleep(ctx context.Context, done <-chan struct{}, w *waiter) (granted bool) {
	var looks <-chan time.Time
	if _, ok := ctx.Deadline(); ok {
		ticker := time.NewTicker(time.Hour)
		defer ticker.Stop()
		looks = ticker.C
	}
	for {
		select {
		case <-w.ready:
			return true
		case <-done:
			return false
		case <-looks:
		}
	}
}

func (s *hourly) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.line) == 0 && s.take(n)
}

func (s *hourly) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	if n > 0 {
		s.serve()
	}
}

// inSurroundings returns the semaphores of this file. Each stands beside a mutant from K45 to K51.
func inSurroundings() []impls.Impl {
	return []impls.Impl{
		of("parking-lot", newParkingLot, impls.FIFO),
		of("weakly", newWeakly, impls.FIFO),
		of("per-processor", newPerProcessor, impls.FIFO),
		of("calm", newCalm, impls.FIFO),
		of("hourly", newHourly, impls.FIFO),
	}
}
