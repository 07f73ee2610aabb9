package bench_test

import (
	"context"
	"testing"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/impls"
)

// textbook is the channel semaphore that everybody writes: an element in the buffer for each
// permit that is held. It knows only the weight one, so it is no implementation of the contract,
// but it is what impl=channel has to be compared with.
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
	for range n { // not atomic; here it is only called when nobody else is left
		s <- struct{}{}
	}
	return true
}

func (s textbook) Release(n int64) { <-s }

// The price of weights, linearizable tries and an order of waiters on channels: compare with
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
