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
type queue struct {
	mu   sync.Mutex
	size int64
	held int64
	line list.List // of *waiter, the head first
}

type waiter struct {
	n     int64
	ready chan struct{} // closed when n permits are counted as held by the waiter
	place *list.Element // nil if the waiter is not in line
}

func newReference(size int64) impls.Semaphore { return newQueue(size) }

func newQueue(size int64) *queue {
	mustNotBeNegative(size)
	return &queue{size: size}
}

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

// admit grants the waiter at a place. The permits are counted before ready is closed, so a waiter that
// sees ready closed holds them.
func (q *queue) admit(place *list.Element) {
	w := q.line.Remove(place).(*waiter)
	q.held += w.n
	close(w.ready)
}

func (w *waiter) granted() bool { return isDone(w.ready) }

func isDone(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}
