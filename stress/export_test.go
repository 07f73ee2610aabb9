package stress

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
)

// FewYields is how often the short run of TestImplementations yields before it looks at spinning
// waiters. TestFewYields shows that this is enough.
const FewYields = 16

// SettleYields returns the number of yields that users get.
func SettleYields() int { return settleYields }

// LimitSettling lets settle yield n times for the rest of the test.
func LimitSettling(t testing.TB, n int) {
	before := settleYields
	t.Cleanup(func() { settleYields = before })
	settleYields = n
}

// A hasty semaphore spins a few rounds for a permit, and then returns without one. Only a suite
// that lets its waiters run sees that.
type hasty struct{ impls.Semaphore }

func (h hasty) Acquire(ctx context.Context, n int64) error {
	for range 10 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if h.TryAcquire(n) {
			return nil
		}
		runtime.Gosched()
	}
	return nil
}

// Spinning semaphores that are wrong fail after few yields, too.
func TestFewYields(t *testing.T) {
	LimitSettling(t, FewYields)
	spin := implByName(t, "spin")
	early := spin
	early.New = func(size int64) impls.Semaphore { return hasty{spin.New(size)} }
	for _, c := range []struct {
		impl   impls.Impl
		clause string
	}{{early, "C1"}, {early, "C17"}, {mutantNamed(t, "M31"), "C17"}, {mutantNamed(t, "M32"), "C20"}} {
		k := newChecker(c.impl)
		k.patience = 300 * time.Millisecond // the mutants hang for ever, so any value works
		if v := k.check(clauseNamed(c.clause)); v.Outcome != Fail {
			t.Errorf("%s: %v, want it to fail", c.impl.Name, v)
		}
	}
}
