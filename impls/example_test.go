package impls_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/semabench/semabench/impls"
)

// A Resource may be used by one worker at a time. Its semaphore of one permit enforces that.
type Resource struct {
	sem  impls.Semaphore
	out  io.Writer // guarded by sem alone, like the resource itself
	work func()
}

// Access uses the resource once, or returns the error of ctx.
func (r *Resource) Access(ctx context.Context) error {
	if err := r.sem.Acquire(ctx, 1); err != nil {
		return err
	}
	defer r.sem.Release(1)
	fmt.Fprintln(r.out, "Accessing resource...")
	r.work()
	fmt.Fprintln(r.out, "Done accessing resource.")
	return nil
}

// tenWorkers starts ten goroutines that each use the resource once, and waits for all of them.
func tenWorkers(r *Resource) error {
	var workers sync.WaitGroup
	errs := make(chan error, 10)
	for range 10 {
		workers.Go(func() { errs <- r.Access(context.Background()) })
	}
	workers.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Ten workers share one resource: no worker enters before the previous worker has left. The order
// of the workers is open, but the two lines of a worker are never apart.
func Example() {
	cond := impls.All()[0]
	work := func() { time.Sleep(time.Millisecond) }
	if err := tenWorkers(&Resource{sem: cond.New(1), out: os.Stdout, work: work}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Accessing resource...
	// Done accessing resource.
	// Accessing resource...
	// Done accessing resource.
	// Accessing resource...
	// Done accessing resource.
	// Accessing resource...
	// Done accessing resource.
	// Accessing resource...
	// Done accessing resource.
	// Accessing resource...
	// Done accessing resource.
	// Accessing resource...
	// Done accessing resource.
	// Accessing resource...
	// Done accessing resource.
	// Accessing resource...
	// Done accessing resource.
	// Accessing resource...
	// Done accessing resource.
}

// slots is a limiter that is no Semaphore: it takes one permit at a time.
type slots chan struct{}

func (s slots) Acquire(ctx context.Context) error {
	select {
	case s <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s slots) Release() { <-s }

// tryingSlots has a TryAcquire as well.
type tryingSlots struct{ slots }

func (s tryingSlots) TryAcquire() bool {
	select {
	case s.slots <- struct{}{}:
		return true
	default:
		return false
	}
}

// A limiter becomes an Impl with what it declares. stress.Run and explore.Semaphore take the Impl.
func ExampleUnit() {
	impl := impls.Unit("slots", func(size int64) slots { return make(slots, size) })
	impl.DoneContext = impls.DoneMayWin // select is free to choose
	impl.Defects = map[string]string{"C10": "Release blocks", "C11": "Release blocks"}

	sem := impl.New(1)
	fmt.Println(sem.Acquire(context.Background(), 1), impl.UnitWeights, impl.NoTry)
	// Output: <nil> true true
}
