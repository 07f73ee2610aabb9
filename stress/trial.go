package stress

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/semabench/semabench/impls"
)

// patience is how long a clause may run on the real clock before it counts as hung. It decides
// nothing about semaphores that work: their clauses take milliseconds. Only a test changes it.
var patience = 30 * time.Second

// A trial is the stage on which a clause is played against one implementation. Its methods end
// the clause through a panic that play recovers, so a clause reads as a list of steps.
type trial struct {
	impl  impls.Impl
	calls []*call           // not yet seen to return
	made  []impls.Semaphore // to be closed in the end
}

// A call is an Acquire in a goroutine of its own.
type call struct {
	n      int64
	cancel context.CancelFunc
	ctx    context.Context
	done   chan struct{}
	err    error // valid after done, as is panicked
	failed error // the call panicked
}

type failure struct {
	message string
	seed    uint64
}

func (f failure) Error() string { return f.message }

type unknown struct{ missing string }

func (u unknown) Error() string { return u.missing }

// failf ends the clause. It names the line of the clause that was not satisfied.
func (t *trial) failf(format string, args ...any) {
	panic(failure{message: fmt.Sprintf("stress/%s: %s", position(), fmt.Sprintf(format, args...))})
}

// unknownf ends a clause that cannot be judged here.
func (t *trial) unknownf(format string, args ...any) {
	panic(unknown{fmt.Sprintf(format, args...)})
}

// play runs a clause and returns how it failed, or nil. What an implementation does wrong stays
// inside: panics, deadlocks, endless loops. The exceptions are a panic in a goroutine that the
// implementation starts by itself, which no one can recover, and the processor time that an
// endless loop goes on taking.
func play(impl impls.Impl, clause func(*trial)) error {
	ended := make(chan error, 1)
	go func() {
		var err error
		defer func() { ended <- err }() // deferred, as a bubble with a data race ends in Goexit
		t := &trial{impl: impl}
		if impl.Waits == impls.Parked {
			if deadlock := inBubble(func() { err = t.act(clause) }); err == nil {
				err = deadlock
			}
		} else {
			err = t.act(clause)
		}
	}()
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
		return fmt.Errorf("still running after %v; declare Impl.Waits if waiters are not parked"+
			" on channels or sync.Cond\n%s", patience, stacks())
	}
}

// act plays the clause and clears the stage: it cancels what still waits.
func (t *trial) act(clause func(*trial)) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = asError(r)
		}
		if left := t.clear(); err == nil {
			err = left
		}
	}()
	clause(t)
	return nil
}

func (t *trial) clear() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = asError(r)
		}
	}()
	for _, c := range t.calls {
		c.cancel()
	}
	for len(t.calls) > 0 {
		t.returned(t.calls[0])
	}
	for _, sem := range t.made {
		if err := impls.Close(sem); err != nil {
			return fmt.Errorf("Close: %w", err)
		}
	}
	return nil
}

// asError makes an error of a recovered panic. Panics of the implementation get their stack.
func asError(r any) error {
	if err, ok := r.(error); ok && !isRuntime(err) {
		return err // ours, with all that is to be said
	}
	hint := ""
	if strings.Contains(fmt.Sprint(r), "synctest") {
		hint = " (the implementation shares channels between semaphores: declare Impl.Waits as Elsewhere)"
	}
	return fmt.Errorf("panic: %v%s\n%s", r, hint, debug.Stack())
}

func isRuntime(err error) bool {
	_, ok := err.(runtime.Error)
	return ok
}

// make returns a fresh semaphore.
func (t *trial) make(size int64) impls.Semaphore {
	sem, err := t.impl.Make(size)
	if err != nil {
		t.failf("%v", err)
	}
	t.made = append(t.made, sem)
	return sem
}

// start begins an Acquire of n permits with a ctx of its own.
func (t *trial) start(sem impls.Semaphore, n int64) *call {
	ctx, cancel := context.WithCancel(context.Background())
	return t.startWith(ctx, cancel, sem, n)
}

// startForever begins an Acquire that cannot be cancelled. The clause must see to it that
// it is granted.
func (t *trial) startForever(sem impls.Semaphore, n int64) *call {
	return t.startWith(context.Background(), func() {}, sem, n)
}

func (t *trial) startWith(ctx context.Context, cancel func(), sem impls.Semaphore, n int64) *call {
	c := &call{n: n, ctx: ctx, cancel: cancel, done: make(chan struct{})}
	t.calls = append(t.calls, c)
	go func() {
		defer close(c.done)
		defer func() {
			if r := recover(); r != nil {
				c.failed = fmt.Errorf("Acquire(%d) panicked: %v\n%s", n, r, debug.Stack())
			}
		}()
		c.err = sem.Acquire(ctx, n)
	}()
	return c
}

// startBlocked begins an Acquire that has to wait, and returns when it does.
func (t *trial) startBlocked(sem impls.Semaphore, n int64) *call {
	c := t.start(sem, n)
	t.blocked(c)
	return c
}

// blocked fails unless c still waits when nothing can move any more.
func (t *trial) blocked(c *call) {
	t.settle()
	select {
	case <-c.done:
		t.failf("Acquire(%d) returned %v, want it to wait%s", c.n, c.err, because(c.failed))
	default:
	}
}

// returned fails unless c has returned when nothing can move any more, and gives its result.
func (t *trial) returned(c *call) error {
	t.calls = without(t.calls, c)
	if !t.settledOn(c.done) {
		why := ""
		if c.ctx.Err() != nil {
			why = " though its ctx is done"
		}
		t.failf("Acquire(%d) still waits%s\n%s", c.n, why, stacks())
	}
	if c.failed != nil {
		panic(failure{message: c.failed.Error()})
	}
	return c.err
}

func (t *trial) granted(c *call) {
	if err := t.returned(c); err != nil {
		t.failf("Acquire(%d) = %v, want nil", c.n, err)
	}
}

func (t *trial) refused(c *call, want error) {
	if err := t.returned(c); err != want {
		t.failf("Acquire(%d) = %v, want %v", c.n, err, want)
	}
}

// take acquires n free permits.
func (t *trial) take(sem impls.Semaphore, n int64) { t.granted(t.start(sem, n)) }

// free fails unless exactly n permits are free. Nobody may be waiting.
func (t *trial) free(sem impls.Semaphore, n int64) {
	if n > 0 && !sem.TryAcquire(n) {
		t.failf("TryAcquire(%d) = false, want %d permits free", n, n)
	}
	if sem.TryAcquire(1) {
		t.failf("TryAcquire(1) = true, want %d permits free and no more", n)
	}
	if n > 0 {
		sem.Release(n)
	}
}

// await waits for c on the clause's clock, which a bubble turns forward to the next deadline.
func (t *trial) await(c *call) {
	if t.impl.Waits == impls.Parked {
		<-c.done // if it never comes, the bubble reports a deadlock
		return
	}
	t.settledOn(c.done)
}

// together calls all functions at once, each in its goroutine, and passes a panic on.
func (t *trial) together(all ...func()) {
	var wg sync.WaitGroup
	panics := make(chan any, len(all))
	for _, f := range all {
		wg.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					panics <- asError(r)
				}
			}()
			f()
		})
	}
	wg.Wait()
	select {
	case r := <-panics:
		panic(r)
	default:
	}
}

// mustPanic fails unless f panics. What exactly it panics with is not promised.
func (t *trial) mustPanic(what string, f func()) {
	panicked := func() (p bool) {
		defer func() { p = recover() != nil }()
		f()
		return
	}()
	if !panicked {
		t.failf("%s did not panic", what)
	}
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}

func without(calls []*call, c *call) []*call {
	var kept []*call
	for _, other := range calls {
		if other != c {
			kept = append(kept, other)
		}
	}
	return kept
}
