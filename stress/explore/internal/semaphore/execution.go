package semaphore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore/schedrt"
	shim "github.com/semabench/semabench/stress/explore/shim/context"
	"github.com/semabench/semabench/stress/explore/shim/sync"
	"github.com/semabench/semabench/stress/internal/model"
)

// An execution is a scenario under one schedule. It is made anew for each schedule and read by the
// oracle after it. While the schedule runs, the scheduler lets one goroutine move at a time, so its
// counters need no lock.
//
// A new value for each schedule means that nothing of one schedule can reach the next: no reset can
// be forgotten.
type execution struct {
	scenario   *scenario
	impl       impls.Impl
	sem        impls.Semaphore
	workers    []*worker
	final      worker // checks the permits when all workers have ended
	ownedByNew int    // goroutines that New started

	constructing bool // New was called and has not returned

	callbacks int // callbacks still registered in the end with a ctx that is not done
}

// A worker carries out the operations of one column of the scenario. No other goroutine touches its
// log while the schedule runs, so logging adds no synchronization to the program. held counts
// grants minus releases, so a worker never releases more than it holds unless the scenario says p.
type worker struct {
	execution *execution
	ctx       context.Context
	cancel    context.CancelFunc
	held      int64
	log       []entry
}

// An entry is a call, a cancellation or a rest. Stamps are numbers of steps of the schedule. wrong
// is set by the worker at the call, where the ctx and the error are at hand. The oracle reads it
// first. A Call alone is not enough: two entries with equal calls differ by what ended their ctx.
type entry struct {
	model.Call // of a cancellation, N is the index of the worker; of a rest, only Begin is set
	kind       entryKind
	ctx        ctxKind
	doneBefore bool   // the ctx was done at the call
	goroutines int    // of a rest: goroutines of the implementation, beyond the ones that New started
	wrong      string // how the result itself breaks the contract
}

// A ctxKind says what ends the ctx of a call.
type ctxKind int

const (
	notOwn       ctxKind = iota // nothing does, or it is done before the call
	ownCancel                   // the cancellation of the worker's ctx
	withDeadline                // that cancellation, or a deadline, which passes before the next rest
	ownUsing                    // as ownCancel, and the methods of the ctx use the semaphore
)

type entryKind int

const (
	callEntry entryKind = iota
	cancelEntry
	restEntry
)

func newExecution(s *scenario, impl impls.Impl) *execution {
	x := &execution{scenario: s, impl: impl}
	x.final.execution = x
	for range s.Workers {
		x.workers = append(x.workers, &worker{execution: x})
	}
	return x
}

// run is the program that the scheduler plays. The workers get their contexts before any of them
// starts, since one worker cancels the ctx of another. A failure of New ends the schedule: there is
// nothing to work on.
//
// The goroutines of the workers are marked as goroutines of the harness. So the goroutines of the
// program that a rest finds were started by the implementation.
func (x *execution) run() {
	var err error
	x.constructing = true
	if x.sem, err = x.impl.Make(x.scenario.Size); err != nil {
		schedrt.Fail(err.Error())
		return
	}
	x.constructing = false
	schedrt.MarkHarness()
	// They are counted here, before the workers start: whatever is more at a rest was started by a
	// call.
	x.ownedByNew = schedrt.ProgramGoroutines()
	var all sync.WaitGroup
	all.Add(len(x.workers))
	for _, w := range x.workers {
		ctx, cancel := shim.WithCancelCause(context.Background())
		w.ctx, w.cancel = ctx, func() { cancel(errCause) }
	}
	for i, w := range x.workers {
		schedrt.Go(func() {
			schedrt.MarkHarness()
			defer all.Done()
			for _, o := range x.scenario.Workers[i] {
				w.do(o)
			}
			w.release(w.held)
		})
	}
	all.Wait()
	x.finish()
}

// finish acquires all permits and tries for one more: the model then sees a lost or an extra
// permit. It adds calls to the history instead of judging by itself, so the model is the one judge.
// It is not called if a worker hangs; then the end of the schedule tells. The close comes last,
// because an implementation may refuse calls after it.
func (x *execution) finish() {
	w := &x.final
	if x.corrupted() {
		return
	}
	switch size := x.scenario.Size; {
	case size == 0:
	case x.impl.UnitWeights:
		w.countUnits(size)
	default:
		w.try(size)
		w.try(1)
		w.release(w.held)
	}
	for _, other := range x.workers {
		if shim.Ended(other.ctx) == nil {
			x.callbacks += shim.ChildCount(other.ctx)
		}
	}
	if err := impls.Close(x.sem); err != nil {
		schedrt.Fail("Close: " + err.Error())
	}
}

// corrupted reports whether the implementation promises nothing about the state in the end.
func (x *execution) corrupted() bool {
	return x.impl.OverRelease == impls.OverReleaseCorrupts && x.scenario.overReleases()
}

// do carries out one operation. Only operations of the semaphore are recorded: what the worker does
// between them are no steps of the schedule. A Release of held permits takes no more than the
// worker has, so a scenario cannot release too much by a mistake of its author: the enumerated ones
// are made by machine.
func (w *worker) do(o model.Op) {
	switch o.Kind {
	case model.AcquireBackground:
		w.acquire(o.N, context.Background(), notOwn)
	case model.AcquireCancelled:
		w.acquire(o.N, w.ctx, ownCancel)
	case model.AcquireDone:
		ctx, cancel := shim.WithCancel(context.Background())
		cancel()
		w.acquire(o.N, ctx, notOwn)
	case model.AcquireCustom:
		w.acquire(o.N, usingContext{Context: w.ctx, sem: w.execution.sem, uses: new(int)}, ownUsing)
	case model.AcquireDeadline:
		ctx, cancel := shim.WithTimeoutCause(w.ctx, time.Hour, errCause)
		w.acquire(o.N, ctx, withDeadline)
		cancel()
	case model.Try:
		w.try(o.N)
	case model.Release:
		if o.N == 0 {
			w.giveBack(0)
			return
		}
		// An Acquire before it may have failed; then there is less to give back, or nothing.
		n := w.held
		if o.N != model.AllHeld {
			n = min(n, o.N)
		}
		w.release(n)
	case model.Rest:
		w.rest(int(o.N))
	case model.Cancel:
		w.cancelWorker(o.N)
	case model.OverRelease:
		n := o.N
		if n == model.AllHeld {
			n = 1
		}
		w.mustPanic(fmt.Sprintf("C10: Release(%d) of more than is held", n),
			func() { w.execution.sem.Release(n) })
	case model.Negative:
		w.negative()
	}
}

// errCause is the cause of every cancellation and deadline. Acquire returns ctx.Err() and no cause.
var errCause = errors.New("a cause, which is not ctx.Err()")

// acquire judges the error itself, since the model knows success and failure only. It asks the ctx
// by Ended and not by its methods: those may use the semaphore, and would be steps of the schedule.
// The error is compared by identity: C9 promises ctx.Err() itself and no error that wraps it.
func (w *worker) acquire(n int64, ctx context.Context, kind ctxKind) {
	e := entry{ctx: kind, doneBefore: shim.Ended(ctx) != nil}
	e.Method, e.N = model.MethodAcquire, n
	at := w.begin(e, fmt.Sprintf("Acquire(%d)", n))
	err := w.execution.sem.Acquire(ctx, n)
	w.end(at, err == nil, " = "+errText(err))
	switch {
	case err == nil:
		w.held += n
	case shim.Ended(ctx) == nil:
		w.log[at].wrong = fmt.Sprintf("C5: Acquire(%d) = %v though its ctx is not done", n, err)
	case err != shim.Ended(ctx):
		w.log[at].wrong = fmt.Sprintf("C9: Acquire(%d) = %v, want ctx.Err() = %v",
			n, err, shim.Ended(ctx))
	}
}

// In the words that a reader of Go expects behind an "=".
func errText(err error) string {
	if err == nil {
		return "nil"
	}
	return err.Error()
}

func (w *worker) try(n int64) {
	var e entry
	e.Method, e.N = model.MethodTryAcquire, n
	at := w.begin(e, "TryAcquire("+strconv.FormatInt(n, 10)+")")
	ok := w.execution.sem.TryAcquire(n)
	w.end(at, ok, " = "+strconv.FormatBool(ok))
	if ok {
		w.held += n
	}
}

// release gives n permits back. A worker that holds nothing makes no call.
func (w *worker) release(n int64) {
	if n > 0 {
		w.giveBack(n)
	}
}

// countUnits acquires all permits one by one, and tries for one more. Without a TryAcquire a permit
// too many is not looked for: two workers that hold it have shown it before.
func (w *worker) countUnits(size int64) {
	for range size {
		w.acquire(1, context.Background(), notOwn)
	}
	if !w.execution.impl.NoTry {
		w.try(1)
	}
	w.release(w.held)
}

// giveBack is one call, or n calls of an implementation that takes one permit at a time.
func (w *worker) giveBack(n int64) {
	if w.execution.impl.UnitWeights && n > 1 {
		for range n {
			w.giveBack(1)
		}
		return
	}
	w.held -= n
	var e entry
	e.Method, e.N = model.MethodRelease, n
	at := w.begin(e, "Release("+strconv.FormatInt(n, 10)+")")
	w.execution.sem.Release(n)
	w.end(at, true, " done")
}

// begin logs the beginning of e and returns its index. A call that never returns keeps the End Never,
// and the history shows it as pending.
func (w *worker) begin(e entry, note string) int {
	e.Begin, e.End = int64(schedrt.MarkCall(note)), model.Never
	w.log = append(w.log, e)
	return len(w.log) - 1
}

func (w *worker) end(at int, ok bool, note string) {
	w.log[at].End = int64(schedrt.MarkReturn(note))
	w.log[at].Result = model.ResultOf(ok)
}

// rest waits until nothing can move for the phase'th time. Of several workers that wait for the
// same phase, only the one to which AwaitRest returns true logs the instant.
func (w *worker) rest(phase int) {
	if schedrt.AwaitRest(phase) {
		e := entry{kind: restEntry, goroutines: schedrt.ProgramGoroutines() - w.execution.ownedByNew}
		e.Begin = int64(schedrt.StepCount())
		w.log = append(w.log, e)
	}
}

// cancelWorker cancels the ctx of worker k. The stamps around the cancellation are a call of the
// log, so a rest can be compared with its end.
func (w *worker) cancelWorker(k int64) {
	e := entry{kind: cancelEntry}
	e.N = k
	at := w.begin(e, "cancel of goroutine "+strconv.FormatInt(k+1, 10))
	w.execution.workers[k].cancel()
	w.end(at, true, " done")
}

// negative makes the calls that C12 is about. They are not in the history: a call that must panic
// has no effect. C12 asks for the panic of each method alone.
func (w *worker) negative() {
	sem := w.execution.sem
	w.mustPanic("C12: Acquire(-1)", func() { _ = sem.Acquire(context.Background(), -1) })
	w.mustPanic("C12: TryAcquire(-1)", func() { sem.TryAcquire(-1) })
	w.mustPanic("C12: Release(-1)", func() { sem.Release(-1) })
}

// mustPanic fails the schedule if f returns. Whether f changed something shows in later calls.
func (w *worker) mustPanic(what string, f func()) {
	defer func() {
		if recover() == nil {
			schedrt.Fail(what + " did not panic")
		}
	}()
	f()
}

// usingContext is a ctx whose methods use the semaphore that the ctx is given to, but for Value, which the
// harness asks as well. The contract
// allows that (C25); an implementation that calls them under its lock deadlocks. It uses the
// semaphore by TryAcquire and Release only. An Acquire could wait for the very call that asks the
// ctx.
//
// It does so a few times only. A waiter that asks its ctx after each Release would otherwise be woken by
// its own question for ever. One goroutine at a time moves, so the count needs no lock.
type usingContext struct {
	context.Context
	sem  impls.Semaphore
	uses *int
	_    func() // a ctx need not be comparable, and so cannot be the key of a map
}

const mostUses = 6

func (u usingContext) Err() error {
	u.use()
	return u.Context.Err()
}

func (u usingContext) Deadline() (time.Time, bool) {
	u.use()
	return u.Context.Deadline()
}

func (u usingContext) Done() <-chan struct{} {
	u.use()
	return u.Context.Done()
}

func (u usingContext) use() {
	if *u.uses++; *u.uses <= mostUses && u.sem.TryAcquire(1) {
		u.sem.Release(1)
	}
}

// entries yields the entries of one kind, with the index of their worker. The entries of the final
// check come last. The clip keeps append from writing the final check into the storage of
// x.workers. A function and not a slice: the oracle asks for the entries of each schedule several
// times.
func (x *execution) entries(kind entryKind) func(yield func(worker int, e *entry) bool) {
	return func(yield func(int, *entry) bool) {
		for k, w := range append(slices.Clip(x.workers), &x.final) {
			for i := range w.log {
				if e := &w.log[i]; e.kind == kind && !yield(k, e) {
					return
				}
			}
		}
	}
}

// atEnd is the stamp of the instant at which nothing could move any more, after all steps. It is
// above every stamp and far below model.Never, and doubled it still fits an int64.
const atEnd = math.MaxInt64/2 - 1

// quiet returns the stamps of all instants at which nothing could move, ascending. Waiters that are
// outside of the control of the scheduler may always move, so there are none for them. At such an
// instant every request that fits must have been granted: C17 says so, and the model takes it as an
// event.
func (x *execution) quiet(ending schedrt.Ending) (stamps []int64) {
	if x.impl.Waits == impls.Elsewhere {
		return nil
	}
	for _, e := range x.entries(restEntry) {
		stamps = append(stamps, e.Begin)
	}
	if stuck(ending) {
		stamps = append(stamps, atEnd)
	}
	slices.Sort(stamps)
	return stamps
}

// stuck reports whether an execution ended because nothing could move. A livelock counts: only
// goroutines that spin can still move, and their spinning changes nothing.
func stuck(ending schedrt.Ending) bool {
	return ending == schedrt.Deadlock || ending == schedrt.Livelock
}

// history returns what the model judges, and the entry of each of its calls. A corrupted semaphore
// has an empty history, which is linearizable.
func (x *execution) history(ending schedrt.Ending) (h *model.History, calls []*entry) {
	h = &model.History{Size: x.scenario.Size, Order: x.impl.Order, TryBarges: x.impl.TryBarges}
	if x.corrupted() {
		return h, nil
	}
	h.Quiet = x.quiet(ending)
	for _, e := range x.entries(callEntry) {
		h.Calls = append(h.Calls, e.Call)
		calls = append(calls, e)
	}
	return h, calls
}
