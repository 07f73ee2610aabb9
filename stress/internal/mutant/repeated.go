package mutant

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
)

// requeues is K60: a waiter lines up anew each hour after it came, at the end of the line. Retries with a timeout
// do this, and look like one wait. If all waiters came a whole number of hours apart, the order is kept.
// It breaks C35.
type requeues struct{ *queue }

func newRequeues(size int64) impls.Semaphore { return requeues{newQueue(size)} }

func (s requeues) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	ticker := time.NewTicker(time.Hour)
	defer ticker.Stop()
	for {
		select {
		case <-w.ready:
			return nil
		case <-ctx.Done():
			return s.wait(ctx, w)
		case <-ticker.C:
		}
		s.mu.Lock()
		if w.place != nil && !w.granted() {
			s.line.MoveToBack(w.place)
			s.serve(math.MaxInt)
		}
		s.mu.Unlock()
	}
}

// numbered are K61 and K62: a semaphore is a number, and its state is in a table of all semaphores. K61 draws the
// number without a lock, so two that are made at the same time may be one. K62 has numbers of 16 bits, so a
// semaphore is forgotten when 2^16 others have been made. Tests make semaphores one at a time, and few of them.
// Both break C38; K61 is a race, too.
type numbered struct {
	of     *table
	number uint64
}

type table struct {
	mu     sync.RWMutex
	queues map[uint64]*queue
	next   uint64
	bits   int
	locked bool
}

var (
	unlockedTable = table{queues: map[uint64]*queue{}, bits: 64}
	shortTable    = table{queues: map[uint64]*queue{}, bits: 16, locked: true}
)

func newMadeAtOnce(size int64) impls.Semaphore  { return unlockedTable.add(newQueue(size)) }
func newShortNumber(size int64) impls.Semaphore { return shortTable.add(newQueue(size)) }

func (t *table) add(q *queue) numbered {
	var number uint64
	if !t.locked {
		number = t.next
		Preempt()
		t.next = number + 1
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.locked {
		number = t.next
		t.next = (number + 1) % (1 << t.bits)
	}
	t.queues[number] = q
	return numbered{t, number}
}

func (s numbered) queue() *queue {
	s.of.mu.RLock()
	defer s.of.mu.RUnlock()
	return s.of.queues[s.number]
}

func (s numbered) Acquire(ctx context.Context, n int64) error { return s.queue().Acquire(ctx, n) }
func (s numbered) TryAcquire(n int64) bool                    { return s.queue().TryAcquire(n) }
func (s numbered) Release(n int64)                            { s.queue().Release(n) }

// Close takes the semaphore off the table, if no other one has its number by now.
func (s numbered) Close() {
	if !s.of.locked {
		s.of.mu.Lock()
		defer s.of.mu.Unlock()
		delete(s.of.queues, s.number)
	}
}

// hoard is K63: permits that come back several at a time, while no request waits, are kept in pieces for the next call.
// There are eight places, and the ninth piece takes the place of the first. A test in which few requests
// hold permits, or each holds one, passes. It breaks C2.
type hoard struct {
	*queue
	pieces [8]int64 // counted as held
	next   int
}

func newHoard(size int64) impls.Semaphore { return &hoard{queue: newQueue(size)} }

// gather frees the pieces. The caller has the lock.
func (s *hoard) gather() (freed int64) {
	for _, n := range s.pieces {
		freed += n
	}
	s.held -= freed
	s.pieces, s.next = [8]int64{}, 0
	return freed
}

func (s *hoard) gathered() *queue {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gather()
	return s.queue
}

func (s *hoard) Acquire(ctx context.Context, n int64) error { return s.gathered().Acquire(ctx, n) }
func (s *hoard) TryAcquire(n int64) bool                    { return s.gathered().TryAcquire(n) }

func (s *hoard) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if most := s.held; s.next == 0 && n > most || s.next > 0 && n > most-s.sum() {
		panic("mutant: released more than held")
	}
	if n > 1 && s.line.Len() == 0 {
		s.pieces[s.next%len(s.pieces)] = n
		s.next++
		return
	}
	s.held -= n
	s.gather()
	s.serve(math.MaxInt)
}

func (s *hoard) sum() (all int64) {
	for _, n := range s.pieces {
		all += n
	}
	return all
}

// breaker is K64: after 32 tries that fail in a row, the next eight fail at once, as in a circuit breaker. The permit may
// have come back in the meantime. A test in which tries succeed now and then passes. It breaks C3.
type breaker struct {
	*queue
	failed atomic.Int64 // in a row
}

func newBreaker(size int64) impls.Semaphore { return &breaker{queue: newQueue(size)} }

func (s *breaker) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	if failed := s.failed.Load(); failed >= 32 && failed < 40 {
		s.failed.Add(1)
		return false
	}
	if !s.queue.TryAcquire(n) {
		s.failed.Add(1)
		return false
	}
	s.failed.Store(0)
	return true
}

// torn is K65: TryAcquire looks at the number of free permits without the lock, in two words of 32 bits. Between the
// writes of the two words it is neither the old nor the new number. A test with fewer than 2^32 permits passes.
// It breaks C4.
type torn struct {
	*queue
	upper, lower atomic.Uint32
}

func newTorn(size int64) impls.Semaphore {
	s := &torn{queue: newQueue(size)}
	s.note()
	return s
}

// note writes the two words. The caller has the lock.
func (s *torn) note() {
	free := s.size - s.held
	upper := uint32(free >> 32)
	changed := s.upper.Swap(upper) != upper
	if changed {
		Preempt()
	}
	s.lower.Store(uint32(free))
}

func (s *torn) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	if n > int64(s.upper.Load())<<32|int64(s.lower.Load()) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.note()
	return s.take(n)
}

func (s *torn) Acquire(ctx context.Context, n int64) error {
	err := s.queue.Acquire(ctx, n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note()
	return err
}

func (s *torn) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.serve(math.MaxInt)
	s.note()
}

// inHalves is K66: a Release of several permits gives them back in two parts, and unlocks in between to let waiters
// run. Each part is served well, and the sum is right. A try may find the first part, and then miss the
// second. It breaks C4.
type inHalves struct{ *queue }

func newInHalves(size int64) impls.Semaphore { return inHalves{newQueue(size)} }

func (s inHalves) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	if half := n / 2; half > 0 {
		s.held -= half
		n -= half
		s.serve(math.MaxInt)
		s.mu.Unlock()
		Preempt() // a waiter runs here
		s.mu.Lock()
	}
	s.held -= n
	s.serve(math.MaxInt)
}

// countsErrors is K67: the errors of calls are counted in a map, whose keys must be comparable. An error that is a slice,
// as in packages that collect errors, ends the process of the caller. It breaks C9.
type countsErrors struct {
	*queue
	counts map[error]int // bounded by the number of kinds that are told apart
}

func newCountsErrors(size int64) impls.Semaphore {
	return &countsErrors{newQueue(size), map[error]int{}}
}

func (s *countsErrors) Acquire(ctx context.Context, n int64) error {
	err := s.queue.Acquire(ctx, n)
	if err != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, known := s.counts[err]; known || len(s.counts) < 8 {
			s.counts[err]++
		}
	}
	return err
}

// asksLate is K68: Acquire asks ctx for its channel after it found too few permits, and joins the line afterwards, without
// a second look. A method of ctx may release a permit in between, and no Release finds the request.
// It breaks C25.
type asksLate struct{ *queue }

func newAsksLate(size int64) impls.Semaphore { return asksLate{newQueue(size)} }

func (s asksLate) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if s.TryAcquire(n) {
		return nil
	}
	done := ctx.Done()
	if n > s.size {
		<-done
		return ctx.Err()
	}
	w := &waiter{n: n, ready: make(chan struct{})}
	s.mu.Lock()
	if s.line.Len() > 0 || s.held > 0 || !isDone(done) { // nothing else is missing
		w.place = s.line.PushBack(w)
	}
	s.mu.Unlock()
	return s.wait(ctx, w)
}

// alikeModulo is K69: a byte has a bit for the weights that wait, modulo eight, and Release looks at the bit of the head. A
// leaver clears its bit if no request of its own weight is left. Another request whose weight differs by
// eight then waits for ever. A test with weights below eight passes. It breaks C27.
type alikeModulo struct {
	*queue
	bits uint8
}

func newAlikeModulo(size int64) impls.Semaphore { return &alikeModulo{queue: newQueue(size)} }

func (s *alikeModulo) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	s.mu.Lock()
	s.bits |= 1 << (n % 8)
	if !w.granted() {
		s.serveMarked() // a Release may have come before the mark
	}
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	if w.granted() {
		s.held -= n
	} else if w.place != nil {
		s.line.Remove(w.place)
		alike := false
		for e := s.line.Front(); e != nil; e = e.Next() {
			alike = alike || e.Value.(*waiter).n == n
		}
		if !alike {
			s.bits &^= 1 << (n % 8)
		}
	}
	s.serveMarked()
	s.mu.Unlock()
	return ctx.Err()
}

func (s *alikeModulo) serveMarked() {
	for e := s.line.Front(); e != nil; e = s.line.Front() {
		if w := e.Value.(*waiter); s.bits&(1<<(w.n%8)) == 0 || w.n > s.size-s.held {
			return
		}
		s.admit(e)
	}
}

func (s *alikeModulo) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	s.serveMarked()
}
