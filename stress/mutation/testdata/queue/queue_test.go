package queue

import (
	"sync"
	"testing"
)

// The weak test calls the methods in turn.
func TestWeak(t *testing.T) {
	q := New()
	q.Put(1)
	q.Put(2)
	for want := 1; want <= 2; want++ {
		if v, ok := q.Take(); v != want || !ok {
			t.Errorf("Take: %d, %v, want %d", v, ok, want)
		}
	}
	q.Close()
	if _, ok := q.Take(); ok {
		t.Error("Take returns a value after Close")
	}
}

// take sends to sum what two waiters get.
func take(q *Queue, n int) (wait func() int) {
	var wg sync.WaitGroup
	got := make([]int, n)
	for i := range n {
		wg.Go(func() { got[i], _ = q.Take() })
	}
	return func() (sum int) {
		wg.Wait()
		for _, v := range got {
			sum += v
		}
		return sum
	}
}

// The strong tests let waiters and puts overlap.
func TestStrongTwoTakers(t *testing.T) {
	q := New()
	wait := take(q, 2)
	var put sync.WaitGroup
	put.Go(func() { q.Put(1) })
	q.Put(2)
	if sum := wait(); sum != 3 {
		t.Errorf("the takers got %d, want 3", sum)
	}
	put.Wait()
}

func TestStrongClose(t *testing.T) {
	q := New()
	wait := take(q, 2)
	q.Close()
	if sum := wait(); sum != 0 {
		t.Errorf("the takers got %d, want 0", sum)
	}
}
