// Package historical explores published bugs of semaphores in the code that had them.
//
// The versions in go.mod are the last ones before each repair. Some tests play the scenarios that
// package explore has for every semaphore, and others play ordinary programs:
//
//	go test -v .
//
// # What this does not show
//
// Two bugs are a small sample. The explorer finds both within some schedules, which says little
// about the next bug.
package historical

import (
	"context"
	"strings"
	"testing"

	marusama "github.com/marusama/semaphore"
	"golang.org/x/sync/semaphore"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore"
)

// golang/go#37852: when the first waiter of the queue is cancelled, the waiters behind it stay
// blocked, although there are enough permits for them.
func TestXSync37852(t *testing.T) {
	mustLoseWakeup(t, impls.Of("xsync-2019", semaphore.NewWeighted),
		"2: a1 w4 r | w1 c2 r | w2 a1 r | w3 x1")
}

// marusama/semaphore#3: Release wakes the waiters only if all permits were held, so the second of
// two calls wakes none.
func TestMarusama3(t *testing.T) {
	impl := impls.Of(
		"marusama-2017",
		func(size int64) adapted { return adapted{marusama.New(int(size))} },
	)
	impl.Order = impls.Barging
	impl.ZeroWeight = impls.ZeroPanics
	mustLoseWakeup(t, impl, "2: a1 w2 r | a1 w3 r | w1 c2 r | w4 x2")
}

// adapted gives the semaphore the methods of impls.Semaphore.
type adapted struct{ marusama.Semaphore }

func (a adapted) Acquire(ctx context.Context, n int64) error {
	if err := a.Semaphore.Acquire(ctx, int(n)); err != nil {
		return ctx.Err() // the package has errors of its own
	}
	return nil
}

func (a adapted) TryAcquire(n int64) bool { return a.Semaphore.TryAcquire(int(n)) }
func (a adapted) Release(n int64)         { a.Semaphore.Release(int(n)) }

// mustLoseWakeup explores one scenario, which must fail with a lost wake-up (clause C17).
func mustLoseWakeup(t *testing.T, impl impls.Impl, scenario string) {
	t.Helper()
	r := explore.CheckSemaphore(t, explore.Options{Scenario: scenario}, impl)
	t.Log(r.Schedules, r.Text)
	if r.Verdict != explore.Fail || !strings.Contains(r.What, "C17") || r.Schedules > 10_000 {
		t.Errorf("%s after %d schedules: %q, want a lost wake-up", r.Verdict, r.Schedules, r.What)
	}
}
