package mutant

import (
	"container/list"
	"context"
	"math"
	"sync"

	"github.com/semabench/semabench/impls"
)

// Reference is the correct semaphore that most mutants are made of. It must pass every clause: then
// the clauses find the defect of a mutant and nothing else.
var Reference = impls.Impl{Name: "reference", New: newReference, Order: impls.FIFO}

// queue is a correct FIFO semaphore. A mutant embeds it and replaces a method.
//
// Its invariants hold whenever mu is free:
//
//   - 0 <= held <= size.
//   - held counts the permits of every waiter whose ready is closed, whether it has run or not.
//   - The head of the line does not fit; otherwise serve would have admitted it.
//   - A waiter is in line if and only if it can be granted at all and was not granted yet.
//
// So a change of held or of the head must be followed by serve in the same critical section. Most
// mutants break one of these lines.
type queue struct {
	mu   sync.Mutex
	size int64
	held int64
	line list.List // of *waiter, the head first
}

// A waiter is a request that could not be granted at once. The comment of ready holds for queue;
// handOff and recycled send to the channel instead, and signals closes it without a grant.
type waiter struct {
	n     int64
	ready chan struct{} // closed when n permits are counted as held by the waiter
	place *list.Element // nil if the waiter is not in line
}

// newReference returns a queue as an impls.Semaphore, for the table.
func newReference(size int64) impls.Semaphore { return newQueue(size) }

// newQueue returns a queue with size permits free. It panics if size is negative.
func newQueue(size int64) *queue {
	mustNotBeNegative(size)
	return &queue{size: size}
}

// mustNotBeNegative panics on a negative weight or size. Methods call it before they change
// anything: a negative weight must leave the semaphore as it was.
func mustNotBeNegative(n int64) {
	if n < 0 {
		panic("mutant: negative")
	}
}

func (q *queue) Acquire(ctx context.Context, n int64) error {
	w, err := q.join(ctx, n)
	if w == nil {
		return err
	}
	return q.wait(ctx, w)
}

// wait returns nil when w was granted its permits. It returns an error when ctx is done, and then
// gives back the permits of a grant that came at the same time.
//
// select picks at random if both channels are ready. Either result is right, see C7, as long as
// the permits agree with it.
func (q *queue) wait(ctx context.Context, w *waiter) error {
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
		if q.leave(w) {
			q.Release(w.n)
		}
		return ctx.Err()
	}
}

func (q *queue) TryAcquire(n int64) bool {
	mustNotBeNegative(n)
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.take(n)
}

// Release panics before it changes the count, so a recovered over-release leaves no trace. It
// admits waiters under the same lock: a request that fits must not be overtaken between the two.
func (q *queue) Release(n int64) {
	mustNotBeNegative(n)
	q.mu.Lock()
	defer q.mu.Unlock()
	if n > q.held {
		panic("mutant: released more than held")
	}
	q.held -= n
	q.serve(math.MaxInt)
}

// join returns nil and nil if n permits were free. Otherwise it returns a waiter, or the error of
// ctx.
//
// It polls done under mu, because a channel of ctx runs no code of the caller. It calls ctx.Err
// after the unlock: that method may use this semaphore.
func (q *queue) join(ctx context.Context, n int64) (*waiter, error) {
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
	if n <= q.size { // a request that can never be granted must not hold up others
		w.place = q.line.PushBack(w)
	}
	return w, nil
}

// leave reports whether w was granted its permits. If not, it takes w off the line, and admits the
// waiters that w held up.
//
// Grants happen under mu, so the answer cannot change after it is given: without a grant w is off
// the line, and no Release finds it any more.
func (q *queue) leave(w *waiter) (granted bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if w.granted() {
		return true
	}
	if w.place != nil {
		q.line.Remove(w.place)
		q.serve(math.MaxInt)
	}
	return false
}

// take takes n permits if they are free and no request waits: under FIFO nothing passes the line.
func (q *queue) take(n int64) bool {
	if q.line.Len() > 0 || n > q.size-q.held {
		return false
	}
	q.held += n
	return true
}

// serve admits waiters from the head of the line while they fit, and at most the given number.
func (q *queue) serve(most int) {
	for range most {
		head := q.line.Front()
		if head == nil || head.Value.(*waiter).n > q.size-q.held {
			return
		}
		q.admit(head)
	}
}

// admit grants the waiter at a place. The permits are counted before ready is closed, so a waiter
// that sees ready closed holds them. Closing never blocks, so it may happen under mu.
func (q *queue) admit(place *list.Element) {
	w := q.line.Remove(place).(*waiter)
	q.held += w.n
	close(w.ready)
}

// granted reports whether ready is closed. The answer is final only under the mutex of the
// semaphore.
func (w *waiter) granted() bool { return isDone(w.ready) }

// isDone reports whether a channel is closed. It never blocks. A nil channel is never done, as the
// Done channel of a background context.
func isDone(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}
