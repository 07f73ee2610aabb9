package stress

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/contexts"
	"github.com/semabench/semabench/stress/internal/model"
)

// A runner runs one program once, with the oracles that watch it. Three sorts of goroutines use it.
// The goroutine of the check looks at quiet instants and judges. Each worker writes its own log and
// position. The helper writes the helper's log. Oracles that run in a worker only report through
// failed: a panic in a worker would end the process.
//
// The oracles in the workers must not slow the calls down much, or the schedules that fail would
// become rare. Hence counters and channels with room, and no lock on the way of a call.
type runner struct {
	*history
	impl impls.Impl
	sem  impls.Semaphore
	bare bool // without history and oracles, to measure their cost

	// held is raised after a grant and lowered before a Release. So it is never more than what is
	// really held, and held > Size proves that too much was granted.
	held atomic.Int64

	// helper receives cancellations and releases that one more goroutine carries out, so that they
	// run at the same time as the calls of the workers. It has room for every operation of the
	// program. So a worker never blocks on it, and a worker that is blocked is blocked by the
	// semaphore.
	helper    chan func()
	positions []position // of each worker; read when nothing can move
	failed    chan error // the first failure that an oracle reported

	// stopped is done when the program is to end early. Calls with context.Background do not see
	// it.
	stopped context.Context
	stop    context.CancelFunc

	mu      sync.Mutex
	gate    chan struct{} // closed to wake resting workers; guarded by mu, as is resting
	resting []bool
}

// runOnce runs p once and returns what was observed, and how the implementation failed. The clock
// of the history is also the counter of progress: every begin and end of a call moves it.
func runOnce(impl impls.Impl, patience time.Duration, p model.Program) (*history, error) {
	h := newHistory(fit(impl, p), new(atomic.Int64))
	err := playWatched(impl, patience, h.clock, func(t *trial) { newRunner(t, h).run(t) })
	return h, err
}

func newRunner(t *trial, h *history) *runner {
	stopped, stop := context.WithCancel(context.Background())
	return &runner{
		history:   h,
		stopped:   stopped,
		stop:      stop,
		impl:      t.impl,
		sem:       t.make(h.Size),
		helper:    make(chan func(), h.Ops()),
		positions: make([]position, len(h.Workers)),
		failed:    make(chan error, 1),
		gate:      make(chan struct{}),
		resting:   make([]bool, len(h.Workers)),
	}
}

// run runs the program. Its oracles look at different times: capacity at every grant; the result at
// every return; at each quiet instant, whether a waiting request could be granted; in the end,
// whether all permits are back.
//
// Every round of the loop is one quiet instant. It ends because each wakes all resting workers,
// and a program has finitely many rests.
func (r *runner) run(t *trial) {
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		r.runAll()
	}()
	defer r.abandon(t, finished)
	for !t.settledOn(finished) {
		r.panicIfFailed()
		if r.impl.Waits == impls.Parked {
			r.markQuiet(r.positions)
		} else if !r.inCalls() {
			continue // the workers are only slow: a stuck worker is inside a call
		}
		if stuck := r.stuck(); stuck != "" {
			r.markJudged()
			t.failf("C17 no-lost-wakeup: nothing can move any more, and\n%s%s", stuck, t.stacks())
		}
		r.wakeResting()
	}
	r.panicIfFailed()
	r.mustBeConserved(t)
}

// mustBeConserved checks the permits after every worker has released what it held. It can be exact
// because nothing else runs: all workers and the helper have ended. That no permit is lost is asked
// first, with one call for all of them, because a semaphore with too many permits passes that
// question and fails the second.
//
// A program whose worker failed never comes here, so the count is of a program that ran to its
// end.
func (r *runner) mustBeConserved(t *trial) {
	if r.Size > 0 && !r.sem.TryAcquire(r.Size) {
		t.failf("C2 conservation: all is released, but TryAcquire(%d) = false: permits were lost", r.Size)
	}
	if r.sem.TryAcquire(1) {
		t.failf("C2 conservation: there are more permits than the size of %d", r.Size)
	}
	if r.Size > 0 {
		r.sem.Release(r.Size)
	}
}

// abandon ends all workers that can still move. The goroutines of a failed program that are stuck
// in a call of the implementation stay for ever.
func (r *runner) abandon(t *trial, finished chan struct{}) {
	// First the stop: a worker that is woken before it could rest again.
	r.stop()
	if !anyClosed(finished) {
		r.wakeResting()
		t.settledOn(finished)
	}
}

// panicIfFailed hands the failure of a worker to the goroutine of the check, where play recovers
// it.
func (r *runner) panicIfFailed() {
	select {
	case err := <-r.failed:
		panic(err)
	default:
	}
}

// runAll runs the workers, and then what they left for the helper.
func (r *runner) runAll() {
	done := make(chan struct{}) // no WaitGroup: Go 1.26 never frees what a bubble stores about one
	for i := range r.Workers {
		go func() {
			defer func() { done <- struct{}{} }() // also after a Goexit
			r.runWorker(i, r.impl.Waits == impls.Parked)
		}()
	}
	go func() {
		defer func() { done <- struct{}{} }()
		for task := range r.helper {
			r.recovering(task)
		}
	}()
	for range r.Workers {
		<-done
	}
	// Only workers send tasks, and all of them have ended.
	close(r.helper)
	<-done
}

// runWorker carries out the operations of one worker. Workers rest only where the suite can observe
// that nothing moves: elsewhere nothing would wake them.
//
// The position is written before each operation and read at quiet instants only, when the writer
// is blocked; so it needs no lock.
func (r *runner) runWorker(i int, mayRest bool) {
	r.recovering(func() {
		log := r.logs[i]
		var held int64
		for at, o := range r.Workers[i] {
			r.positions[i] = position{at, held}
			if o.Kind.Uncancellable() {
				r.positions[i].held = 0 // the worker releases before it waits
			}
			if o.Kind == model.Rest {
				if mayRest && r.stopped.Err() == nil {
					r.rest(i)
				}
				continue
			}
			held = r.do(log, o, held)
		}
		r.positions[i] = position{op: len(r.Workers[i])}
		r.release(log, held)
	})
}

// do carries out one operation of a worker that holds some permits, and returns how many it then
// holds. A worker waits with permits in its hands only if a cancellation is on its way. In all
// other waits it holds nothing. So a correct semaphore never leaves two workers waiting for each
// other.
func (r *runner) do(log *callLog, o model.Op, held int64) int64 {
	switch o.Kind {
	case model.AcquireStoppable, model.AcquireBackground:
		r.release(log, held)
		ctx := r.stopped
		if o.Kind == model.AcquireBackground {
			ctx = context.Background()
		}
		if err := r.acquire(log, ctx, o); err != nil {
			r.mustEqual("C9 error-of-context", err, ctx.Err())
			return 0
		}
		return r.granted(o, 0)
	case model.AcquireCancelled, model.AcquireCustom:
		ctx, cancel := context.WithCancel(context.Background())
		if o.Kind == model.AcquireCustom {
			ctx = contexts.Using{Context: ctx, Use: runtime.Gosched}
		}
		// The task is queued before the call begins. Its Lag is therefore counted from about the
		// same time, and the cancellation may arrive before, while or after Acquire waits.
		r.helper <- func() { yield(o.Lag); cancel() }
		if err := r.acquire(log, ctx, o); err != nil {
			r.mustEqual("C9 error-of-context", err, ctx.Err())
			return held
		}
		return r.granted(o, held)
	case model.AcquireDone:
		switch err := r.acquire(log, contexts.Done(), o); {
		case err == nil && r.impl.DoneContext == impls.DoneMayWin:
			return r.granted(o, held)
		default:
			r.mustEqual("C8 done-context-loses", err, context.Canceled)
		}
	case model.Try:
		if r.try(log, o.N) {
			return r.granted(o, held)
		}
	case model.Release:
		n := min(o.N, held)
		r.release(log, n)
		return held - n
	case model.HandOver:
		n := min(o.N, held)
		r.helper <- func() { r.release(r.helperLog(), n) }
		return held - n
	}
	return held
}

// The calls of a program. Each is recorded in the history, and checked by the oracles that can
// judge at once: capacity, and the result of the call.

func (r *runner) acquire(log *callLog, ctx context.Context, o model.Op) error {
	if r.bare {
		return r.sem.Acquire(ctx, o.N)
	}
	e := r.begin(log, o.Kind, o.N)
	err := r.sem.Acquire(ctx, o.N)
	r.end(e, err == nil)
	return err
}

func (r *runner) try(log *callLog, n int64) bool {
	if r.bare {
		return r.sem.TryAcquire(n)
	}
	e := r.begin(log, model.Try, n)
	ok := r.sem.TryAcquire(n)
	r.end(e, ok)
	return ok
}

func (r *runner) release(log *callLog, n int64) {
	switch {
	case n == 0:
	case r.impl.UnitWeights && n > 1: // several calls, which may take effect at several instants
		for range n {
			r.release(log, 1)
		}
	case r.bare:
		r.sem.Release(n)
	default:
		// Before the call, since another goroutine may be granted these permits before Release
		// returns.
		r.held.Add(-n)
		e := r.begin(log, model.Release, n)
		r.sem.Release(n)
		r.end(e, true)
	}
}

// granted counts the permits of a successful call, holds them for some yields, and returns how many
// the worker now holds. The sum of all workers may lag behind the truth, since each adds after its
// grant and subtracts before its Release. So an excess is real, and a small excess may be missed.
func (r *runner) granted(o model.Op, held int64) int64 {
	if !r.bare {
		if held := r.held.Add(o.N); held > r.Size {
			r.fail(failure{message: fmt.Sprintf(
				"C1 capacity: %d permits are held, the size is %d", held, r.Size)})
		}
	}
	yield(o.Lag)
	return held + o.N
}

// mustEqual compares with == and not errors.Is: the contract promises the error of ctx itself.
func (r *runner) mustEqual(clause string, got, want error) {
	if got != want {
		r.fail(failure{message: fmt.Sprintf("%s: Acquire = %v, want %v", clause, got, want)})
	}
}

// fail reports a failure. Only the first one counts: later ones may follow from it.
func (r *runner) fail(err error) {
	select {
	case r.failed <- err:
		// Later entries of the history come from the cleanup. The report leaves them out.
		r.markJudged()
	default:
	}
}

// recovering reports a panic of the implementation as a failure, since it would end the process.
func (r *runner) recovering(f func()) { endOf(f, r.fail) }

// rest blocks a worker until the next quiet instant. It sets resting and reads the gate in one
// critical section. If a wake-up came between the two, the worker would wait at the new gate and
// not count as resting.
func (r *runner) rest(worker int) {
	r.mu.Lock()
	r.resting[worker] = true
	gate := r.gate
	r.mu.Unlock()
	<-gate
}

// wakeResting wakes every resting worker. Closing a gate wakes all of them at once, so the
// scheduler chooses which moves first; and no worker can miss it, since it holds the gate that it
// will wait on.
func (r *runner) wakeResting() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.resting)
	close(r.gate)
	r.gate = make(chan struct{})
}

func (r *runner) anyResting() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.resting, true)
}

// stuck is called at a quiet instant. It lists the pending calls, and says of each whether it
// should have returned: its request could be granted, or its ctx is done. It returns "" if every
// call has a reason to wait. It asks the model of the contract which waiting requests are owed a
// grant. The model knows the declared order: under FIFO a small request behind a large one is owed
// nothing.
//
// The text is built even if nothing is wrong, because the pass over the calls is the same. Quiet
// instants are rare beside calls.
func (r *runner) stuck() string {
	m, state := r.waitingModel()
	owed := m.Owed(state)

	var list strings.Builder
	broken, request := false, 0 // request counts the calls of waitingModel, which has the same order
	for i, log := range r.logs {
		e := log.open()
		if e == nil {
			continue
		}
		fmt.Fprintf(&list, "%s ", r.name(i))
		switch {
		case !e.kind.MayWait():
			broken = true
			fmt.Fprintf(&list, "is in %s, which must not wait for anything\n", callText(e.kind, e.n))
			continue
		case !e.kind.Uncancellable() && r.helperLog().open() == nil:
			broken = true // the helper has no task left, so it has cancelled the ctx
			fmt.Fprintf(&list, "waits in %s though its ctx is done\n", callText(e.kind, e.n))
		case slices.Contains(owed, request):
			fmt.Fprintf(&list, "waits in %s: could be served\n", callText(e.kind, e.n))
		default:
			fmt.Fprintf(&list, "waits in %s\n", callText(e.kind, e.n))
		}
		request++
	}
	fmt.Fprintf(&list, "%d of %d permits are free\n", state.Free, r.Size)
	switch {
	case !r.anyResting():
		return list.String() + "no worker rests, so none will ever move\n"
	case broken || len(owed) > 0:
		return list.String()
	}
	return ""
}

// waitingModel returns the model in which the pending waits are the requests, in the order of the
// logs, and its state. held is exact here, unlike while workers move: each worker has counted its
// grant and is blocked.
func (r *runner) waitingModel() (model.Model, model.State) {
	o := r.emptyObserved(r.impl)
	for _, log := range r.logs {
		if e := log.open(); e != nil && e.kind.MayWait() {
			o.Calls = append(o.Calls, e.call())
		}
	}
	m, _ := o.Spans()
	return m, model.State{
		Free: r.Size - r.held.Load(), Waiting: m.Grantable(), Left: r.leftAfterRelease(),
	}
}

// leftAfterRelease reports whether a request may have left after the last Release of a permit began.
func (r *runner) leftAfterRelease() bool {
	var left, released int64 // the latest stamps
	for _, log := range r.logs {
		all := log.published()
		for i := range all {
			e := &all[i]
			switch stamp, ok := e.returned(); {
			case e.kind == model.Release && e.n > 0:
				released = max(released, e.begin)
			case e.kind.IsAcquire() && !ok:
				left = max(left, stamp) // 0 while the call runs
			}
		}
	}
	return left > released
}
