package bench_test

import (
	"context"
	"testing"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/impls"
)

// textbook is the usual channel semaphore: the buffer has an element for each held permit. It
// grants one permit at a time only, so it does not implement the contract. It shows what
// impl=channel pays for the rest of the contract.
type textbook chan struct{}

func (s textbook) Acquire(ctx context.Context, n int64) error {
	if n != 1 {
		panic("textbook: one permit at a time")
	}
	select {
	case s <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s textbook) TryAcquire(n int64) bool {
	if int64(len(s))+n > int64(cap(s)) {
		return false
	}
	for range n { // not atomic; the benchmark calls it only when no other goroutine is left
		s <- struct{}{}
	}
	return true
}

func (s textbook) Release(n int64) { <-s }

// The difference of the two columns is the price of weights, of a linearizable TryAcquire and of a
// queue of waiters, built on channels:
//
//	go test -run '^$' -bench TextbookChannel -count 10 ./bench | go tool benchstat -col /impl -
func BenchmarkTextbookChannel(b *testing.B) {
	theirs := impls.Of("textbook", func(size int64) textbook { return make(textbook, size) })
	for _, ours := range impls.All() {
		if ours.Name == "channel" {
			bench.Run(b, theirs, ours)
		}
	}
}
