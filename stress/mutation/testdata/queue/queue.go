// Package queue is right. Its tests are judged by mutants of it.
package queue

import "sync"

// A Queue hands values from Put to Take.
type Queue struct {
	mu     sync.Mutex
	some   *sync.Cond // there is a value, or the queue is closed
	values []int
	closed bool
}

// New returns an empty queue.
func New() *Queue {
	q := &Queue{}
	q.some = sync.NewCond(&q.mu)
	return q
}

// Put adds a value.
func (q *Queue) Put(v int) {
	q.mu.Lock()
	q.values = append(q.values, v)
	q.some.Signal()
	q.mu.Unlock()
}

// Take waits for a value. It returns false after Close.
func (q *Queue) Take() (int, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.values) == 0 && !q.closed {
		q.some.Wait()
	}
	if len(q.values) == 0 {
		return 0, false
	}
	v := q.values[0]
	q.values = q.values[1:]
	return v, true
}

// Close lets every Take return that waits.
func (q *Queue) Close() {
	q.mu.Lock()
	q.closed = true
	q.some.Broadcast()
	q.mu.Unlock()
}
