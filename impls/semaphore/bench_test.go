package semaphore_test

import (
	"context"
	"sync/atomic"
	"testing"

	xsync "golang.org/x/sync/semaphore"

	"github.com/semabench/semabench/impls/semaphore"
)

// BenchmarkUncontended measures an uncontended pair of Acquire and Release beside a pair of one
// compare-and-swap and one add on a word, which is the floor: no semaphore can do less.
//
//	go test -run '^$' -bench Uncontended -count 10 ./impls/semaphore | go tool benchstat -col /impl -
func BenchmarkUncontended(b *testing.B) {
	cancellable, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
	}{{"background", context.Background()}, {"cancellable", cancellable}} {
		b.Run("ctx="+c.name+"/impl=floor", func(b *testing.B) {
			var word atomic.Int64
			word.Store(1)
			for b.Loop() {
				for {
					free := word.Load()
					if free >= 1 && word.CompareAndSwap(free, free-1) {
						break
					}
				}
				word.Add(1)
			}
		})
		prefix := "ctx=" + c.name + "/impl="
		b.Run(prefix+"bypass", func(b *testing.B) { pairs(b, c.ctx, semaphore.NewWeighted(1)) })
		b.Run(prefix+"fifo", func(b *testing.B) { pairs(b, c.ctx, semaphore.NewFIFO(1)) })
		b.Run(prefix+"xsync", func(b *testing.B) { pairs(b, c.ctx, xsync.NewWeighted(1)) })
	}
}

// pairs is generic, so that each type is called without an interface, as a service would.
func pairs[S interface {
	*semaphore.Weighted | *xsync.Weighted
	Acquire(context.Context, int64) error
	Release(int64)
}](b *testing.B, ctx context.Context, sem S) {
	for b.Loop() {
		if err := sem.Acquire(ctx, 1); err != nil {
			b.Fatal(err)
		}
		sem.Release(1)
	}
}
