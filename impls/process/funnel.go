package process

import (
	"container/list"
	"context"
	"sync"
	"sync/atomic"
)

// A mechanism shares permits between processes. Its methods may be called by several goroutines
// at once, but await by one only.
type mechanism interface {
	// try takes n permits, all or none, without waiting. An error means that it never will again.
	try(n int64) (bool, error)

	// await returns when try(n) may succeed. It takes nothing, so that nobody who has left the
	// line is given permits. It may return for no reason, and does after interrupt.
	await(n int64) error

	// holds reports whether this process holds n permits.
	holds(n int64) bool

	// alone reports whether this process holds everything, and nothing that others do could matter
	// to one who waits.
	alone() bool

	// interrupt makes the await that runs, or the next one, return.
	interrupt()

	// granted is called by the one who awaits, after try succeeded or nobody waits any more: it
	// may have been woken in place of a process that sleeps on.
	granted()
}

// A funnel is the line of one process in front of a mechanism. Of those in it only the head competes
// with other processes, and one goroutine, the pump, waits in the kernel for all. So a waiter is
// parked on a channel, and can leave when it likes.
//
// The pump is started with the first waiter and ended with the last; there is none while this process
// holds everything, as then permits are handed on within it. A waiter whose context cannot be
// done never wants to leave, so if it is the first it pumps itself until it is served: from a
// wake-up of the kernel to the return of Acquire there is no other goroutine then.
//
// A mutex guards the line. The fast path looks at its length without it: one who sees nobody wait
// takes effect before the one who is about to line up.
type funnel struct {
	mechanism
	size    int64
	waiting atomic.Int64 // the length of line

	mu      sync.Mutex
	line    list.List     // of *waiter
	pumping chan struct{} // closed when the pump has ended; nil if there is none
	inLine  *waiter       // the pump's own place, if it is in line itself
	passed  int           // permits handed on within this process, in a row
	broken  error
}

type waiter struct {
	n     int64
	ready chan struct{} // closed when it was granted, or refused with err
	err   error
}

// Acquire is that of [impls.Semaphore], and returns an error of another kind if the mechanism broke.
func (f *funnel) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > f.size {
		<-done // outside of the line: it must not hold up those who can be served
		return ctx.Err()
	}
	if isDone(done) {
		return ctx.Err()
	}
	if f.waiting.Load() == 0 {
		if ok, err := f.try(n); ok || err != nil {
			return err
		}
	}
	return f.wait(ctx, done, n)
}

// TryAcquire is that of [impls.Semaphore]. It stands back behind those of its process who wait.
func (f *funnel) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	if n > f.size || f.waiting.Load() > 0 {
		return false
	}
	ok, _ := f.try(n)
	return ok
}

// wait stands in line. No method of ctx is called under the lock: whoever wrote it might use this
// semaphore there.
func (f *funnel) wait(ctx context.Context, done <-chan struct{}, n int64) error {
	w := &waiter{n: n, ready: make(chan struct{})}
	place, pumps := f.enter(w, done == nil)
	if pumps {
		f.pump()
		return w.err
	}
	select {
	case <-w.ready:
		return w.err
	case <-done:
	}
	if f.leave(w, place) {
		return ctx.Err()
	}
	return w.err // it was granted in the same moment
}

// enter takes a place at the end of the line, and sees to it that there is a pump: one that mayPump is told
// to be it if there is none.
func (f *funnel) enter(w *waiter, mayPump bool) (place *list.Element, pumps bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken != nil {
		w.err = f.broken
		close(w.ready)
		return nil, false
	}
	place = f.line.PushBack(w)
	f.waiting.Add(1)
	switch {
	case f.pumping == nil && f.alone():
		// There is nothing to wait for in the kernel, see released.
	case f.pumping == nil && mayPump && !f.holds(1): // else one of this process may be the next to release
		f.pumping = make(chan struct{})
		f.inLine = w
		return place, true
	case f.pumping == nil:
		f.startPump()
	case f.line.Len() == 1:
		f.interrupt() // the pump sleeps on behalf of somebody who has left
	}
	return place, false
}

// leave takes a waiter out of the line and reports whether it was still there.
func (f *funnel) leave(w *waiter, place *list.Element) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if isDone(w.ready) {
		return false
	}
	wasHead := f.line.Front() == place
	f.line.Remove(place)
	f.waiting.Add(-1)
	if wasHead {
		f.admit()     // the next may ask for less
		f.interrupt() // and the pump has to ask for what the next one wants, or to go home
	}
	return true
}

// admit serves from the head of the line while permits last, and reports whether it served anybody.
// It is called with the lock held.
func (f *funnel) admit() (served bool) {
	for front := f.line.Front(); front != nil; front = f.line.Front() {
		w := front.Value.(*waiter)
		ok, err := f.try(w.n)
		if err != nil {
			f.fail(err)
			return served
		}
		if !ok {
			return served
		}
		f.line.Remove(front)
		f.waiting.Add(-1)
		close(w.ready)
		served = true
	}
	return served
}

// pump waits in the kernel for the head of the line, until nobody is left, or until its own turn has
// come if it is in line itself: then another goroutine takes over.
func (f *funnel) pump() {
	for {
		n, goOn := f.serve()
		if !goOn {
			return
		}
		if err := f.await(n); err != nil {
			f.mu.Lock()
			f.fail(err)
			f.mu.Unlock()
		}
	}
}

// serve is what the pump does between two waits. It returns how much the head of the line wants, or
// false if the one who pumps is done.
func (f *funnel) serve() (n int64, goOn bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	served := f.admit()
	if served {
		f.passed = 0
	}
	front := f.line.Front()
	if served || front == nil {
		f.granted() // under the lock, as afterwards Close may take the mechanism away
	}
	own := f.inLine
	switch {
	case front == nil:
		close(f.pumping)
		f.pumping, f.inLine = nil, nil
		return 0, false
	case own != nil && isDone(own.ready):
		f.inLine = nil
		go f.pump()
		return 0, false
	}
	return front.Value.(*waiter).n, true
}

// fail refuses all who wait, and who will. It is called with the lock held.
func (f *funnel) fail(err error) {
	if f.broken == nil {
		f.broken = err
	}
	for front := f.line.Front(); front != nil; front = f.line.Front() {
		w := front.Value.(*waiter)
		w.err = err
		f.line.Remove(front)
		f.waiting.Add(-1)
		close(w.ready)
	}
}

// shut refuses all who wait and returns when nobody is in the kernel.
func (f *funnel) shut() {
	f.mu.Lock()
	f.fail(errClosed)
	ended := f.pumping
	if ended != nil {
		f.interrupt()
	}
	f.mu.Unlock()
	if ended != nil {
		<-ended
	}
}
