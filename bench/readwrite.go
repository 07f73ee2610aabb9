package bench

import (
	"context"
	"fmt"
)

// readWrite is a readers/writer lock made of a weighted semaphore: reading takes one permit,
// writing takes all. Where readers keep coming, the writer's wait shows in the longest.
var readWrite = Workload{
	Name:   "readwrite",
	Doc:    "15 of 16 operations read under one permit, one writes under all",
	Shapes: []Shape{{Permits: 16, Goroutines: 64}},
	More:   []Shape{{Permits: 64, Goroutines: 64}},
	Run: func(t *Trial) error {
		var shared [8]int // guarded by the semaphore alone: -race sees one that does not exclude
		read := func() error {
			for _, v := range shared {
				if v != shared[0] {
					return fmt.Errorf("a reader met a writer: %v", shared)
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
		return t.Parallel(func(w *Worker) error {
			ctx, sem := context.Background(), w.Sem
			for i := w.ID; w.Next(); i++ { // not all writers at once
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
