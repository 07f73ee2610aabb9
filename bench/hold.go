package bench

import (
	"context"

	"github.com/semabench/semabench/impls"
)

// holdOne runs workloads of which an operation is to take a permit, do the work that its goroutine
// was given by newWork, and give the permit back.
func (t *Trial) holdOne(newWork func() func() error) error {
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

func underPermits(ctx context.Context, sem impls.Semaphore, n int64, work func() error) error {
	if err := sem.Acquire(ctx, n); err != nil {
		return err
	}
	err := work()
	sem.Release(n)
	return err
}

func noWork() error { return nil }

// Work of a certain length is a number of steps, not a time. A loop until some time has passed
// would call it work when it has lost its core, and one that is calibrated first would be
// calibrated differently in each sample.
const (
	about100ns = 50
	about10µs  = 5000
)

// burn does so many steps, each of which needs the one before: about 2 ns at 3 GHz.
func burn(steps int, x uint64) uint64 {
	for range steps {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}

// newBurner returns work of so many steps, with a memory so that no compiler leaves it out.
func newBurner(steps int) func() error {
	if steps == 0 {
		return noWork
	}
	x := uint64(88172645463325252) // anything but 0, which is where the steps stay
	return func() error {
		x = burn(steps, x)
		return nil
	}
}
