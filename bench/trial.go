package bench

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
)

// A Shape is the size of a workload. A field that is 0 does not apply, and is not in the name of
// the row.
type Shape struct {
	Permits    int64         // capacity of the semaphore
	Goroutines int           // goroutines that use it
	Hold       int           // steps of CPU work under each permit, of about 2 ns each
	Latency    time.Duration // time that an external resource takes to answer under a permit
	Step       string        // operation of workload floor
}

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
	warms      bool          // New lets as many goroutines wait for a new semaphore as the trial has
	queues     bool          // the operations begin while all goroutines wait for t.Sem; see beginQueued
	limit      time.Duration // no operation begins later than this; 0: no limit
	batches    *batches      // set by Parallel

	// granted is the number of granted requests, if a workload counts them: in the end, not while
	// the operations run.
	granted atomic.Int64
}

// A createdSemaphore is a semaphore of a trial, whose permits must all be free at the end.
type createdSemaphore struct {
	sem  impls.Semaphore
	size int64
}

// New returns another semaphore of the implementation, for a workload that needs several. All its
// permits have to be free when Workload.Run returns. The error is the error of the constructor.
func (t *Trial) New(size int64) (impls.Semaphore, error) {
	sem, err := t.impl.Make(size)
	if err != nil {
		return nil, err
	}
	c := createdSemaphore{sem, size}
	t.created = append(t.created, c)
	if t.warms && t.Goroutines > 1 {
		err = t.warmUp(c)
	}
	return sem, err
}

// warmUp lets t.Goroutines goroutines wait for permits of c at once, so that c has allocated what it
// needs for waiting before anything is counted. A semaphore allocates for each further goroutine that
// waits, even if it reuses that memory for ever after.
//
// A goroutine announces itself right before Acquire. The yields after the last announcement give it time
// to begin its wait. If it is late nevertheless, its first wait is counted, and the count is too high.
func (t *Trial) warmUp(c createdSemaphore) error {
	if !t.takeAll(c) {
		return nil // run says so, after the operations
	}
	errs := make([]error, t.Goroutines)
	var coming, all sync.WaitGroup
	coming.Add(t.Goroutines)
	for i := range errs {
		all.Go(func() {
			coming.Done()
			errs[i] = underPermits(context.Background(), c.sem, 1, noWork)
		})
	}
	coming.Wait()
	for range 10 {
		runtime.Gosched()
	}
	c.sem.Release(c.size)
	all.Wait()
	return errors.Join(errs...)
}

// hasAll takes all permits of c, and reports whether they were free. Permits that come back after
// Release has returned break clause C2 of the contract; an implementation that declares so gets time.
func (t *Trial) hasAll(c createdSemaphore) bool {
	const late = 10_000 // yields
	for tries := 0; !t.takeAll(c); tries++ {
		if t.impl.Defects["C2"] == "" || tries == late {
			return false
		}
		runtime.Gosched()
	}
	return true
}

// takeAll takes all permits or none: one by one if the implementation takes no more at once, which
// nothing else disturbs here.
func (t *Trial) takeAll(c createdSemaphore) bool {
	if !t.impl.UnitWeights {
		return c.sem.TryAcquire(c.size)
	}
	for taken := range c.size {
		if !c.sem.TryAcquire(1) {
			if taken > 0 {
				c.sem.Release(taken)
			}
			return false
		}
	}
	return true
}

// Parallel calls body in exactly t.Goroutines goroutines, and returns their errors joined when all
// have returned. The body loops while w.Next, like the body of testing.B.RunParallel. The code
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

// A Worker is the view that one goroutine has of a Trial. Only that goroutine may use it.
type Worker struct {
	ID  int             // from 0 to Goroutines-1
	Sem impls.Semaphore // the semaphore of the trial; in a recorded pass it goes through a recorder

	left    int // operations left in the batch at hand
	started bool
	batches *batches
	rec     *recorder // nil: nothing is recorded
}

// Next reports whether there is another operation to perform. The first call waits like Start.
//
// The common case touches no shared memory, and stays small enough to be inlined: a workload of 10
// ns per operation would be distorted by a call.
func (w *Worker) Next() bool {
	if w.left > 0 {
		w.left--
		return true
	}
	return w.nextBatch()
}

func (w *Worker) nextBatch() bool {
	w.Start()
	w.left = w.batches.take() - 1
	return w.left >= 0
}

// Start waits until all workers of the trial are ready to begin. The first call of Next calls it.
// A worker that never calls Next, because it only answers other workers, has to call it itself.
func (w *Worker) Start() {
	if !w.started {
		w.started = true
		w.batches.waitAtGate()
	}
}

// On wraps a semaphore made by Trial.New, so that its calls by this worker are recorded. Worker.Sem
// is wrapped already.
func (w *Worker) On(sem impls.Semaphore) impls.Semaphore {
	switch {
	case w.rec != nil:
		return &recordedSemaphore{sem: sem, rec: w.rec}
	case w.batches.trial.yields:
		return yieldingSemaphore{sem}
	}
	return sem
}

// A yieldingSemaphore gives up the core after each acquisition, while the permits are held. Other
// goroutines then run, find no permits, and wait.
type yieldingSemaphore struct{ impls.Semaphore }

func (s yieldingSemaphore) Acquire(ctx context.Context, n int64) error {
	err := s.Semaphore.Acquire(ctx, n)
	runtime.Gosched()
	return err
}

func (s yieldingSemaphore) TryAcquire(n int64) bool {
	ok := s.Semaphore.TryAcquire(n)
	runtime.Gosched()
	return ok
}

// Due waits until the time at which a scheduled operation is due, counted from the start of the
// trial. It returns at once if that time has passed. The latency of the next Acquire then counts
// from the due time and not from the call. A late worker thus does not hide the delay: see
// “Coordinated omission” in the package documentation.
func (w *Worker) Due(at time.Duration) {
	at += time.Duration(w.batches.began.Load())
	time.Sleep(at - now())
	if w.rec != nil {
		w.rec.due = at
	}
}

// batches distributes the operations of a trial in batches. A worker that has finished a batch
// takes the next one, so a goroutine that waits longer than others performs fewer operations.
// Dividing the operations evenly beforehand would hide unfairness: jain would always be 1.
type batches struct {
	trial *Trial
	total int64          // operations of the trial
	size  int64          // operations in a batch
	ready sync.WaitGroup // workers that have not reached the gate
	gate  chan struct{}  // closed when the operations begin; nil if there is only one worker
	began atomic.Int64   // when they began, as a value of now()

	// coming counts the workers that have not reached their first operation, if queued is set.
	coming sync.WaitGroup
	queued bool // openGate holds all permits; set before the gate is closed

	_       [64]byte // next is written while the fields above are read: keep the cache lines apart
	next    atomic.Int64
	stopped atomic.Bool // the time limit has passed
}

// newBatches chooses the size of a batch. With 64 batches for each goroutine, fast goroutines can
// take over work from slow ones. With 64 operations in a batch, the shared counter costs less than
// one hundredth of even the cheapest operation.
func newBatches(t *Trial) *batches {
	size := min(max(int64(t.N)/int64(t.Goroutines*64), 1), 64)
	s := &batches{trial: t, total: int64(t.N), size: size}
	if t.Goroutines > 1 {
		s.gate = make(chan struct{})
		s.ready.Add(t.Goroutines)
	}
	return s
}

func (s *batches) worker(t *Trial, id int) *Worker {
	w := &Worker{ID: id, batches: s}
	if t.recorders != nil {
		w.rec = t.recorders[id]
		w.rec.began = &s.began
	}
	w.Sem = w.On(t.Sem)
	return w
}

// take returns the number of operations in the next batch, or 0 if there is none. The first batch
// is handed out even after the time limit: a pass without any operation would have no metrics, and
// the row would lack them now and then.
func (s *batches) take() int {
	if s.stopped.Load() && s.next.Load() > 0 {
		return 0
	}
	from := s.next.Add(s.size) - s.size
	return int(max(min(s.size, s.total-from), 0))
}

// waitAtGate waits for openGate. The only worker of a trial begins at once.
func (s *batches) waitAtGate() {
	if s.gate == nil {
		s.begin()
		return
	}
	s.ready.Done()
	<-s.gate
	if s.queued {
		s.coming.Done()
	}
}

// openGate lets the workers begin as soon as all of them wait at the gate. The creation of a
// thousand goroutines thus is not measured, and the first goroutine gets no head start.
func (s *batches) openGate() {
	s.ready.Wait()
	permits := createdSemaphore{s.trial.Sem, s.trial.Permits}
	// The counting pass has its own way to let goroutines wait: each holder yields.
	if !s.trial.queues || s.trial.yields || !s.trial.takeAll(permits) {
		s.begin()
		close(s.gate)
		return
	}
	s.beginQueued(permits)
}

// beginQueued lets the operations begin while all workers wait for permits. Its caller has taken all of them.
//
// The Go scheduler takes the core from a goroutine after 10 ms. If the goroutine holds a permit then, all
// others queue up behind it. A semaphore that hands its permits over in order keeps that queue for as long as
// its goroutines go on: each operation then wakes a goroutine, and takes 50 times as long as an operation before.
// With several permits it may take a second until enough of them are held at such a moment. A program
// that runs for minutes is in the later state. A sample of 80 ms that begins without a queue has both states, and
// chance decides how much of each. The same row took 20 to 1300 ns/op.
//
// A semaphore that lets newcomers pass its waiters loses the queue soon, and is as fast as before.
//
// A worker announces itself before its first operation. The yields after the last announcement give it time to
// begin its wait. If it is late nevertheless, it finds free permits or the end of the queue, as in any program.
func (s *batches) beginQueued(permits createdSemaphore) {
	s.queued = true
	s.coming.Add(s.trial.Goroutines)
	close(s.gate)
	s.coming.Wait()
	for range 10 {
		runtime.Gosched()
	}
	s.begin()
	permits.sem.Release(permits.size)
}

func (s *batches) begin() {
	if s.trial.limit > 0 {
		time.AfterFunc(s.trial.limit, func() { s.stopped.Store(true) })
	}
	s.trial.begin()
	s.began.Store(int64(now()))
}
