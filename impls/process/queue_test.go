package process

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// A fakeMechanism is a mechanism without a kernel. Its await waits on a channel, so synctest can
// tell when all goroutines are blocked.
type fakeMechanism struct {
	localQueue
	wake   chan struct{} // one place: a wake-up that comes before await is not lost
	shared bool          // another process exists, so the kernel waiter is always needed

	state   sync.Mutex
	free    int64
	foreign int64 // permits that another process holds
	awaits  int   // calls of await
	returns int   // releases that reached the mechanism
}

func newFake(size int64) *fakeMechanism {
	f := &fakeMechanism{wake: make(chan struct{}, 1), free: size}
	f.localQueue.mechanism, f.localQueue.size = f, size
	return f
}

func (f *fakeMechanism) tryTake(n int64) (bool, error) {
	f.state.Lock()
	defer f.state.Unlock()
	if n > f.free {
		return false, nil
	}
	f.free -= n
	return true, nil
}

func (f *fakeMechanism) await(int64) error {
	f.state.Lock()
	f.awaits++
	f.state.Unlock()
	<-f.wake
	return nil
}

func (f *fakeMechanism) interrupt() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *fakeMechanism) holds(n int64) bool {
	f.state.Lock()
	defer f.state.Unlock()
	return n <= f.size-f.free-f.foreign
}

func (f *fakeMechanism) holdsAll() bool { return !f.shared && f.holds(f.size) }
func (f *fakeMechanism) forwardWakeup() {}

func (f *fakeMechanism) Release(n int64) {
	mustNotBeNegative(n)
	if f.handOff(n) {
		return
	}
	f.state.Lock()
	if n > f.size-f.free-f.foreign {
		f.state.Unlock()
		panic(overRelease)
	}
	f.free += n
	f.returns++
	f.state.Unlock()
	f.interrupt()
	f.ensureKernelWaiter()
}

// releaseForeign is a release by another process.
func (f *fakeMechanism) releaseForeign(n int64) {
	f.state.Lock()
	f.foreign -= n
	f.free += n
	f.state.Unlock()
	f.interrupt()
}

// granted records the numbers of the waiters in the order in which they are served.
type granted struct {
	mu    sync.Mutex
	order []int
}

// wait starts a waiter and returns when it is blocked.
func (g *granted) wait(ctx context.Context, f *fakeMechanism, number int, n int64) {
	go func() {
		if f.Acquire(ctx, n) == nil {
			g.mu.Lock()
			g.order = append(g.order, number)
			g.mu.Unlock()
		}
	}()
	synctest.Wait()
}

// must fails unless exactly these waiters have been served.
func (g *granted) must(t *testing.T, want ...int) {
	t.Helper()
	synctest.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	if !slices.Equal(g.order, want) {
		t.Errorf("served waiters = %v, want %v", g.order, want)
	}
}

// cancellable returns a context that can be done. Its waiters never become the kernel waiter.
func cancellable(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	return ctx
}

// Waiters are served in the order in which they joined, even if a later waiter would fit first,
// with a kernel waiter from the start and without.
func TestQueueServesInOrder(t *testing.T) {
	for name, shared := range map[string]bool{"alone": false, "shared": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, g := newFake(3), &granted{}
				f.shared = shared
				if !f.TryAcquire(3) {
					t.Fatal("TryAcquire(3) = false with 3 permits free")
				}
				g.wait(context.Background(), f, 0, 2)
				g.wait(cancellable(t), f, 1, 1)
				g.wait(cancellable(t), f, 2, 3)
				f.Release(1)
				g.must(t) // the head needs 2
				f.Release(1)
				g.must(t, 0)
				f.Release(1)
				g.must(t, 0, 1)
				f.Release(2)
				g.must(t, 0, 1)
				f.Release(1)
				g.must(t, 0, 1, 2)
				f.shutdown()
			})
		})
	}
}

// If another process holds the permits, the first waiter becomes the kernel waiter itself, unless
// its context can be done. When it is served, another goroutine takes over for the others.
func TestQueueFirstWaiterWaitsInKernel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, g := newFake(1), &granted{}
		f.free, f.foreign = 0, 1
		g.wait(context.Background(), f, 0, 1)
		if f.inQueue == nil {
			t.Error("a goroutine of its own waits in the kernel, want the first waiter")
		}
		g.wait(cancellable(t), f, 1, 1)
		f.releaseForeign(1)
		g.must(t, 0)
		if f.inQueue != nil || f.kernel == nil {
			t.Error("no other goroutine has taken over from the first waiter")
		}
		f.Release(1)
		g.must(t, 0, 1)
		f.shutdown()
	})
}

// If the waiter at the head is cancelled, the next waiter is served if it fits.
func TestQueueAfterCancelledHead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, g := newFake(2), &granted{}
		f.TryAcquire(1)
		ctx, cancel := context.WithCancel(t.Context())
		g.wait(ctx, f, 0, 2)
		g.wait(cancellable(t), f, 1, 1)
		g.must(t) // one permit is free, but the head needs two
		cancel()
		g.must(t, 1)
		f.shutdown()
	})
}

// After maxHandoffs handoffs in a row a Release reaches the mechanism, where another process could
// take the permit. Then the count starts again.
func TestQueueBoundsHandoffs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, g := newFake(1), &granted{}
		f.TryAcquire(1)
		const waiters = 2 * (maxHandoffs + 1)
		for i := range waiters {
			g.wait(cancellable(t), f, i, 1)
		}
		for i := range waiters {
			f.Release(1)
			synctest.Wait()
			if want := (i + 1) / (maxHandoffs + 1); f.returns != want {
				t.Fatalf("after %d releases %d reached the mechanism, want %d", i+1, f.returns, want)
			}
		}
		if len(g.order) != waiters {
			t.Errorf("%d waiters were served, want %d", len(g.order), waiters)
		}
		f.shutdown()
	})
}

// While this process holds all permits, no goroutine waits in the kernel: only a Release of this
// process can admit a waiter. A Release that reaches the mechanism starts the kernel waiter.
func TestQueueStartsKernelWaiterLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, g := newFake(2), &granted{}
		f.TryAcquire(2)
		g.wait(cancellable(t), f, 0, 1)
		g.wait(cancellable(t), f, 1, 2)
		if f.awaits != 0 {
			t.Errorf("%d waits in the kernel with all permits held, want 0", f.awaits)
		}
		f.Release(1) // a handoff
		g.must(t, 0)
		f.Release(1) // reaches the mechanism, as the head needs 2
		synctest.Wait()
		if f.awaits == 0 {
			t.Error("no wait in the kernel after a permit was freed and a waiter is left")
		}
		f.Release(1)
		g.must(t, 0, 1)
		f.shutdown()
	})
}

// A request for no permit is granted although this process holds all permits. Acquire saw a waiter
// and went on to join the queue; meanwhile that waiter was served. So the request is the head, and
// no Release may come.
func TestQueueServesNothingWithoutRelease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(1)
		f.TryAcquire(1)
		served := false
		go func() { served = f.wait(context.Background(), nil, 0) == nil }()
		synctest.Wait()
		if !served {
			t.Error("a request for no permit at the head of the queue still waits")
		}
		if n := f.waiting.Load(); n != 0 {
			t.Errorf("waiting = %d after it was served, want 0", n)
		}
		f.shutdown()
	})
}

// shutdown refuses every waiter and every later Acquire, and ends the kernel waiter.
func TestQueueShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(1)
		f.shared = true
		f.TryAcquire(1)
		errs := make(chan error, 3)
		for range cap(errs) {
			go func() { errs <- f.Acquire(context.Background(), 1) }()
		}
		synctest.Wait()
		f.shutdown()
		for range cap(errs) {
			if err := <-errs; err != errClosed {
				t.Errorf("Acquire during shutdown = %v, want %v", err, errClosed)
			}
		}
		if err := f.Acquire(context.Background(), 1); err != errClosed {
			t.Errorf("Acquire after shutdown = %v, want %v", err, errClosed)
		}
		if f.kernel != nil {
			t.Error("the kernel waiter has not ended")
		}
	})
}
