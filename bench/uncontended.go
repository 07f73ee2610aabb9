package bench

import "context"

// uncontended is the price of a semaphore where nobody else wants it: what every operation pays,
// and all that most operations of a well-sized limiter pay.
var uncontended = Workload{
	Name:   "uncontended",
	Doc:    "one goroutine takes a permit and gives it back",
	Shapes: []Shape{{Permits: 1, Goroutines: 1}},
	Fixed:  true,
	Run: func(t *Trial) error {
		return t.Parallel(func(w *Worker) error {
			ctx, sem := context.Background(), w.Sem
			for w.Next() {
				if err := sem.Acquire(ctx, 1); err != nil {
					return err
				}
				sem.Release(1)
			}
			return nil
		})
	},
}
