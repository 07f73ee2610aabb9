// Package bubbles has tests in bubbles of testing/synctest, right and wrong ones. The right ones pass
// under go test, too.
package bubbles

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/semabench/semabench/stress/explore/testdata/home"
)

func TestRightClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if began.UTC() != time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) {
			t.Errorf("the bubble begins at %v", began)
		}
		timer := time.NewTimer(time.Hour)
		if at := <-timer.C; at.Sub(began) != time.Hour || time.Since(began) != time.Hour {
			t.Errorf("after an hour it is %v, and the timer says %v", time.Since(began), at)
		}
	})
}

func TestRightWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		block := make(chan bool)
		go func() {
			n++
			<-block
			n++
		}()
		if synctest.Wait(); n != 1 {
			t.Errorf("n = %d, want 1", n)
		}
		close(block)
		if synctest.Wait(); n != 2 {
			t.Errorf("n = %d, want 2", n)
		}
	})
}

func TestWrongWithoutWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		go n.Add(1)
		if n.Load() != 1 {
			t.Error("not yet counted")
		}
	})
}

// The example of the standard package.
func TestRightTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = 5 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		time.Sleep(timeout - time.Nanosecond)
		synctest.Wait()
		if err := ctx.Err(); err != nil {
			t.Fatalf("before the timeout: %v", err)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if err := ctx.Err(); err != context.DeadlineExceeded {
			t.Fatalf("after the timeout: %v", err)
		}
	})
}

// The goroutine of an AfterFunc is in the bubble.
func TestRightAfterFunc(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		time.AfterFunc(time.Minute, func() { n++ })
		time.Sleep(time.Minute)
		if synctest.Wait(); n != 1 {
			t.Errorf("n = %d, want 1", n)
		}
	})
}

func TestRightDependency(t *testing.T) {
	home.CountInBubble(t, func(n *atomic.Int64) { n.Add(1) })
}

func TestWrongDependency(t *testing.T) {
	home.CountInBubble(t, func(n *atomic.Int64) { n.Store(n.Load() + 1) })
}

func TestRightCleanup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := make(chan bool)
		go func() { <-end }()
		t.Cleanup(func() { close(end) })
	})
}

func TestWrongGoroutineRemains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		go func() { <-make(chan bool) }()
	})
}

// When the first goroutine has ended, time stops.
func TestWrongSleeperRemains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		go time.Sleep(time.Second)
	})
}

// A goroutine that waits for a lock is not durably blocked.
func TestWrongWaitBesideLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		mu.Lock()
		go func() {
			mu.Lock()
			mu.Unlock()
		}()
		synctest.Wait()
		mu.Unlock()
	})
}

func TestRightSubtests(t *testing.T) {
	for _, name := range []string{"a", "b"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if t.Name() != "TestRightSubtests/"+name {
					t.Error(t.Name())
				}
				time.Sleep(time.Second)
			})
		})
	}
}

func TestWrongRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { t.Run("sub", func(*testing.T) {}) })
}

func TestWrongNested(t *testing.T) {
	synctest.Test(t, func(inner *testing.T) {
		synctest.Test(inner, func(*testing.T) {})
	})
}

func TestWrongWaitOutside(t *testing.T) { synctest.Wait() }

func TestRightSkips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { t.Skip("inside") })
}
