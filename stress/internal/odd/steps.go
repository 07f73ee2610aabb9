package odd

import (
	"context"
	"math"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
)

// renewing takes a waiter out of its line each hour and puts a new entry at the same place, as a wait with a timeout
// that is repeated. K60 puts it at the end. The place is looked up under mu, so a grant comes before or after
// the change, and never in between.
type renewing struct{ lined }

func newRenewing(size int64) *renewing { return &renewing{newLined(size)} }

func (s *renewing) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	s.mu.Lock()
	if s.fits(n) {
		s.mu.Unlock()
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{}), in: true}
	s.line = append(s.line, w)
	s.mu.Unlock()
	hour := time.NewTicker(time.Hour)
	defer hour.Stop()
	for {
		select {
		case <-w.ready:
			return nil
		case <-done:
			return s.sleep(ctx, done, w, s.serve)
		case <-hour.C:
		}
		s.mu.Lock()
		if i := slices.Index(s.line, w); i >= 0 {
			w.in = false
			w = &waiter{n: n, ready: make(chan struct{}), in: true}
			s.line[i] = w
		}
		s.mu.Unlock()
	}
}

// listed is a number, and its state is in a table of all semaphores, as with the handles of a C library. Beside K61 and K62
// the number is drawn by one atomic operation and has 64 bits, so no two semaphores ever share an entry. A
// cleanup takes the entry off the table when no caller has the number any more.
type listed struct{ number int64 }

var (
	listedNext  atomic.Int64
	listedState sync.Map // from number to *lined
)

func newListed(size int64) *listed {
	state := newLined(size)
	s := &listed{listedNext.Add(1)}
	listedState.Store(s.number, &state)
	runtime.AddCleanup(s, func(number int64) { listedState.Delete(number) }, s.number)
	return s
}

// state keeps s alive until the entry is found: afterwards the entry lives by itself, for as long as the call.
func (s *listed) state() *lined {
	state, _ := listedState.Load(s.number)
	runtime.KeepAlive(s)
	return state.(*lined)
}

func (s *listed) Acquire(ctx context.Context, n int64) error { return s.state().Acquire(ctx, n) }
func (s *listed) TryAcquire(n int64) bool                    { return s.state().TryAcquire(n) }
func (s *listed) Release(n int64)                            { s.state().Release(n) }

// hoarding keeps what comes back in pieces, and puts them together when a call needs permits. K63 has room for eight
// pieces and overwrites the first. Here the ninth piece is added to the last one, so the sum of the pieces
// never changes. Release compares with held less the pieces: they are in held, and no caller has them.
type hoarding struct {
	lined
	pieces []int64 // free, and still counted in held
}

func newHoarding(size int64) *hoarding { return &hoarding{lined: newLined(size)} }

// gather runs under mu before every look at the free permits.
func (s *hoarding) gather() {
	for _, n := range s.pieces {
		s.held -= n
	}
	s.pieces = s.pieces[:0]
}

func (s *hoarding) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	s.mu.Lock()
	s.gather()
	if s.fits(n) {
		s.mu.Unlock()
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{}), in: true}
	s.line = append(s.line, w)
	s.mu.Unlock()
	return s.sleep(ctx, done, w, s.serve)
}

func (s *hoarding) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gather()
	return s.fits(n)
}

func (s *hoarding) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	hidden := int64(0)
	for _, piece := range s.pieces {
		hidden += piece
	}
	if n > s.held-hidden {
		panic(overRelease)
	}
	switch {
	case len(s.line) > 0: // a piece would be missed by the waiters
		s.gather()
		s.held -= n
		s.serve()
	case len(s.pieces) < 8:
		s.pieces = append(s.pieces, n)
	default:
		s.pieces[len(s.pieces)-1] += n
	}
}

// hinting remembers that a try has failed for lack of permits, and lets later tries fail without the lock. K64 does so
// for a number of tries, whatever happens meanwhile. Here every Release clears the hint before it frees
// anything, under the lock under which it was set. A try that sees the hint overlaps a moment without permits.
type hinting struct {
	lined
	none atomic.Bool
}

func newHinting(size int64) *hinting { return &hinting{lined: newLined(size)} }

func (s *hinting) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	if n > 0 && s.none.Load() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fits(n) {
		return true
	}
	s.none.Store(s.held == s.size) // with a permit free, a smaller request may fit
	return false
}

// Release clears the hint while it has the lock, also if the permits go to a waiter at once.
func (s *hinting) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	s.none.Store(false)
	s.serve()
}

// Acquire clears the hint when a waiter leaves: it may have been granted, and then its permits are free again.
func (s *hinting) Acquire(ctx context.Context, n int64) error {
	err := s.lined.Acquire(ctx, n)
	if err != nil {
		s.none.Store(false)
	}
	return err
}

// versioned mirrors the number of free permits in two words of 32 bits, which a try reads without the lock. K65 reads
// them one after the other. Here a version is odd while they change, and a reader that sees an odd version, or
// another one afterwards, takes the lock. Atomic operations are sequentially consistent in Go, so no fence is missing.
type versioned struct {
	lined
	version      atomic.Uint64
	upper, lower atomic.Uint32
}

func newVersioned(size int64) *versioned {
	s := &versioned{lined: newLined(size)}
	s.note()
	return s
}

// note runs under mu, so there is one writer.
func (s *versioned) note() {
	free := uint64(s.size - s.held)
	s.version.Add(1)
	s.upper.Store(uint32(free >> 32))
	s.lower.Store(uint32(free))
	s.version.Add(1)
}

// tooFew reports that n permits were not free at one moment of the call. False says nothing.
func (s *versioned) tooFew(n int64) bool {
	before := s.version.Load()
	free := int64(uint64(s.upper.Load())<<32 | uint64(s.lower.Load()))
	return before%2 == 0 && n > free && s.version.Load() == before
}

func (s *versioned) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	if s.tooFew(n) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.note()
	return s.fits(n)
}

// Acquire notes what the call has changed before it returns. In between the two words have the old number, which
// another call may take for the number of a moment ago: both calls are still going on.
func (s *versioned) Acquire(ctx context.Context, n int64) error {
	defer func() {
		s.mu.Lock()
		s.note()
		s.mu.Unlock()
	}()
	return s.lined.Acquire(ctx, n)
}

func (s *versioned) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	s.serve()
	s.note()
}

// inRounds grants eight waiters, unlocks so that they can run, and looks anew. K55 goes on with the number of free permits
// from before, and K66 frees the permits in parts. Here all are freed in the first round, and each round
// begins with a look at both. Waiters that another call has served meanwhile are no longer in line.
type inRounds struct{ lined }

func newInRounds(size int64) *inRounds { return &inRounds{newLined(size)} }

func (s *inRounds) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	for {
		for range 8 {
			if len(s.line) == 0 || s.line[0].n > s.size-s.held {
				return
			}
			s.grant(0)
		}
		s.mu.Unlock()
		runtime.Gosched()
		s.mu.Lock()
	}
}

// tallying counts the errors of its calls by their type. K67 counts by the error, which need not be comparable. A
// reflect.Type is always the key of a map. The number of types is bounded by the program.
type tallying struct {
	lined
	errors map[reflect.Type]int // guarded by mu
}

func newTallying(size int64) *tallying {
	return &tallying{lined: newLined(size), errors: map[reflect.Type]int{}}
}

func (s *tallying) Acquire(ctx context.Context, n int64) error {
	err := s.lined.Acquire(ctx, n)
	if err != nil {
		s.mu.Lock()
		s.errors[reflect.TypeOf(err)]++
		s.mu.Unlock()
	}
	return err
}

// lookingAgain asks ctx for its channel between its look at the permits and the line, as K68 does. A method of ctx may
// release in between. So it looks again under the lock under which it joins: a Release comes before that
// look, or finds the waiter.
type lookingAgain struct{ lined }

func newLookingAgain(size int64) *lookingAgain { return &lookingAgain{newLined(size)} }

func (s *lookingAgain) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if s.TryAcquire(n) {
		return nil
	}
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	s.mu.Lock()
	if s.fits(n) {
		s.mu.Unlock()
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{}), in: true}
	s.line = append(s.line, w)
	s.mu.Unlock()
	return s.sleep(ctx, done, w, s.serve)
}

// classes counts for each remainder of a weight modulo eight how many such requests wait. Release skips the line if the
// class of its head is empty, which never happens. K69 keeps a bit for a class, and a leaver clears it for all
// others of the class; a count goes to zero with the last one only.
type classes struct {
	lined
	waiting [8]int
}

func newClasses(size int64) *classes { return &classes{lined: newLined(size)} }

func (s *classes) serveClasses() {
	for len(s.line) > 0 && s.waiting[s.line[0].n%8] > 0 && s.line[0].n <= s.size-s.held {
		s.waiting[s.line[0].n%8]--
		s.grant(0)
	}
}

func (s *classes) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	s.mu.Lock()
	if s.fits(n) {
		s.mu.Unlock()
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{}), in: true}
	s.line = append(s.line, w)
	s.waiting[n%8]++
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.mu.Lock()
	if w.in {
		s.waiting[n%8]-- // a grant has counted it down already
	}
	s.leave(w)
	s.serveClasses()
	s.mu.Unlock()
	return ctx.Err()
}

func (s *classes) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	s.serveClasses()
}

// undoing gives permits back first, and takes them back if they were too many. K53 unlocks in between, and another call
// may then take the surplus. Here the count is wrong under the lock only. The sum cannot overflow, because it
// is subtracted from held, which is not negative.
type undoing struct{ lined }

func newUndoing(size int64) *undoing { return &undoing{newLined(size)} }

func (s *undoing) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held -= n
	if s.held < 0 {
		s.held += n
		panic(overRelease)
	}
	s.serve()
}

// saturating keeps the length of its line in eight bits for TryAcquire. K54 lets the byte wrap, and then sees no line. Here
// it stays at the largest number, and is counted anew whenever the line becomes shorter.
type saturating struct {
	lined
	length uint8 // guarded by mu
}

func newSaturating(size int64) *saturating { return &saturating{lined: newLined(size)} }

func (s *saturating) count() { s.length = uint8(min(len(s.line), math.MaxUint8)) }

func (s *saturating) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	s.mu.Lock()
	if s.fits(n) {
		s.mu.Unlock()
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{}), in: true}
	s.line = append(s.line, w)
	s.count()
	s.mu.Unlock()
	return s.sleep(ctx, done, w, func() { s.serve(); s.count() })
}

func (s *saturating) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.length == 0 && s.take(n)
}

func (s *saturating) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	s.serve()
	s.count()
}

// inSteps returns the semaphores of this file. Each stands beside a mutant from K53 to K69.
func inSteps() []impls.Impl {
	return []impls.Impl{
		of("renewing", newRenewing, impls.FIFO),
		of("listed", newListed, impls.FIFO),
		of("hoarding", newHoarding, impls.FIFO),
		of("hinting", newHinting, impls.FIFO),
		of("versioned", newVersioned, impls.FIFO),
		of("in-rounds", newInRounds, impls.FIFO),
		of("tallying", newTallying, impls.FIFO),
		of("looking-again", newLookingAgain, impls.FIFO),
		of("classes", newClasses, impls.FIFO),
		of("undoing", newUndoing, impls.FIFO),
		of("saturating", newSaturating, impls.FIFO),
	}
}
