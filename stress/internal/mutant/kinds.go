package mutant

import (
	"container/list"
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/semabench/semabench/impls"
)

// deadlineOnly is K1: with a deadline, Acquire waits for the deadline and not for Done. With a
// deadline in an hour and a cancellation after a millisecond, the call returns an hour late, with
// the right error. Contexts that are only cancelled and deadlines that only pass both look right.
// It breaks C22, and C9, which waits for the error.
type deadlineOnly struct{ *queue }

func newDeadlineOnly(size int64) impls.Semaphore { return deadlineOnly{newQueue(size)} }

func (s deadlineOnly) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		return s.wait(ctx, w)
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-w.ready:
		return nil
	case <-timer.C:
		<-ctx.Done()
		return s.wait(ctx, w)
	}
}

// deadlineError is K2: the error is guessed from the deadline. A cancel before the deadline makes
// ctx.Err() Canceled, and the caller is told DeadlineExceeded. The author tested deadlines that
// pass and contexts without one. It breaks C9.
type deadlineError struct{ *queue }

func newDeadlineError(size int64) impls.Semaphore { return deadlineError{newQueue(size)} }

func (s deadlineError) Acquire(ctx context.Context, n int64) error {
	err := s.queue.Acquire(ctx, n)
	if _, timed := ctx.Deadline(); timed && err != nil {
		return context.DeadlineExceeded
	}
	return err
}

// translatedError is K3: an error of the caller's own is replaced. A ctx may have any type, and its
// Err may return any error. The two errors of package context come through unchanged, so a test
// that uses only standard contexts sees nothing. It breaks C9.
type translatedError struct{ *queue }

func newTranslatedError(size int64) impls.Semaphore { return translatedError{newQueue(size)} }

func (s translatedError) Acquire(ctx context.Context, n int64) error {
	err := s.queue.Acquire(ctx, n)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return context.Canceled
	}
	return err
}

// secondLook is K4: permits that were free are lost if ctx is done by then. The window lies between
// the poll in join, under mu, and the look here: a ctx that becomes done there costs n permits.
// Acquire returns an error, so the caller has nothing to release. It breaks C7, which lets the ctx
// itself become done in one of its methods.
type secondLook struct{ *queue }

func newSecondLook(size int64) impls.Semaphore { return secondLook{newQueue(size)} }

func (s secondLook) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	switch {
	case err != nil:
		return err
	case w == nil:
		return ctx.Err() // the defect: n permits are held
	}
	return s.wait(ctx, w)
}

// foreignValue is K5: a ctx with a value for an unknown key is not listened to while Acquire waits.
// Package context finds its own contexts by a value for a private key. An implementation that does
// the same trusts every type that answers all keys. It breaks C9 and C22 with such a type; standard
// contexts answer nil for a key that they do not know.
type foreignValue struct{ *queue }

func newForeignValue(size int64) impls.Semaphore { return foreignValue{newQueue(size)} }

func (s foreignValue) Acquire(ctx context.Context, n int64) error {
	type forever struct{}
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	if ctx.Value(forever{}) != nil {
		<-w.ready
		return nil
	}
	return s.wait(ctx, w)
}

// wrongPlace is K6: the clean-up of an Acquire that failed at once removes another waiter. The
// waiter that is removed sleeps until its own ctx is done, as no Release finds it. The line must
// not be empty when the call with a done ctx comes, so a test of such calls on a free semaphore
// passes. It breaks C8.
type wrongPlace struct{ *queue }

func newWrongPlace(size int64) impls.Semaphore { return wrongPlace{newQueue(size)} }

func (s wrongPlace) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w != nil {
		return s.wait(ctx, w)
	}
	if err != nil {
		s.mu.Lock()
		if last := s.line.Back(); last != nil {
			s.line.Remove(last)
		}
		s.mu.Unlock()
	}
	return err
}

// zeroGives is K7: Release(0) admits the head though it does not fit. With one of two permits free
// and a head that asks for two, Release(0) makes three permits held. Weights of zero are tested on
// an idle semaphore first, where nothing waits. It breaks C13.
type zeroGives struct{ *queue }

func newZeroGives(size int64) impls.Semaphore { return zeroGives{newQueue(size)} }

func (s zeroGives) Release(n int64) {
	if n > 0 {
		s.queue.Release(n)
		return
	}
	s.queue.Release(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if head := s.line.Front(); head != nil && s.held < s.size {
		s.admit(head)
	}
}

// zeroLeaver is K8: an Acquire(0) that leaves the line admits the head though it does not fit. A
// weight of zero waits in line under FIFO. It frees nothing when it leaves, but the line behind it
// may move up; this one moves up without a look at the permits. It breaks C13.
type zeroLeaver struct{ *queue }

func newZeroLeaver(size int64) impls.Semaphore { return zeroLeaver{newQueue(size)} }

func (s zeroLeaver) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	if err = s.wait(ctx, w); err == nil || n > 0 {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if head := s.line.Front(); head != nil && s.held < s.size {
		s.admit(head)
	}
	return err
}

// wrappingLine is K9: Release admits the waiters whose weights add up to the free permits. The sum
// is right until it passes the largest int64: then it is negative, which is below every number of
// free permits, and the line is admitted. Each weight alone is legal, so a test of extremes with
// one waiter passes. It breaks C15.
type wrappingLine struct{ *queue }

func newWrappingLine(size int64) impls.Semaphore { return wrappingLine{newQueue(size)} }

func (s wrappingLine) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	free, sum := s.size-s.held, int64(0)
	for s.line.Len() > 0 {
		sum += s.line.Front().Value.(*waiter).n
		if sum > free {
			return
		}
		s.admit(s.line.Front())
	}
}

// lineDropped is K10: the panic of an over-release leaves an empty line behind. The panic is right
// and the count is right, but the waiters sleep until their ctx is done. Only a weight above the
// size takes the branch, and only a request that waits shows the loss. It breaks C11.
type lineDropped struct{ *queue }

func newLineDropped(size int64) impls.Semaphore { return lineDropped{newQueue(size)} }

func (s lineDropped) Release(n int64) {
	defer func() {
		if r := recover(); r != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			if n > s.size { // the branch for a corrupted count
				s.line.Init()
			}
			panic(r)
		}
	}()
	s.queue.Release(n)
}

// doomedInLine is K11: the comparison with the size is left out behind other waiters. The reference
// keeps a request that never fits out of the line, see [queue.join]. Here it enters if it is more
// than twice the size and others wait, and then holds up all behind it. A test with size+1, or with
// an empty line, passes. It breaks C14.
type doomedInLine struct{ *queue }

func newDoomedInLine(size int64) impls.Semaphore { return doomedInLine{newQueue(size)} }

func (s doomedInLine) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	s.mu.Lock()
	if n/2 > s.size && s.line.Len() > 0 {
		w.place = s.line.PushBack(w)
	}
	s.mu.Unlock()
	return s.wait(ctx, w)
}

// guardReset is K12: TryAcquire and Acquire may pass the head of the line ten times. A waiter that
// is cancelled sets the count to zero. The guard exists so that a large request at the head is not
// passed without end. As long as waiters come, time out and leave, the count never reaches its
// limit. It breaks C26 with a stream of leavers beside the stream of small requests; without
// leavers the guard works.
type guardReset struct {
	*queue
	passes int // guarded by mu
}

func newGuardReset(size int64) impls.Semaphore { return &guardReset{queue: newQueue(size)} }

func (s *guardReset) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if isDone(done) {
		return ctx.Err()
	}
	if s.TryAcquire(n) {
		return nil
	}
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	if err = s.wait(ctx, w); err != nil {
		s.mu.Lock()
		s.passes = 0 // the defect
		s.mu.Unlock()
	}
	return err
}

func (s *guardReset) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	const most = 10
	switch {
	case n > s.size-s.held:
		return false
	case s.line.Len() > 0 && s.passes >= most:
		return false
	case s.line.Len() > 0:
		s.passes++
	default:
		s.passes = 0
	}
	s.held += n
	return true
}

// swappedHole is K13: a long line is an array whose holes are filled from its end. To fill a hole
// from the end costs a constant and keeps no order: the last waiter gets the place of the leaver,
// before all waiters between. It breaks C27, in a line of more than 64 with a leaver that is not
// the last. Shorter lines are moved up in order.
type swappedHole struct{ *queue }

func newSwappedHole(size int64) impls.Semaphore { return swappedHole{newQueue(size)} }

func (s swappedHole) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	if s.line.Len() > 64 && !w.granted() && w.place != nil && w.place != s.line.Back() {
		s.line.MoveBefore(s.line.Back(), w.place)
	}
	s.mu.Unlock()
	return s.wait(ctx, w)
}

// errTired is the error of a waiter that gives up, and is not the error of its ctx.
var errTired = errors.New("mutant: waited for too long")

// givesUp is K14: a wait lasts an hour at most. The timer looks like a safety net. No test waits
// for an hour on a real clock, so C35 plays in a bubble with a virtual one. The error is not the
// error of the ctx either, but no other clause waits so long.
type givesUp struct{ *queue }

func newGivesUp(size int64) impls.Semaphore { return givesUp{newQueue(size)} }

func (s givesUp) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	tired := time.NewTimer(time.Hour)
	defer tired.Stop()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
		return s.wait(ctx, w)
	case <-tired.C:
		if s.leave(w) {
			s.Release(n)
		}
		return errTired
	}
}

// expiring is K15: TryAcquire takes back a grant that is older than an hour. It is the lease of a
// distributed lock, in a place where no holder can die unseen. It breaks C35 under a virtual clock:
// the holder still works when another caller gets its permits.
type expiring struct {
	*queue
	last time.Time // of the last grant; guarded by mu
}

func newExpiring(size int64) impls.Semaphore { return &expiring{queue: newQueue(size)} }

func (s *expiring) Acquire(ctx context.Context, n int64) error {
	err := s.queue.Acquire(ctx, n)
	if err == nil {
		s.mu.Lock()
		s.last = time.Now()
		s.mu.Unlock()
	}
	return err
}

func (s *expiring) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.line.Len() == 0 && s.held > 0 && time.Since(s.last) > time.Hour {
		s.held = 0
	}
	if !s.take(n) {
		return false
	}
	s.last = time.Now()
	return true
}

// shortTicket is K16: the waiter with the smallest ticket is served first. After 65,536 waits the
// newest ticket is the smallest, so the newest waiter is served first. Only a line in which the
// wrap happens shows it. It breaks C36, which makes that many waits.
type shortTicket struct {
	*queue
	next    uint16
	tickets map[*list.Element]uint16 // of the waiters in line; guarded by mu, as is next
}

func newShortTicket(size int64) impls.Semaphore {
	return &shortTicket{queue: newQueue(size), tickets: map[*list.Element]uint16{}}
}

func (s *shortTicket) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	s.mu.Lock()
	if s.next++; w.place != nil && !w.granted() {
		s.tickets[w.place] = s.next
		s.sort(w.place)
	}
	s.mu.Unlock()
	err = s.wait(ctx, w)
	s.mu.Lock()
	delete(s.tickets, w.place)
	s.mu.Unlock()
	return err
}

// sort moves a waiter before all waiters with a larger ticket.
func (s *shortTicket) sort(place *list.Element) {
	for e := place.Prev(); e != nil && s.tickets[e] > s.tickets[place]; e = place.Prev() {
		s.line.MoveBefore(place, e)
	}
}

// leaversWrap is K17: the leaver that makes the counter wrap stays in line. In one of 65,536
// cancellations the waiter returns its error and stays in line. The next grant goes to it, and its
// permits are lost. It breaks C36, which cancels that many waits.
type leaversWrap struct {
	*queue
	leavers uint16 // guarded by mu
}

func newLeaversWrap(size int64) impls.Semaphore { return &leaversWrap{queue: newQueue(size)} }

func (s *leaversWrap) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	s.leavers++
	wrapped := s.leavers == 0
	s.mu.Unlock()
	if wrapped {
		return ctx.Err()
	}
	return s.wait(ctx, w)
}

// releasesMeet is K18: while a Release wakes waiters, other Releases only count. A counts its
// permits, admits the waiters that fit, and drops the lock. B counts its permits, sees that A is at
// work, and returns. A does not look again, so a waiter that the permits of B admit sleeps on. It
// breaks C17. The flag saves a second pass over the line, and is right only if A looks again after
// it has cleared the flag.
type releasesMeet struct {
	*queue
	waking bool // guarded by mu
}

func newReleasesMeet(size int64) impls.Semaphore { return &releasesMeet{queue: newQueue(size)} }

func (s *releasesMeet) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.held {
		panic("mutant: released more than held")
	}
	s.held -= n
	if s.waking {
		return
	}
	s.waking = true
	s.serve(math.MaxInt)
	s.mu.Unlock()
	Preempt()
	s.mu.Lock()
	s.waking = false // the defect: no look at the permits that were counted meanwhile
}

// oneRefund is K19: a granted waiter that is cancelled leaves its permits in a field. Another one
// at the same time overwrites the field. A stores its permits in the field and drops the lock; B
// stores its own over them. A gives back the permits of B, and B finds zero. It breaks C7: the
// permits of A are lost, and neither call holds any.
type oneRefund struct {
	*queue
	refund int64 // guarded by mu
}

func newOneRefund(size int64) impls.Semaphore { return &oneRefund{queue: newQueue(size)} }

func (s *oneRefund) Acquire(ctx context.Context, n int64) error {
	w, err := s.join(ctx, n)
	if w == nil {
		return err
	}
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	if s.leave(w) {
		s.mu.Lock()
		s.refund = n // the defect: not +=
		s.mu.Unlock()
		Preempt()
		s.mu.Lock()
		back := s.refund
		s.refund = 0
		s.mu.Unlock()
		s.Release(back)
	}
	return ctx.Err()
}

// countedNewcomers is K20: Release decides how many waiters fit, and admits them later. The count
// is right under the lock under which it was made. Between the first grant and the second the lock
// is free, and a TryAcquire, which may pass the line here, takes the second permit. The waiter is
// admitted all the same, and one permit too many is held. It breaks C18.
type countedNewcomers struct {
	mu   sync.Mutex
	size int64
	held int64
	line []*waiter
}

func newCountedNewcomers(size int64) impls.Semaphore {
	mustNotBeNegative(size)
	return &countedNewcomers{size: size}
}

func (s *countedNewcomers) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if isDone(done) {
		return ctx.Err()
	}
	s.mu.Lock()
	if len(s.line) == 0 && n <= s.size-s.held {
		s.held += n
		s.mu.Unlock()
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{})}
	if n <= s.size {
		s.line = append(s.line, w)
	}
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.mu.Lock()
	granted := w.granted()
	if i := slices.Index(s.line, w); i >= 0 {
		s.line = slices.Delete(s.line, i, i+1)
	}
	s.serve(s.fitting())
	s.mu.Unlock()
	if granted {
		s.Release(n)
	}
	return ctx.Err()
}

func (s *countedNewcomers) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.size-s.held {
		return false
	}
	s.held += n
	return true
}

func (s *countedNewcomers) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	if n > s.held {
		s.mu.Unlock()
		panic("mutant: released more than held")
	}
	s.held -= n
	count := s.fitting()
	if count < 2 {
		s.serve(count)
		s.mu.Unlock()
		return
	}
	// The defect: the lock is dropped between the first grant and the second.
	s.serve(1)
	s.mu.Unlock()
	Preempt()
	s.mu.Lock()
	s.serve(count - 1)
	s.mu.Unlock()
}

// fitting returns how many waiters at the head of the line fit.
func (s *countedNewcomers) fitting() (count int) {
	free := s.size - s.held
	for _, w := range s.line {
		if w.n > free {
			break
		}
		free -= w.n
		count++
	}
	return count
}

// serve admits the given number of waiters, if there are as many.
func (s *countedNewcomers) serve(count int) {
	for range min(count, len(s.line)) {
		w := s.line[0]
		s.line = s.line[1:]
		s.held += w.n
		close(w.ready)
	}
}

// restless is K21: a waiter looks at the permits in a loop, and only yields in between. All results
// are right and come soon, so only the processor time of a waiter tells. It breaks C37: the Waits
// of the mutant does not declare that it spins.
type restless struct{ *queue }

func newRestless(size int64) impls.Semaphore { return restless{newQueue(size)} }

func (s restless) Acquire(ctx context.Context, n int64) error {
	for ctx.Err() == nil {
		if s.queue.TryAcquire(n) {
			return nil
		}
		runtime.Gosched()
	}
	return ctx.Err()
}
