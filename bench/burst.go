package bench

import (
	"context"
	"time"
)

// bursts is load that comes on a schedule, whether or not the last burst is done. Time per
// operation is then the schedule's as long as the semaphore keeps up; the latencies are what to
// look at. They count from when a request was due, so they hold what timers are late, too.
var bursts = Workload{
	Name:   "burst",
	Doc:    "every 2 ms each goroutine wants a permit for about 10 µs of work",
	Shapes: []Shape{{Permits: 4, Goroutines: 64, Hold: about10µs}},
	More: []Shape{{Permits: 1, Goroutines: 64, Hold: about10µs},
		{Permits: 16, Goroutines: 64, Hold: about10µs}},
	Run: func(t *Trial) error {
		return t.Parallel(func(w *Worker) error {
			ctx, sem, work := context.Background(), w.Sem, newBurner(t.Hold)
			for at := time.Duration(0); w.Next(); at += 2 * time.Millisecond {
				w.Due(at)
				if err := underPermits(ctx, sem, 1, work); err != nil {
					return err
				}
			}
			return nil
		})
	},
}
