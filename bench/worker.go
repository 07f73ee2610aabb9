package bench

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
)

// A Worker is what one goroutine of a Trial works with. It belongs to that goroutine.
type Worker struct {
	ID  int             // from 0
	Sem impls.Semaphore // the semaphore of the trial; where latencies are taken, through a recorder

	left    int // operations of the share at hand
	started bool
	shares  *shares
	rec     *recorder // nil: nothing is recorded
}

// Next reports whether there is another operation to do.
func (w *Worker) Next() bool {
	if w.left > 0 {
		w.left--
		return true
	}
	return w.more()
}

func (w *Worker) more() bool {
	w.Start()
	w.left = w.shares.take() - 1
	return w.left >= 0
}

// Start waits until all workers are ready to begin. The first call of Next does it; a worker that
// only answers others has to call it itself.
func (w *Worker) Start() {
	if !w.started {
		w.started = true
		w.shares.arrive()
	}
}

// On returns sem as this worker has to use it for its latencies to be seen.
func (w *Worker) On(sem impls.Semaphore) impls.Semaphore {
	switch {
	case w.rec != nil:
		return &view{sem: sem, rec: w.rec}
	case w.shares.trial.yields:
		return yielding{sem}
	}
	return sem
}

// yielding is a semaphore whose holders lose their core as soon as they have permits.
type yielding struct{ impls.Semaphore }

func (s yielding) Acquire(ctx context.Context, n int64) error {
	err := s.Semaphore.Acquire(ctx, n)
	runtime.Gosched()
	return err
}

func (s yielding) TryAcquire(n int64) bool {
	ok := s.Semaphore.TryAcquire(n)
	runtime.Gosched()
	return ok
}

// Due waits until the time of an operation that has a schedule, counted from the start of the
// trial. The next Acquire counts as begun at that time, also if the worker came late to it.
func (w *Worker) Due(at time.Duration) {
	at += w.shares.began
	time.Sleep(at - now()) // not at all if it is late
	if w.rec != nil {
		w.rec.due = at
	}
}

// shares hands out the operations of a trial. Whoever is done with a share takes another, so a
// goroutine that waits longer than others ends up with less: that is what fairness is seen by.
type shares struct {
	trial   *Trial
	total   int64
	grain   int64
	arrived sync.WaitGroup
	gate    chan struct{}
	began   time.Duration

	_       [64]byte // the rest is written while the above is read
	next    atomic.Int64
	stopped atomic.Bool
}

func newShares(t *Trial) *shares {
	// 64 shares for each goroutine let the quick ones take over from the slow; 64 operations in one
	// make the counter a part in a hundred of even the cheapest.
	grain := min(max(int64(t.N)/int64(t.Goroutines*64), 1), 64)
	s := &shares{trial: t, total: int64(t.N), grain: grain}
	if t.Goroutines > 1 {
		s.gate = make(chan struct{})
		s.arrived.Add(t.Goroutines)
	}
	return s
}

func (s *shares) worker(t *Trial, id int) *Worker {
	w := &Worker{ID: id, shares: s}
	if t.recorders != nil {
		w.rec = t.recorders[id]
	}
	w.Sem = w.On(t.Sem)
	return w
}

// take takes a share. The first is there also where the limit came before anybody asked: a pass that
// did nothing would have nothing to say.
func (s *shares) take() int {
	if s.stopped.Load() && s.next.Load() > 0 {
		return 0
	}
	from := s.next.Add(s.grain) - s.grain
	return int(max(min(s.grain, s.total-from), 0))
}

// arrive waits for open; a worker that is alone opens for itself.
func (s *shares) arrive() {
	if s.gate == nil {
		s.begin()
		return
	}
	s.arrived.Done()
	<-s.gate
}

func (s *shares) open() {
	s.arrived.Wait()
	s.begin()
	close(s.gate)
}

func (s *shares) begin() {
	if s.trial.limit > 0 {
		time.AfterFunc(s.trial.limit, func() { s.stopped.Store(true) })
	}
	s.trial.begin()
	s.began = now()
}
