package bench

import (
	"flag"
	"sync/atomic"
	"testing"

	"github.com/semabench/semabench/impls"
)

// Names carry the number of goroutines, so exactly that many must be at work, and do the b.N
// operations among them, whether or not GOMAXPROCS divides it.
func TestInParallel(t *testing.T) {
	if err := flag.Set("test.benchtime", "1us"); err != nil {
		t.Fatal(err)
	}
	for _, goroutines := range []int{1, 2, 7, 64} {
		var workers, done atomic.Int64
		newWork := func() func() error {
			workers.Add(1)
			return func() error { done.Add(1); return nil }
		}
		testing.Benchmark(func(b *testing.B) {
			workers.Store(0)
			done.Store(0)
			sem := impls.All()[0].New(2)
			if err := inParallel(b, sem, Shape{2, goroutines}, newWork); err != nil {
				t.Error(err)
			}
			if n := workers.Load(); n != int64(goroutines) {
				t.Errorf("%d goroutines were at work, want %d", n, goroutines)
			}
			if n := done.Load(); n != int64(b.N) {
				t.Errorf("%d operations were done, want b.N = %d", n, b.N)
			}
		})
	}
}

func TestCPUTimeGrowsWithWork(t *testing.T) {
	before := cpuTime()
	work := newHasher()
	for range 1000 {
		if err := work(); err != nil {
			t.Fatal(err)
		}
	}
	if cpuTime() <= before {
		t.Error("1000 hashes took no processor time")
	}
}
