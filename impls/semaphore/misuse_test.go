package semaphore_test

import (
	"context"
	"math"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/semabench/semabench/impls/semaphore"
)

// lease holds a permit until it is garbage.
type lease struct {
	_ [64]byte // larger than the tiny objects that the runtime collects together
}

// Release runs in the goroutine of finalizers and cleanups, which all finalizers of the program share. A
// call that waits is served there.
func TestReleaseInFinalizer(t *testing.T) {
	for name, construct := range policies {
		for how, attach := range map[string]func(l *lease, release func()){
			"finalizer": func(l *lease, release func()) { runtime.SetFinalizer(l, func(*lease) { release() }) },
			"cleanup":   func(l *lease, release func()) { runtime.AddCleanup(l, func(struct{}) { release() }, struct{}{}) },
		} {
			s := construct(1)
			s.TryAcquire(1)
			attach(new(lease), func() { s.Release(1) })
			served := make(chan error)
			go func() { served <- s.Acquire(t.Context(), 1) }()
			for waits := true; waits; {
				runtime.GC()
				select {
				case err := <-served:
					if err != nil {
						t.Errorf("%s, %s: %v", name, how, err)
					}
					waits = false
				default:
				}
			}
			if got := s.Stats(); got.Held != 1 || got.Waiting != 0 {
				t.Errorf("%s, %s: Stats = %+v, want one permit held and no call waiting", name, how, got)
			}
		}
	}
}

// A deferred Release runs while its goroutine panics or ends, and serves the call that waits. If it
// releases too much, its own panic replaces the first one, and the semaphore is as before.
func TestReleaseInPanickingDefer(t *testing.T) {
	forEachPolicy(t, func(t *testing.T, construct func(int64) *semaphore.Weighted) {
		for name, test := range map[string]struct {
			released int64
			end      func()
			want     any // what recover returns
		}{
			"panic":                  {1, func() { panic("work failed") }, "work failed"},
			"runtime.Goexit":         {1, runtime.Goexit, nil},
			"panic and over-release": {2, func() { panic("work failed") }, "semaphore: released more than held"},
		} {
			s := construct(1)
			var order []int64
			var wg sync.WaitGroup
			wg.Go(func() {
				s.TryAcquire(1)
				start(t.Context(), s, 1, &order) // waits for the deferred Release
				defer func() {
					if got := recover(); got != test.want {
						t.Errorf("%s: recover() = %v, want %v", name, got, test.want)
					}
				}()
				defer s.Release(test.released)
				test.end()
			})
			wg.Wait()
			synctest.Wait()
			if test.released == 2 {
				if got := s.Stats(); got.Held != 1 || got.Waiting != 1 {
					t.Errorf("%s: Stats = %+v, want the permit held and one call waiting", name, got)
				}
				s.Release(1)
				synctest.Wait()
			}
			if got := s.Stats(); len(order) != 1 || got.Held != 1 || got.Waiting != 0 {
				t.Errorf("%s: %d calls served, Stats = %+v, want one", name, len(order), got)
			}
		}
	})
}

// An AfterFunc releases the permit for which a call with the same ctx waits: the call is granted or
// cancelled, and the permit is there afterwards in both cases.
func TestReleaseInAfterFunc(t *testing.T) {
	forEachPolicy(t, func(t *testing.T, construct func(int64) *semaphore.Weighted) {
		for range 200 {
			s := construct(1)
			s.TryAcquire(1)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			context.AfterFunc(ctx, func() { s.Release(1) })
			var order []int64
			start(ctx, s, 1, &order)
			start(t.Context(), s, 1, &order)
			time.Sleep(2 * time.Second)
			synctest.Wait()
			if len(order) == 2 {
				t.Error("one permit was granted twice")
			} else if len(order) == 0 {
				t.Error("the permit is free, and a call waits for it")
			}
			s.Release(1)
			synctest.Wait()
			if got := s.Stats(); got.Granted+got.Cancelled != 2 || got.Held != got.Granted-1 {
				t.Errorf("Stats = %+v, want two calls that waited, and one permit released by them", got)
			}
			cancel()
		}
	})
}

// Sizes at the ends, while calls wait and permits are held.
func TestResizeToTheEndsDuringWaits(t *testing.T) {
	forEachPolicy(t, func(t *testing.T, construct func(int64) *semaphore.Weighted) {
		s := construct(5)
		s.TryAcquire(4)
		var order []int64
		for _, n := range []int64{2, 9, math.MaxInt64} {
			start(t.Context(), s, n, &order)
		}
		must := func(step string, size, held, waiting int64, want ...int64) {
			t.Helper()
			synctest.Wait()
			slices.Sort(order) // calls that are served at once have no observable order
			if got := s.Stats(); got.Size != size || got.Held != held || got.Waiting != waiting ||
				!slices.Equal(order, want) {
				t.Errorf("%s: Stats = %+v, granted %v; want size %d, %d held, %d waiting, granted %v",
					step, got, order, size, held, waiting, want)
			}
		}
		must("at first", 5, 4, 3)
		mustPanic(t, "semaphore: negative size", func() { s.Resize(-1) })
		mustPanic(t, "semaphore: negative size", func() { s.Resize(math.MinInt64) })
		must("after a negative size", 5, 4, 3)
		s.Resize(0)
		must("size 0, four held", 0, 4, 3)
		s.Release(3)
		must("size 0, one held", 0, 1, 3)
		s.Resize(math.MaxInt64)
		must("the largest size", math.MaxInt64, 12, 1, 2, 9)
		s.Release(1)
		must("two calls hold all that is held", math.MaxInt64, 11, 1, 2, 9)
		s.Release(11)
		must("all permits for the last one", math.MaxInt64, math.MaxInt64, 0, 2, 9, math.MaxInt64)
		s.Resize(0)
		must("size 0, the most held", 0, math.MaxInt64, 0, 2, 9, math.MaxInt64)
		s.Release(math.MaxInt64)
		must("at last", 0, 0, 0, 2, 9, math.MaxInt64)
	})
}
