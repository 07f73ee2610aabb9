package process_test

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/semabench/semabench/impls/process"
)

// A process whose queue is never empty still lets another process have the permit: the number of
// handoffs in a row is bounded.
func TestHandoffsAreBounded(t *testing.T) {
	for _, mechanism := range []string{"slots", "jobserver", "sysv"} {
		t.Run(mechanism, func(t *testing.T) {
			s := namedOf(t, mechanism, 1)
			sem, child := s.open(t), start(t, s.spec)
			var done atomic.Bool
			var all sync.WaitGroup
			for range 3 {
				all.Go(func() {
					for !done.Load() {
						mustAcquire(t, sem, 1)
						for !done.Load() && process.Waiting(withoutPermit(sem)) == 0 {
							runtime.Gosched()
						}
						sem.Release(1)
					}
				})
			}
			for range 10 {
				if got := child.do("within 20000 1"); got != "ok" {
					t.Errorf("acquire of another process: %s, want ok", got)
					break
				}
				child.must("release 1")
			}
			done.Store(true)
			all.Wait()
			mustAllBeFree(t, sem, 1)
		})
	}
}

// withoutPermit returns the semaphore inside a clientWithPermit.
func withoutPermit(sem process.Semaphore) process.Semaphore {
	if g, ok := sem.(clientWithPermit); ok {
		return g.Jobserver
	}
	return sem
}

// An over-release panics even if a goroutine of this process waits for exactly the permits that are
// released. A handoff would grant the permit of another process.
func TestOverReleaseIsNotHandedOff(t *testing.T) {
	for _, mechanism := range []string{"slots", "jobserver", "sysv"} {
		t.Run(mechanism, func(t *testing.T) {
			s := namedOf(t, mechanism, 1)
			sem, holder := s.open(t), start(t, s.spec)
			n := int64(1)
			if mechanism == "jobserver" {
				n = 2 // this process holds one permit, see joinWithPermit
			}
			holder.must("acquire 1")
			ctx, cancel := context.WithCancel(t.Context())
			replied := make(chan error)
			go func() { replied <- sem.Acquire(ctx, n) }()
			eventually(t, "waits", func() bool { return process.Waiting(withoutPermit(sem)) == 1 })
			mustPanic(t, func() { sem.Release(n) })
			cancel()
			if err := <-replied; err != context.Canceled {
				t.Errorf("Acquire = %v while another process holds the permit, want %v", err, context.Canceled)
			}
			holder.must("release 1")
			mustAllBeFree(t, sem, 1)
		})
	}
}

func mustPanic(t *testing.T, do func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Error("no panic, want the one of an over-release")
		}
	}()
	do()
}
