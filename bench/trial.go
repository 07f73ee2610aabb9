package bench

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/semabench/semabench/impls"
)

// A Trial is one run of a workload on one implementation: a number of operations that Parallel
// distributes among goroutines.
type Trial struct {
	Shape
	N   int             // operations to perform, over all goroutines together
	Sem impls.Semaphore // has t.Permits permits, all free; goroutines use Worker.Sem instead

	impl       impls.Impl
	created    []createdSemaphore
	begin, end func()        // called right before the first and after the last operation
	recorders  []*recorder   // one for each worker; nil: nothing is recorded
	yields     bool          // a goroutine yields its core as soon as it has permits
	limit      time.Duration // no operation begins later than this; 0: no limit
	batches    *batches      // set by Parallel
}

// A createdSemaphore is a semaphore of a trial, whose permits must all be free at the end.
type createdSemaphore struct {
	sem  impls.Semaphore
	size int64
}

// newTrial returns a trial of n operations with a fresh semaphore. The caller sets the unexported
// fields that its pass needs.
func newTrial(c Case, impl impls.Impl, n int) (*Trial, error) {
	t := &Trial{Shape: c.Shape, N: n, impl: impl, begin: func() {}, end: func() {}}
	sem, err := t.New(c.Permits)
	t.Sem = sem
	return t, err
}

// New returns another semaphore of the implementation, for a workload that needs several. All its
// permits have to be free when Workload.Run returns. The error is the error of the constructor.
func (t *Trial) New(size int64) (impls.Semaphore, error) {
	sem, err := t.impl.Make(size)
	if err == nil {
		t.created = append(t.created, createdSemaphore{sem, size})
	}
	return sem, err
}

// run runs the workload, and checks afterwards that every semaphore has exactly its permits. A
// semaphore that loses or invents permits is wrong, and its times mean nothing: the trial is an
// error and no measurement.
func (t *Trial) run(w Workload) error {
	if err := w.Run(t); err != nil {
		return err
	}
	for _, c := range t.created {
		if !c.sem.TryAcquire(c.size) || c.sem.TryAcquire(1) {
			return fmt.Errorf("%s does not have its %d permits back after %d operations",
				t.impl.Name, c.size, t.N)
		}
		if err := impls.Close(c.sem); err != nil {
			return err
		}
	}
	return nil
}

// Parallel calls body in exactly t.Goroutines goroutines, and returns their errors joined when all
// have returned. The body loops while w.Next, like the body of testing.B.RunParallel. What it does
// before its first w.Next is not measured. Call Parallel once for each Trial.
func (t *Trial) Parallel(body func(w *Worker) error) error {
	t.batches = newBatches(t)
	if t.Goroutines == 1 {
		// The body runs in the calling goroutine: starting and joining another one would be
		// measured as if the semaphore had cost it.
		w := t.batches.worker(t, 0)
		err := body(w)
		w.Start() // the body may have failed before its first Next; end has to follow a begin
		t.end()
		return err
	}
	errs := make([]error, t.Goroutines)
	var all sync.WaitGroup
	for i := range t.Goroutines {
		w := t.batches.worker(t, i)
		all.Go(func() {
			errs[i] = body(w)
			w.Start() // the body may have failed before its first Next; the others wait for it
		})
	}
	t.batches.openGate()
	all.Wait()
	t.end()
	return errors.Join(errs...)
}

// done returns the number of operations that were performed. It is less than N if the time limit
// came first. For a workload that does not use Worker.Next, done trusts that it performed N.
func (t *Trial) done() int {
	if t.batches == nil || t.batches.next.Load() == 0 {
		return t.N
	}
	return int(min(t.batches.next.Load(), int64(t.N)))
}
