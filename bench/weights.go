package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
)

// Workloads whose requests ask for different numbers of permits.

// mixed is a limit on memory or bandwidth, where requests differ in size. One request in sixteen
// needs all permits. It can only succeed if small requests stop passing it. A semaphore that keeps
// the order of requests therefore pays in throughput. Any other semaphore pays in the longest
// wait.
var mixed = Workload{
	Name:     "mixed",
	Weighted: true,
	Doc:      "requests for 1 to a quarter of the permits, each sixteenth for all; 100 ns of work",
	Shapes:   []Shape{{Permits: 16, Goroutines: 64, Hold: about100ns}},
	More: []Shape{{Permits: 4, Goroutines: 8, Hold: about100ns},
		{Permits: 1024, Goroutines: 64, Hold: about100ns}},
	Run: func(t *Trial) error {
		t.queues = true
		return t.Parallel(func(w *Worker) error {
			ctx, sem, work := context.Background(), w.Sem, newCPUWork(t.Hold)
			// Every goroutine draws from the same distribution, so that a fair semaphore gives all
			// of them the same number of permits. The seed makes samples alike.
			r := rand.New(rand.NewPCG(uint64(w.ID), 0))
			for w.Next() {
				n := 1 + r.Int64N(max(t.Permits/4, 1))
				if r.IntN(16) == 0 {
					n = t.Permits
				}
				if err := underPermits(ctx, sem, n, work); err != nil {
					return err
				}
			}
			return nil
		})
	},
}

// readWrite is a readers-writer lock made of a weighted semaphore: a reader takes one permit, a
// writer takes all. If readers keep arriving, the wait of the writer shows in the longest wait.
var readWrite = Workload{
	Name:     "readwrite",
	Weighted: true,
	Doc:      "15 of 16 operations read under one permit, one writes under all",
	Shapes:   []Shape{{Permits: 16, Goroutines: 64}},
	More:     []Shape{{Permits: 64, Goroutines: 64}},
	Run: func(t *Trial) error {
		// Guarded by the semaphore alone, on purpose: under -race, a semaphore that does not
		// exclude readers from writers is a data race.
		var shared [8]int
		read := func() error {
			for _, v := range shared {
				if v != shared[0] {
					return fmt.Errorf("a reader ran at the same time as a writer: %v", shared)
				}
			}
			return nil
		}
		write := func() error {
			for i := range shared {
				shared[i]++
			}
			return nil
		}
		t.queues = true
		return t.Parallel(func(w *Worker) error {
			ctx, sem := context.Background(), w.Sem
			// The start differs between goroutines, so that they do not all write at once.
			for i := w.ID; w.Next(); i++ {
				n, work := int64(1), read
				if i%16 == 0 {
					n, work = t.Permits, write
				}
				if err := underPermits(ctx, sem, n, work); err != nil {
					return err
				}
			}
			return nil
		})
	},
}
