package stress

import (
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/semabench/semabench/impls"
)

// patience is how long nothing may move, on the real clock, before a clause counts as hung. It
// decides nothing about semaphores that work. Only tests change it.
var patience = 30 * time.Second

// A trial is the stage on which a clause is played against one implementation. Its methods end
// the clause through a panic that play recovers, so a clause reads as a list of steps.
type trial struct {
	impl  impls.Impl
	calls []*call           // not yet seen to return
	made  []impls.Semaphore // to be closed in the end

	panicked atomic.Pointer[error] // by the first of several goroutines
	patience time.Duration
	progress *atomic.Int64 // counts what has moved: calls that returned, steps of programs
}

type failure struct {
	message string
	seed    uint64 // these three of random programs only
	program string
	page    []byte
}

func (f failure) Error() string { return f.message }

type unknown struct {
	missing string
	race    bool // the race detector, that is
}

func (u unknown) Error() string { return u.missing }

// failf ends the clause. It names the line of the clause that was not satisfied.
func (t *trial) failf(format string, args ...any) {
	panic(failure{message: fmt.Sprintf("stress/%s: %s", position(), fmt.Sprintf(format, args...))})
}

// unknownf ends a clause that cannot be judged here.
func (t *trial) unknownf(format string, args ...any) {
	panic(unknown{missing: fmt.Sprintf(format, args...)})
}

// play runs a clause and returns how it failed, or nil. What an implementation does wrong stays
// inside: panics, deadlocks, endless loops. What cannot be kept inside is a panic in a goroutine
// that the implementation starts by itself, the processor time that an endless loop goes on
// taking, and the fatal error of the runtime when a channel made in one synctest bubble is
// used in another by a semaphore that did not declare its Waits.
func play(impl impls.Impl, patience time.Duration, clause func(*trial)) error {
	return playWatched(impl, patience, new(atomic.Int64), clause)
}

// playWatched counts in progress what moves.
func playWatched(impl impls.Impl, patience time.Duration, progress *atomic.Int64, clause func(*trial)) error {
	ended := make(chan error, 1)
	go func() {
		var err error
		defer func() { ended <- err }() // deferred, as a bubble with a data race ends in Goexit
		t := &trial{impl: impl, patience: patience, progress: progress}
		if impl.Waits == impls.Parked {
			deadlock := inBubble(func() { err = t.act(clause) })
			if first := t.panicked.Load(); first != nil && deadlock != nil {
				deadlock = *first
			}
			if err == nil {
				err = deadlock
			}
			return
		}
		err = t.act(clause)
	}()
	const looks = 4 // how often to look while nothing moves
	seen, still := int64(0), 0
	for still < looks {
		select {
		case err := <-ended:
			return err
		case <-time.After(patience / looks):
			still++
			if now := progress.Load(); now != seen {
				seen, still = now, 0
			}
		}
	}
	return hung{patience, impl.Waits, stacks()}
}

// hung says that a clause never ended.
type hung struct {
	patience time.Duration
	waits    impls.Waits
	stacks   string
}

func (h hung) Error() string {
	advice := ""
	if h.waits == impls.Parked {
		advice = "; if waiters are not parked on channels or sync.Cond, declare Impl.Waits"
	}
	return fmt.Sprintf("still running, and nothing moved for %v%s\n%s", h.patience, advice, h.stacks)
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
			return fmt.Errorf("closing the semaphore: %w", err)
		}
	}
	return nil
}

// asError makes an error of a recovered panic. Panics of the implementation get their stack.
func asError(r any) error {
	switch ours := r.(type) { // with all that is to be said
	case failure:
		return ours
	case unknown:
		return ours
	}
	hint := ""
	if strings.Contains(fmt.Sprint(r), "synctest") {
		hint = " (the implementation shares channels between semaphores: declare Impl.Waits as Elsewhere)"
	}
	return failure{message: fmt.Sprintf("panic: %v%s\n%s", r, hint, debug.Stack())}
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

// together calls all functions at once, each in its goroutine, and passes a panic on.
func (t *trial) together(all ...func()) {
	var wg sync.WaitGroup
	panics := make(chan any, len(all))
	for _, f := range all {
		wg.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					err := asError(r)
					t.panicked.CompareAndSwap(nil, &err) // the others may never end
					panics <- err
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
