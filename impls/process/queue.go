package process

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// A mechanism shares permits between processes. Several goroutines may call its methods at once,
// except await and forwardWakeup: only the kernel waiter calls these.
type mechanism interface {
	// tryTake takes n permits, all or none, without waiting. An error is final: tryTake will
	// return one forever.
	tryTake(n int64) (bool, error)

	// await returns when tryTake(n) may succeed. It takes no permits, so a waiter can leave
	// the queue without permits that it would have to give back. It may return early, and
	// does after interrupt.
	await(n int64) error

	// holds reports whether this process holds at least n permits.
	holds(n int64) bool

	// holdsAll reports whether this process holds all permits and no event outside this process
	// can concern a waiter. Then only this process can wake its waiters.
	holdsAll() bool

	// interrupt makes the running await return, or the next one if none runs.
	interrupt()

	// forwardWakeup is called by the kernel waiter after tryTake succeeded, or when the
	// queue is empty. The kernel may have woken this process although another process
	// sleeps that could use the remaining permits; forwardWakeup wakes that process.
	forwardWakeup()
}

// A localQueue is the FIFO queue of one process in front of a mechanism. Only the request at its
// head competes with other processes. One goroutine, the kernel waiter, waits in the kernel for the
// whole queue. All other waiters are parked on a Go channel and can leave at any time.
//
// The kernel waiter starts with the first waiter and ends when the queue is empty. There is none
// while this process holds all permits, as then only a Release of this process can admit a
// waiter. A waiter whose context cannot be done never leaves early. If such a waiter is the
// first, it becomes the kernel waiter itself until it is served. Then no switch of goroutines
// lies between the kernel's wake-up and the return of Acquire.
//
// Invariants, with mu held:
//
//   - waiting equals queue.Len().
//   - If the queue is not empty, a kernel waiter runs, or the process holds all permits and the
//     head asks for at least one. The exception lasts from the instant a Release frees permits
//     until it calls ensureKernelWaiter.
//   - The kernel waiter waits for the weight at the head of the queue. If the head changes to
//     another weight, the goroutine that changed it calls interrupt.
//
// Memory order: Acquire without a wait and Release rely on the mechanism. A handoff within the
// process closes a channel, and the close synchronizes before the receive in wait. A grant by the
// kernel waiter does the same after its tryTake.
type localQueue struct {
	mechanism
	size    int64
	waiting atomic.Int64 // length of queue; the fast paths read it without mu

	mu       sync.Mutex
	queue    list.List     // of *waiter
	kernel   chan struct{} // closed when the kernel waiter has ended; nil if there is none
	inQueue  *waiter       // entry of the kernel waiter, if it is in the queue itself
	handoffs int           // handoffs within this process in a row, see handOff
	err      error         // once set, every waiter gets it
}

// A waiter is one entry of the queue.
type waiter struct {
	n     int64
	ready chan struct{} // closed when the waiter was granted, or refused with err
	err   error         // written before ready is closed
}

// Acquire implements [impls.Semaphore]. It returns an error other than ctx.Err(), usually of type
// [Broken], if the mechanism failed.
//
// The fast path reads waiting without mu, so a waiter may join the queue between that read and
// tryTake. The two calls overlap in time. Then FIFO allows either order, and the fast path counts
// as the first. It never passes a waiter that joined before the read.
func (q *localQueue) Acquire(ctx context.Context, n int64) error {
	mustNotBeNegative(n)
	done := ctx.Done()
	if n > q.size {
		<-done // outside the queue: at its head this request would block every other one forever
		return ctx.Err()
	}
	if isDone(done) { // before tryTake, so a done ctx loses even if permits are free
		return ctx.Err()
	}
	if q.waiting.Load() == 0 {
		if ok, err := q.tryTake(n); ok || err != nil {
			return err
		}
	}
	return q.wait(ctx, done, n)
}

// TryAcquire implements [impls.Semaphore]. It fails while another goroutine of this process waits,
// even if permits are free.
func (q *localQueue) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	if n > q.size || q.waiting.Load() > 0 {
		return false
	}
	ok, _ := q.tryTake(n)
	return ok
}

// wait joins the queue and returns when the request is granted, refused or cancelled. It calls no
// method of ctx with mu held: that code belongs to the caller and may use this semaphore.
func (q *localQueue) wait(ctx context.Context, done <-chan struct{}, n int64) error {
	w := &waiter{n: n, ready: make(chan struct{})}
	place, isKernelWaiter := q.join(w, done == nil)
	if isKernelWaiter {
		q.waitInKernel()
		return w.err
	}
	select {
	case <-w.ready:
		return w.err
	case <-done:
	}
	if q.leave(w, place) {
		return ctx.Err()
	}
	return w.err // granted or refused before this goroutine got mu
}

// join adds w to the end of the queue and ensures that a kernel waiter runs if one is needed. If
// none runs and mayWait is set, the caller may have to become the kernel waiter: then join
// returns true, and the caller calls waitInKernel.
//
// A permit that became free before join cannot be missed: the kernel waiter calls tryTake before
// each await. If join starts no kernel waiter because this process holds all permits, the next
// Release calls ensureKernelWaiter after it freed them.
func (q *localQueue) join(w *waiter, mayWait bool) (place *list.Element, isKernelWaiter bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		w.err = q.err
		close(w.ready)
		return nil, false
	}
	place = q.queue.PushBack(w)
	q.waiting.Add(1) // before holdsAll: ensureKernelWaiter reads them in the opposite order
	switch {
	case q.kernel == nil && q.holdsAll():
		// Nothing to wait for in the kernel: see ensureKernelWaiter. A request for no permit
		// needs no Release. It comes here if Acquire saw a waiter that has been served since.
		if w.n == 0 {
			q.grantFromHead()
		}
	case q.kernel == nil && mayWait && !q.holds(1):
		// If this process holds a permit, its own Release may come next and hand the permit
		// over. A goroutine in the kernel would have to be interrupted for that.
		q.kernel = make(chan struct{})
		q.inQueue = w
		return place, true
	case q.kernel == nil:
		q.startKernelWaiter()
	case q.queue.Len() == 1:
		q.interrupt() // the kernel waiter still waits for a request that has left the queue
	}
	return place, false
}

// leave removes a cancelled waiter from the queue. It returns false if the waiter was granted or
// refused before: ready is closed with mu held, so exactly one of cancellation and grant wins.
func (q *localQueue) leave(w *waiter, place *list.Element) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if isDone(w.ready) {
		return false
	}
	wasHead := q.queue.Front() == place
	q.queue.Remove(place)
	q.waiting.Add(-1)
	if wasHead {
		q.grantFromHead() // the next request may be smaller and fit
		q.interrupt()     // the kernel waiter has to wait for the new head, or to end
	}
	return true
}

// grantFromHead serves requests from the head of the queue until one does not fit, and reports
// whether it served any. It stops at the first that does not fit, to keep the order FIFO and let
// no small request starve a large one. It is called with mu held.
func (q *localQueue) grantFromHead() (served bool) {
	for front := q.queue.Front(); front != nil; front = q.queue.Front() {
		w := front.Value.(*waiter)
		ok, err := q.tryTake(w.n)
		if err != nil {
			q.refuseAll(err)
			return served
		}
		if !ok {
			return served
		}
		q.queue.Remove(front)
		q.waiting.Add(-1)
		close(w.ready)
		served = true
	}
	return served
}

// waitInKernel is the kernel waiter. It alternates serveQueue and await until the queue is empty,
// or until its own request is served if it is in the queue itself. In the latter case another
// goroutine takes over.
func (q *localQueue) waitInKernel() {
	for {
		n, more := q.serveQueue()
		if !more {
			return
		}
		if err := q.await(n); err != nil {
			q.mu.Lock()
			q.refuseAll(err)
			q.mu.Unlock()
		}
	}
}

// serveQueue grants what it can between two waits of the kernel waiter. It returns the weight at
// the head of the queue, to wait for next, or false if the calling goroutine must stop.
func (q *localQueue) serveQueue() (n int64, more bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	served := q.grantFromHead()
	if served {
		q.handoffs = 0
	}
	front := q.queue.Front()
	if served || front == nil {
		q.forwardWakeup() // with mu held: Close may release the mechanism afterwards
	}
	own := q.inQueue
	switch {
	case front == nil:
		close(q.kernel)
		q.kernel, q.inQueue = nil, nil
		return 0, false
	case own != nil && isDone(own.ready):
		q.inQueue = nil
		go q.waitInKernel() // q.kernel stays: the role moves to another goroutine
		return 0, false
	}
	return front.Value.(*waiter).n, true
}

// refuseAll ends all waiters with err, and all that join later. The first error stays. It is
// called with mu held.
func (q *localQueue) refuseAll(err error) {
	if q.err == nil {
		q.err = err
	}
	for front := q.queue.Front(); front != nil; front = q.queue.Front() {
		w := front.Value.(*waiter)
		w.err = err
		q.queue.Remove(front)
		q.waiting.Add(-1)
		close(w.ready)
	}
}

// shutdown refuses all waiters and returns when the kernel waiter has ended. Afterwards no
// goroutine uses the mechanism, and Close may release it.
func (q *localQueue) shutdown() {
	q.mu.Lock()
	q.refuseAll(errClosed)
	ended := q.kernel
	if ended != nil {
		q.interrupt()
	}
	q.mu.Unlock()
	if ended != nil {
		<-ended
	}
}

// maxHandoffs is how many handoffs within this process may follow each other, before Release frees
// the permits for other processes. A larger limit saves more system calls, and makes a waiting
// process wait longer. 16 keeps most of the gain: a handoff takes a tenth of the time of a
// wake-up, so at 16 the wake-up is less than half of the cost.
const maxHandoffs = 16

// handOff passes n permits of a Release to the head of the queue and reports whether it did. It
// passes them only if the head asks for exactly n. The permits stay with this process, so
// the mechanism is not told. That takes a tenth of the time of waking the kernel waiter.
//
// The fast path, an empty queue, reads waiting without mu. A waiter may join between that read and
// the Release of the mechanism. Then the Release frees its permits in the mechanism, and calls
// ensureKernelWaiter afterwards, which finds the waiter.
//
// The permits must be held before they are handed on. Otherwise an over-release would grant
// permits of another process; so holds(n) is checked with mu held. A caller that releases one
// permit twice may in fact release the permit of the new holder. No semaphore whose permits
// have no owner within the process can tell these two apart.
func (q *localQueue) handOff(n int64) bool {
	if q.waiting.Load() == 0 || n == 0 {
		return false
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	front := q.queue.Front()
	if front == nil || front.Value.(*waiter).n != n || q.handoffs == maxHandoffs || !q.holds(n) {
		q.handoffs = 0
		return false
	}
	q.handoffs++
	w := q.queue.Remove(front).(*waiter)
	q.waiting.Add(-1)
	close(w.ready)
	next := q.queue.Front()
	headChanged := next == nil || next.Value.(*waiter).n != n
	switch {
	case q.kernel != nil && (headChanged || w == q.inQueue):
		q.interrupt() // the kernel waiter waits for a request that is served
	case q.kernel == nil && headChanged:
		q.grantFromHead() // the next request may be smaller and fit
	case q.kernel == nil && q.handoffs >= maxHandoffs/2:
		// Start early: when the permits are freed, the kernel waiter should already sleep, in
		// the kernel's order behind the waiters of other processes.
		q.startKernelWaiter()
	}
	return true
}

// ensureKernelWaiter is called after permits were freed in the mechanism. The process no longer
// holds all permits, so a queue that needed no kernel waiter before needs one now.
//
// The order is: free the permits, then read waiting. join does the opposite: it raises waiting,
// then asks whether the process holds all permits. Atomic operations are sequentially consistent,
// so at least one of the two sees the other. Either join sees the freed permits and starts a
// kernel waiter, or this call sees the waiter.
func (q *localQueue) ensureKernelWaiter() {
	if q.waiting.Load() == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.kernel == nil && q.queue.Len() > 0 {
		q.startKernelWaiter()
	}
}

// startKernelWaiter is called with mu held, if no kernel waiter runs.
func (q *localQueue) startKernelWaiter() {
	q.kernel = make(chan struct{})
	go q.waitInKernel()
}

// Broken is the error of a semaphore that cannot be opened or can grant no permit any more. The
// file, server or kernel object that processes share is gone, damaged, or of another kind.
type Broken struct {
	Name string // path, descriptors or ID, as the mechanism knows the semaphore
	Fact string // what was observed
	Err  error  // error of the operating system, or nil
}

// Error returns the name, the fact, and the error of the operating system if there is one.
func (b *Broken) Error() string {
	if b.Err == nil {
		return fmt.Sprintf("process: %s: %s", b.Name, b.Fact)
	}
	return fmt.Sprintf("process: %s: %s: %v", b.Name, b.Fact, b.Err)
}

// Unwrap returns the error of the operating system, or nil.
func (b *Broken) Unwrap() error { return b.Err }

// errClosed is the result of an Acquire that waits during Close, or begins after it.
var errClosed = errors.New("process: semaphore is closed")

// overRelease is the panic of a Release of more permits than this process holds.
const overRelease = "process: released more than this process holds"

// mustNotBeNegative panics on a negative weight. Every method calls it before it changes anything.
func mustNotBeNegative(n int64) {
	if n < 0 {
		panic("process: negative weight")
	}
}

// checkSize returns an error unless size is between 0 and limit. It is an error and not a panic,
// because a size between processes usually comes from configuration.
func checkSize(mechanism string, size, limit int64) error {
	if size < 0 || size > limit {
		return fmt.Errorf("process: %s of size %d: want 0 to %d", mechanism, size, limit)
	}
	return nil
}

// isDone reports whether a context's Done channel is closed. A nil channel is never closed. The
// test for nil comes first because select calls the runtime even for a nil channel. The most
// frequent ctx on the fast path, context.Background, has a nil channel.
func isDone(done <-chan struct{}) bool {
	if done == nil {
		return false
	}
	select {
	case <-done:
		return true
	default:
		return false
	}
}
