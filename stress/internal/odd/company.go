package odd

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/semabench/semabench/impls"
)

// twoLists has a list for requests with a deadline and one for the others, beside K70. A ticket says which head
// came first, so the two are one line.
type twoLists struct {
	permits
	lists  [2][]*ticketed
	ticket int64
}

type ticketed struct {
	waiter
	ticket int64
}

func newTwoLists(size int64) *twoLists { return &twoLists{permits: newPermits(size)} }

// first returns the list whose head came first, or nil.
func (s *twoLists) first() *[]*ticketed {
	a, b := &s.lists[0], &s.lists[1]
	switch {
	case len(*a) == 0 && len(*b) == 0:
		return nil
	case len(*a) == 0 || len(*b) > 0 && (*b)[0].ticket < (*a)[0].ticket:
		return b
	}
	return a
}

func (s *twoLists) serve() {
	for list := s.first(); list != nil && s.take((*list)[0].n); list = s.first() {
		w := (*list)[0]
		*list = slices.Delete(*list, 0, 1)
		w.in = false
		close(w.ready)
	}
}

func (s *twoLists) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	_, timed := ctx.Deadline()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	s.mu.Lock()
	if s.first() == nil && s.take(n) {
		s.mu.Unlock()
		return nil
	}
	list := &s.lists[0]
	if timed {
		list = &s.lists[1]
	}
	s.ticket++
	w := &ticketed{waiter{n: n, ready: make(chan struct{}), in: true}, s.ticket}
	*list = append(*list, w)
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.mu.Lock()
	if w.in {
		*list = slices.DeleteFunc(*list, func(x *ticketed) bool { return x == w })
	} else {
		s.held -= n
	}
	s.serve()
	s.mu.Unlock()
	return ctx.Err()
}

func (s *twoLists) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.first() == nil && s.take(n)
}

func (s *twoLists) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	s.serve()
}

// sweeping takes all waiters off the line whose ctx is done when the first of them wakes, beside K71. Each of
// them asks its own ctx for the error.
type sweeping struct {
	lined
	done map[*waiter]<-chan struct{}
}

func newSweeping(size int64) *sweeping {
	return &sweeping{newLined(size), map[*waiter]<-chan struct{}{}}
}

func (s *sweeping) Acquire(ctx context.Context, n int64) error {
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
	s.done[w] = done
	s.mu.Unlock()
	select {
	case <-w.ready:
		s.mu.Lock()
		delete(s.done, w)
		s.mu.Unlock()
		return nil
	case <-done:
	}
	s.mu.Lock()
	if isDone(w.ready) { // granted, and not swept off
		s.held -= n
	}
	s.line = slices.DeleteFunc(s.line, func(x *waiter) bool { return isDone(s.done[x]) })
	delete(s.done, w)
	s.serve()
	s.mu.Unlock()
	return ctx.Err()
}

// inPieces looks at 32 waiters at a time, beside K72, and goes on with the next ones until the end of the line.
type inPieces struct{ lined }

func newInPieces(size int64) *inPieces { return &inPieces{newLined(size)} }

func (s *inPieces) servePieces() {
	const piece = 32
	for first := 0; first < len(s.line); {
		last := min(first+piece, len(s.line))
		for i := first; i < last; {
			if s.line[i].n <= s.size-s.held {
				s.grant(i)
				last--
			} else {
				i++
			}
		}
		first = last
	}
}

func (s *inPieces) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	s.mu.Lock()
	if s.take(n) {
		s.mu.Unlock()
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{}), in: true}
	s.line = append(s.line, w)
	s.mu.Unlock()
	return s.sleep(ctx, done, w, s.servePieces)
}

func (s *inPieces) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.take(n)
}

func (s *inPieces) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	s.servePieces()
}

// narrow keeps permits in 32 bits, beside K74 and K75: each number is compared before it is cut.
type narrow struct {
	lined
	words int32 // equal to held
}

func newNarrow(size int64) *narrow {
	if size > math.MaxInt32 {
		panic("odd: more permits than 31 bits can count")
	}
	return &narrow{lined: newLined(size)}
}

func (s *narrow) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	if n > s.size {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.words = int32(s.held)
	if len(s.line) > 0 || int32(n) > int32(s.size)-s.words {
		return false
	}
	s.words += int32(n)
	s.held = int64(s.words)
	return true
}

// ofOne is a channel with one place if one permit is all there is, beside K76, and a line in a slice otherwise.
type ofOne struct{ token chan struct{} }

func newOfOne(size int64) impls.Semaphore {
	if size != 1 {
		s := newLined(size)
		return &s
	}
	return ofOne{make(chan struct{}, 1)}
}

func (s ofOne) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > 1 {
		<-done
	}
	if isDone(done) {
		return ctx.Err()
	}
	if n == 0 {
		return nil
	}
	select {
	case s.token <- struct{}{}:
		return nil
	case <-done:
		return ctx.Err()
	}
}

func (s ofOne) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	if n != 1 {
		return n == 0
	}
	select {
	case s.token <- struct{}{}:
		return true
	default:
		return false
	}
}

// Release of more than one permit panics before it takes the token, so the state is as before.
func (s ofOne) Release(n int64) {
	mustNotBeNegative(n)
	if n == 0 {
		return
	}
	if n == 1 {
		select {
		case <-s.token:
			return
		default:
		}
	}
	panic(overRelease)
}

// sharing has one callback for each ctx, in a table of all its semaphores, beside K77 and K78. The callback
// goes with the last wait of all of them, and has room for any number.
type sharing struct{ lined }

type callback struct {
	stop  func() bool
	waits map[*waiter]func()
	users int
}

var sharedCallbacks struct {
	mu  sync.Mutex
	all map[<-chan struct{}]*callback
}

func newSharing(size int64) *sharing { return &sharing{newLined(size)} }

func (s *sharing) Acquire(ctx context.Context, n int64) error {
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
	if done == nil {
		return s.sleep(ctx, done, w, s.serve)
	}
	ended := make(chan struct{})
	leave := shareCallback(ctx, done, w, func() { close(ended) })
	defer leave()
	return s.sleep(ctx, ended, w, s.serve)
}

// shareCallback calls end when ctx is done, unless the returned function is called before.
func shareCallback(ctx context.Context, done <-chan struct{}, w *waiter, end func()) (leave func()) {
	t := &sharedCallbacks
	t.mu.Lock()
	if t.all == nil {
		t.all = map[<-chan struct{}]*callback{}
	}
	c := t.all[done]
	first := c == nil
	if first {
		c = &callback{waits: map[*waiter]func(){}}
		t.all[done] = c
	}
	c.waits[w] = end
	c.users++
	t.mu.Unlock()
	if first {
		stop := context.AfterFunc(ctx, func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			for _, end := range c.waits {
				end()
			}
			clear(c.waits)
			if t.all[done] == c {
				delete(t.all, done)
			}
		})
		t.mu.Lock()
		if c.stop = stop; c.users == 0 { // the others have left, and found no function to call
			defer stop()
		}
		t.mu.Unlock()
	}
	return func() {
		t.mu.Lock()
		delete(c.waits, w)
		c.users--
		stop := c.stop
		last := c.users == 0
		if last && t.all[done] == c {
			delete(t.all, done)
		}
		t.mu.Unlock()
		if last && stop != nil {
			stop()
		}
	}
}

// remembering notes calls that need not wait, beside K80, and keeps the last 64 notes.
type remembering struct {
	lined
	notes [64]time.Time
	next  int
}

func newRemembering(size int64) *remembering { return &remembering{lined: newLined(size)} }

func (s *remembering) Acquire(ctx context.Context, n int64) error {
	err := s.lined.Acquire(ctx, n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes[s.next] = time.Now()
	s.next = (s.next + 1) % len(s.notes)
	return err
}

// handingOn grants the first waiter in Release, beside K86. A woken waiter grants the next request that
// fits, also if it took nothing itself.
type handingOn struct{ lined }

func newHandingOn(size int64) *handingOn { return &handingOn{newLined(size)} }

func (s *handingOn) grantOne() {
	if len(s.line) > 0 && s.line[0].n <= s.size-s.held {
		s.grant(0)
	}
}

func (s *handingOn) Acquire(ctx context.Context, n int64) error {
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
	err := s.sleep(ctx, done, w, s.grantOne)
	if err == nil {
		s.mu.Lock()
		s.grantOne()
		s.mu.Unlock()
	}
	return err
}

func (s *handingOn) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	s.grantOne()
}

// holed leaves a hole in its line for each leaver, beside K88, and copies the line without them when there are 256.
type holed struct {
	permits
	line        []*waiter // nil where a waiter has left
	holes, live int
}

func newHoled(size int64) *holed { return &holed{permits: newPermits(size)} }

func (s *holed) serve() {
	for len(s.line) > 0 && (s.line[0] == nil || s.line[0].n <= s.size-s.held) {
		w := s.line[0]
		s.line = s.line[1:]
		if w == nil {
			s.holes--
			continue
		}
		s.held += w.n
		s.live--
		w.in = false
		close(w.ready)
	}
}

func (s *holed) fits(n int64) bool { return s.live == 0 && s.take(n) }

func (s *holed) Acquire(ctx context.Context, n int64) error {
	const most = 256
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
	s.live++
	s.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	s.mu.Lock()
	if w.in {
		w.in = false
		s.line[slices.Index(s.line, w)] = nil
		s.live--
		if s.holes++; s.holes >= most {
			s.line = slices.DeleteFunc(s.line, func(w *waiter) bool { return w == nil })
			s.holes = 0
		}
	} else {
		s.held -= n
	}
	s.serve()
	s.mu.Unlock()
	return ctx.Err()
}

func (s *holed) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fits(n)
}

func (s *holed) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	s.serve()
}

// asksTwice asks its ctx for the error before it leaves the line, without the lock, beside K83 and K89. Whether
// it is the head is looked at when it leaves.
type asksTwice struct{ lined }

func newAsksTwice(size int64) *asksTwice { return &asksTwice{newLined(size)} }

func (s *asksTwice) Acquire(ctx context.Context, n int64) error {
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
	select {
	case <-w.ready:
		return nil
	case <-done:
	}
	err := ctx.Err()
	s.mu.Lock()
	defer s.mu.Unlock()
	head := !w.in || s.line[0] == w // a waiter that was granted gives permits back
	s.leave(w)
	if head {
		s.serve()
	}
	return err
}

// inCompany returns the semaphores of this file. Each stands beside a mutant from K70 to K92.
func inCompany() []impls.Impl {
	return []impls.Impl{
		of("two-lists", newTwoLists, impls.FIFO),
		of("sweeping", newSweeping, impls.FIFO),
		of("in-pieces", newInPieces, impls.Barging),
		of("narrow", newNarrow, impls.FIFO),
		of("of-one", newOfOne, impls.Unspecified),
		of("sharing", newSharing, impls.FIFO),
		of("remembering", newRemembering, impls.FIFO),
		of("handing-on", newHandingOn, impls.FIFO),
		of("holed", newHoled, impls.FIFO),
		of("asks-twice", newAsksTwice, impls.FIFO),
	}
}
