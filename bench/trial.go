package bench

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/semabench/semabench/impls"
)

// A Trial is one run of a workload on one implementation: a number of operations, which
// Parallel shares among goroutines.
type Trial struct {
	Shape
	N   int             // operations
	Sem impls.Semaphore // of t.Permits, all free; workers use Worker.Sem instead

	impl       impls.Impl
	made       []made
	begin, end func()        // around the operations, without what prepares them
	recorders  []*recorder   // one of each worker; nil: nothing is recorded
	yields     bool          // whoever gets permits lets others run first
	limit      time.Duration // after which no more operations begin; 0: none
	shares     *shares       // of Parallel
}

// made is a semaphore that has to be whole again at the end.
type made struct {
	sem  impls.Semaphore
	size int64
}

func newTrial(c Case, impl impls.Impl, n int) (*Trial, error) {
	t := &Trial{Shape: c.Shape, N: n, impl: impl, begin: func() {}, end: func() {}}
	sem, err := t.New(c.Permits)
	t.Sem = sem
	return t, err
}

// New returns one more semaphore of the implementation, for a workload that needs several.
// It too has to be free at the end.
func (t *Trial) New(size int64) (impls.Semaphore, error) {
	sem, err := t.impl.Make(size)
	if err == nil {
		t.made = append(t.made, made{sem, size})
	}
	return sem, err
}

// run runs the workload. A semaphore that has lost or made permits at the end has not been
// measured but caught.
func (t *Trial) run(w Workload) error {
	if err := w.Run(t); err != nil {
		return err
	}
	for _, m := range t.made {
		if !m.sem.TryAcquire(m.size) || m.sem.TryAcquire(1) {
			return fmt.Errorf("%s does not have its %d permits back after %d operations",
				t.impl.Name, m.size, t.N)
		}
		if err := impls.Close(m.sem); err != nil {
			return err
		}
	}
	return nil
}

// Parallel calls body in exactly t.Goroutines goroutines and returns their errors when all are
// done. A body loops while w.Next, as one of testing.B.RunParallel does; what it does before
// is not measured. Call it once for each Trial.
func (t *Trial) Parallel(body func(w *Worker) error) error {
	s := newShares(t)
	t.shares = s
	if t.Goroutines == 1 { // no goroutine: nothing that it might cost is the semaphore's
		w := s.worker(t, 0)
		err := body(w)
		w.Start()
		t.end()
		return err
	}
	errs := make([]error, t.Goroutines)
	var all sync.WaitGroup
	for i := range t.Goroutines {
		w := s.worker(t, i)
		all.Go(func() {
			errs[i] = body(w)
			w.Start() // it may have failed before
		})
	}
	s.open()
	all.Wait()
	t.end()
	return errors.Join(errs...)
}

// done returns how many operations have been done, which are fewer than N if the limit came first.
// A workload that does not ask Worker.Next is taken at its word.
func (t *Trial) done() int {
	if t.shares == nil || t.shares.next.Load() == 0 {
		return t.N
	}
	return int(min(t.shares.next.Load(), int64(t.N)))
}
