package bench

import (
	"context"
	"math/rand/v2"
)

// mixed is a limit on memory or bandwidth, where requests differ in size. One in sixteen needs
// everything. It can only be served if small ones stop being let past it, so this is where
// order of service is paid for in throughput, and its lack in the longest wait.
var mixed = Workload{
	Name:   "mixed",
	Doc:    "requests for 1 to a quarter of the permits, each sixteenth for all; 100 ns of work",
	Shapes: []Shape{{Permits: 16, Goroutines: 64, Hold: about100ns}},
	More: []Shape{{Permits: 4, Goroutines: 8, Hold: about100ns},
		{Permits: 1024, Goroutines: 64, Hold: about100ns}},
	Run: func(t *Trial) error {
		return t.Parallel(func(w *Worker) error {
			ctx, sem, work := context.Background(), w.Sem, newBurner(t.Hold)
			// All goroutines draw from the same sizes, so a fair semaphore gives all the same.
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
