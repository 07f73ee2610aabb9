package semaphore

import (
	"context"
	"fmt"
	"strconv"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore/schedrt"
	shim "github.com/semabench/semabench/stress/explore/shim/context"
	"github.com/semabench/semabench/stress/explore/shim/sync"
)

// A stage is one execution of a scenario.
type stage struct {
	scenario *scenario
	impl     impls.Impl
	sem      impls.Semaphore
	workers  []*worker
	closing  worker // what is checked in the end
	started  int    // goroutines that New started
	kept     int    // callbacks that are still registered in the end
}

// A worker acts, and keeps a log that nobody else touches.
type worker struct {
	stage  *stage
	ctx    context.Context
	cancel context.CancelFunc
	held   int64
	log    []entry
}

// An entry is a call, a cancellation or a moment of rest. Stamps are numbers of steps; 0 is never.
type entry struct {
	kind     byte
	n        int64
	call     int
	returned int
	ok       bool
	done     bool // the context was done at the call
	extra    int  // goroutines besides the workers, at a rest
	wrong    string
}

// perform is the program of one schedule.
func (st *stage) perform() {
	var err error
	if st.sem, err = st.impl.Make(st.scenario.size); err != nil {
		schedrt.Fail(err.Error())
		return
	}
	schedrt.MarkHarness()
	st.started = schedrt.ProgramGoroutines()
	var all sync.WaitGroup
	all.Add(len(st.workers))
	for _, w := range st.workers {
		w.ctx, w.cancel = shim.WithCancel(context.Background())
	}
	for i, w := range st.workers {
		schedrt.Go(func() {
			schedrt.MarkHarness()
			defer all.Done()
			for _, a := range st.scenario.workers[i] {
				w.act(a)
			}
			w.release(w.held)
		})
	}
	all.Wait()
	st.close()
}

// close asks for all permits, and one more.
func (st *stage) close() {
	w := &st.closing
	w.stage = st
	if st.corrupted() {
		return
	}
	if size := st.scenario.size; size > 0 {
		w.try(size)
		w.try(1)
		w.release(w.held)
	}
	for _, other := range st.workers {
		if shim.Ended(other.ctx) == nil {
			st.kept += shim.Kids(other.ctx)
		}
	}
	if err := impls.Close(st.sem); err != nil {
		schedrt.Fail("Close: " + err.Error())
	}
}

// corrupted reports whether nothing is promised about the state after this scenario.
func (st *stage) corrupted() bool {
	return st.impl.OverRelease == impls.OverReleaseCorrupts && st.scenario.has(func(a action) bool { return a.kind == 'p' })
}

func (w *worker) act(a action) {
	switch a.kind {
	case 'a':
		w.acquire(a, context.Background())
	case 'c':
		w.acquire(a, w.ctx)
	case 'd':
		ctx, cancel := shim.WithCancel(context.Background())
		cancel()
		w.acquire(a, ctx)
	case 'y':
		w.acquire(a, using{w.ctx, w.stage.sem})
	case 't':
		w.try(a.n)
	case 'r':
		if n := min(w.held, uint63(a.n)); n > 0 {
			w.release(n)
		}
	case 'w':
		w.rest(int(a.n))
	case 'x':
		w.cancelOf(a.n)
	case 'p', 'n':
		w.misuse(a.kind)
	}
}

// uint63 is n, or as much as there is if n is not given.
func uint63(n int64) int64 {
	if n < 0 {
		return 1<<63 - 1
	}
	return n
}

func (w *worker) acquire(a action, ctx context.Context) {
	e := w.enter(entry{kind: 'a', n: a.n, done: shim.Ended(ctx) != nil}, a.note)
	err := w.stage.sem.Acquire(ctx, a.n)
	e = w.leave(e, err == nil, " = "+errText(err))
	switch {
	case err == nil:
		w.held += a.n
	case shim.Ended(ctx) == nil:
		w.log[e].wrong = fmt.Sprintf("C5: Acquire(%d) = %v though its ctx is not done", a.n, err)
	case err != shim.Ended(ctx):
		w.log[e].wrong = fmt.Sprintf("C9: Acquire(%d) = %v, want ctx.Err() = %v", a.n, err, shim.Ended(ctx))
	}
}

func errText(err error) string {
	if err == nil {
		return "nil"
	}
	return err.Error()
}

func (w *worker) try(n int64) {
	e := w.enter(entry{kind: 't', n: n}, "TryAcquire("+strconv.FormatInt(n, 10)+")")
	ok := w.stage.sem.TryAcquire(n)
	w.leave(e, ok, " = "+strconv.FormatBool(ok))
	if ok {
		w.held += n
	}
}

func (w *worker) release(n int64) {
	if n == 0 {
		return
	}
	w.held -= n
	e := w.enter(entry{kind: 'r', n: n}, "Release("+strconv.FormatInt(n, 10)+")")
	w.stage.sem.Release(n)
	w.leave(e, true, " done")
}

// enter logs a call and returns its index.
func (w *worker) enter(e entry, note string) int {
	e.call = schedrt.MarkCall(note)
	w.log = append(w.log, e)
	return len(w.log) - 1
}

func (w *worker) leave(at int, ok bool, note string) int {
	w.log[at].returned = schedrt.MarkReturn(note)
	w.log[at].ok = ok
	return at
}

func (w *worker) rest(phase int) {
	if schedrt.AwaitRest(phase) {
		extra := schedrt.ProgramGoroutines() - w.stage.started
		w.log = append(w.log, entry{kind: 'w', call: schedrt.StepCount(), extra: extra})
	}
}

func (w *worker) cancelOf(k int64) {
	other := w.stage.workers[k]
	e := w.enter(entry{kind: 'x', n: k}, "cancel of goroutine "+strconv.FormatInt(k+1, 10))
	other.cancel()
	w.leave(e, true, " done")
}

// misuse must panic, and change nothing.
func (w *worker) misuse(kind byte) {
	sem := w.stage.sem
	if kind == 'p' {
		w.mustPanic("C10: Release(1) of what nobody holds", func() { sem.Release(1) })
		return
	}
	w.mustPanic("C12: Acquire(-1)", func() { _ = sem.Acquire(context.Background(), -1) })
	w.mustPanic("C12: TryAcquire(-1)", func() { sem.TryAcquire(-1) })
	w.mustPanic("C12: Release(-1)", func() { sem.Release(-1) })
}

func (w *worker) mustPanic(what string, f func()) {
	defer func() {
		if recover() == nil {
			schedrt.Fail(what + " did not panic")
		}
	}()
	f()
}

// using is a context of which the methods use the semaphore that they are given to, as they may.
type using struct {
	context.Context
	sem impls.Semaphore
}

func (u using) Err() error {
	if u.sem.TryAcquire(1) {
		u.sem.Release(1)
	}
	return u.Context.Err()
}

func (u using) Done() <-chan struct{} {
	if u.sem.TryAcquire(1) {
		u.sem.Release(1)
	}
	return u.Context.Done()
}
