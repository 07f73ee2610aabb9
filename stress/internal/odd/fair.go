package odd

import (
	"context"
	"time"

	"github.com/semabench/semabench/impls"
)

// mostPassed closes the door: after so many passes no request is served before the waiter any more.
const mostPassed = 10

// fair serves the waiter that a function prefers, and counts for each waiter how many others passed it. Beside K56 to
// K59, whose guard counts for the head of the line, for large requests, or once, it counts every pass of every
// waiter. So the bound holds for each, whatever its weight is and wherever it stands. A detector that watches
// only the head would call the first ten passes starvation.
type fair struct {
	lined
	passed map[*waiter]int
	prefer func(a, b *waiter) bool // whether b is served rather than a, which came first
}

func newFair(size int64, prefer func(a, b *waiter) bool) *fair {
	return &fair{lined: newLined(size), passed: map[*waiter]int{}, prefer: prefer}
}

// newFairStack serves the last request that fits. Of requests that are alike the first would starve without the count.
func newFairStack(size int64) *fair {
	return newFair(size, func(_, _ *waiter) bool { return true })
}

// newFairLargest serves the largest request that fits. A small one would starve without the count.
func newFairLargest(size int64) *fair {
	return newFair(size, func(a, b *waiter) bool { return b.n > a.n })
}

// closed returns the place of the first waiter that no request may pass, or -1. There may be several. The first one
// is served first, so they do not pass each other.
func (s *fair) closed() int {
	for i, w := range s.line {
		if s.passed[w] >= mostPassed {
			return i
		}
	}
	return -1
}

// next returns the place of the waiter to serve, or -1. A waiter that has closed the door holds up the others until
// it fits, as the head of a FIFO line does.
func (s *fair) next() int {
	free := s.size - s.held
	if i := s.closed(); i >= 0 {
		if s.line[i].n > free {
			return -1
		}
		return i
	}
	best := -1
	for i, w := range s.line {
		if w.n <= free && (best < 0 || s.prefer(s.line[best], w)) {
			best = i
		}
	}
	return best
}

// serveLine counts the pass before it grants: the waiters before i came first.
func (s *fair) serveLine() {
	for i := s.next(); i >= 0; i = s.next() {
		s.pass(s.line[:i])
		delete(s.passed, s.line[i])
		s.grant(i)
	}
}

func (s *fair) pass(before []*waiter) {
	for _, w := range before {
		s.passed[w]++
	}
}

// takes lets a newcomer pass the whole line, unless the door is closed.
func (s *fair) takes(n int64) bool {
	if s.closed() >= 0 || !s.take(n) {
		return false
	}
	s.pass(s.line)
	return true
}

func (s *fair) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	s.mu.Lock()
	if s.takes(n) {
		s.mu.Unlock()
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{}), in: true}
	s.line = append(s.line, w)
	s.mu.Unlock()
	return s.sleep(ctx, done, w, func() {
		delete(s.passed, w) // a leaver must not keep the door closed, nor stay in memory
		s.serveLine()
	})
}

func (s *fair) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.takes(n)
}

func (s *fair) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	s.serveLine()
}

// A clock tells whether 100 ms have passed since it was set. In a bubble it stands still while anything moves.
type clock struct{ at time.Time }

func (c *clock) set()      { c.at = time.Now() }
func (c *clock) old() bool { return time.Since(c.at) > 100*time.Millisecond }

// hurried serves requests with a deadline first once its line has stood for 100 ms. K50 refuses such requests instead.
// Here an old line changes the order only, which is not promised, and every wait ends by a grant or by its ctx.
type hurried struct {
	lined
	hurry map[*waiter]bool // the waiters whose ctx has a deadline
	since clock            // the line was empty last
}

func newHurried(size int64) *hurried {
	return &hurried{lined: newLined(size), hurry: map[*waiter]bool{}}
}

func (s *hurried) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	_, limited := ctx.Deadline() // before the lock: a method of ctx may call the semaphore
	s.mu.Lock()
	if s.fits(n) {
		s.mu.Unlock()
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{}), in: true}
	if len(s.line) == 0 {
		s.since.set()
	}
	s.line = append(s.line, w)
	s.hurry[w] = limited
	s.mu.Unlock()
	return s.sleep(ctx, done, w, func() {
		delete(s.hurry, w)
		s.serveHurried()
	})
}

// serveHurried grants the first one in the order of now, as long as that one fits. The rest waits behind it,
// so a large request is not starved by smaller ones that have no deadline.
func (s *hurried) serveHurried() {
	for len(s.line) > 0 {
		first := 0
		if s.since.old() {
			for i, w := range s.line {
				if s.hurry[w] {
					first = i
					break
				}
			}
		}
		if s.line[first].n > s.size-s.held {
			return
		}
		delete(s.hurry, s.line[first])
		s.grant(first)
	}
}

func (s *hurried) Release(n int64) {
	mustNotBeNegative(n)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(n)
	s.serveHurried()
}

// affine puts a request with the ctx of the last grant at the front of the line, as a scheduler does that prefers warm
// caches. K52 grants such a request without permits. Here it takes them like any other, and gains a place only.
// A ctx without a Done channel belongs to many callers, so it gains nothing.
type affine struct {
	lined
	last <-chan struct{}
}

func newAffine(size int64) *affine { return &affine{lined: newLined(size)} }

func (s *affine) Acquire(ctx context.Context, n int64) error {
	done := ctx.Done()
	if err, ok := s.entry(ctx, done, n); !ok {
		return err
	}
	s.mu.Lock()
	if s.fits(n) {
		s.last = done
		s.mu.Unlock()
		return nil
	}
	w := &waiter{n: n, ready: make(chan struct{}), in: true}
	if done != nil && done == s.last {
		s.line = append([]*waiter{w}, s.line...)
		s.serve() // it may fit where the old head did not
	} else {
		s.line = append(s.line, w)
	}
	s.mu.Unlock()
	err := s.sleep(ctx, done, w, s.serve)
	if err == nil {
		s.mu.Lock()
		s.last = done
		s.mu.Unlock()
	}
	return err
}

// fairOnes returns the semaphores of this file.
func fairOnes() []impls.Impl {
	all := []impls.Impl{
		of("fair-stack", newFairStack, impls.Unspecified),
		of("fair-largest", newFairLargest, impls.Unspecified),
		of("hurried", newHurried, impls.Unspecified),
		of("affine", newAffine, impls.Unspecified),
	}
	all[0].StarvationFree, all[1].StarvationFree = true, true
	return all
}
