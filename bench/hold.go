package bench

import (
	"context"

	"github.com/semabench/semabench/impls"
)

// holdOne runs a workload whose operation takes one permit, works, and releases the permit. Each
// goroutine calls newWork once, before the measurement, and then calls the result in each
// operation.
func (t *Trial) holdOne(newWork func() func() error) error {
	t.queues = true
	return t.Parallel(func(w *Worker) error {
		ctx, sem, work := context.Background(), w.Sem, newWork()
		for w.Next() {
			if err := underPermits(ctx, sem, 1, work); err != nil {
				return err
			}
		}
		return nil
	})
}

// underPermits calls work while it holds n permits, and returns the first error. It does not defer
// the release: the defer would be measured, and a workload that panics ends the process anyway.
func underPermits(ctx context.Context, sem impls.Semaphore, n int64, work func() error) error {
	if err := sem.Acquire(ctx, n); err != nil {
		return err
	}
	err := work()
	sem.Release(n)
	return err
}

func noWork() error { return nil }

// CPU work has a length in steps, not in time. A loop until some time has passed would count the
// time during which its goroutine had lost the core as work. A loop calibrated at the beginning
// would be calibrated differently in each sample.
const (
	about100ns = 50   // steps
	about10µs  = 5000 // steps
)

// newCPUWork returns a function that performs the given number of steps. It keeps the result in a
// variable that outlives the call, so that the compiler cannot leave the steps out.
func newCPUWork(steps int) func() error {
	if steps == 0 {
		return noWork
	}
	x := uint64(88172645463325252) // any number but 0, which xorshift maps to 0
	return func() error {
		x = xorshift(steps, x)
		return nil
	}
}
