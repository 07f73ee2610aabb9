package stress

import (
	"container/list"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/longtest"
)

// tokens is the limiter of a channel: select chooses at random between a permit and a ctx that is
// done, and a Release of too much blocks.
type tokens chan struct{}

func (c tokens) Acquire(ctx context.Context) error {
	select {
	case c <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c tokens) TryAcquire() bool {
	select {
	case c <- struct{}{}:
		return true
	default:
		return false
	}
}

func (c tokens) Release() { <-c }

// handing is a limiter without a TryAcquire. It hands each permit to the waiter at the head of its
// line. The flags break it.
type handing struct {
	mu   sync.Mutex
	free int64
	size int64
	line list.List

	keepsGrant bool // a grant that meets a cancellation is lost
	oneMore    bool // a Release to a waiter frees a permit as well
	lastFirst  bool // the line is served from its end
	staysInQ   bool // a waiter that was cancelled stays in the line
}

func (h *handing) Acquire(ctx context.Context) error {
	done := ctx.Done()
	select {
	case <-done:
		return ctx.Err()
	default:
	}
	h.mu.Lock()
	if h.free > 0 {
		h.free--
		h.mu.Unlock()
		return nil
	}
	granted := make(chan struct{})
	e := h.line.PushBack(granted)
	h.mu.Unlock()
	select {
	case <-granted:
		return nil
	case <-done:
	}
	h.mu.Lock()
	select {
	case <-granted:
		h.mu.Unlock()
		if !h.keepsGrant {
			h.Release()
		}
	default:
		if !h.staysInQ {
			h.line.Remove(e)
		}
		h.mu.Unlock()
	}
	return ctx.Err()
}

func (h *handing) Release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.free == h.size {
		panic("handing: released more than held")
	}
	e := h.line.Front()
	if h.lastFirst {
		e = h.line.Back()
	}
	if e == nil || h.oneMore {
		h.free++
	}
	if e != nil {
		close(h.line.Remove(e).(chan struct{}))
	}
}

func handingImpl(name string, change func(*handing)) impls.Impl {
	impl := impls.Unit(name, func(size int64) *handing {
		h := &handing{free: size, size: size}
		change(h)
		return h
	})
	impl.Order = impls.FIFO
	return impl
}

// The clauses that need a request for several permits, or a TryAcquire, cannot be judged for these
// limiters. All others pass.
func TestUnitLimiters(t *testing.T) {
	channel := impls.Unit("tokens", func(size int64) tokens { return make(tokens, size) })
	channel.Order, channel.DoneContext = impls.FIFO, impls.DoneMayWin
	channel.Defects = map[string]string{"C10": "Release blocks", "C11": "Release blocks"}
	for _, c := range []struct {
		impl    impls.Impl
		unknown []string
	}{
		{channel, []string{"C8", "C10", "C11", "C14", "C15", "C19", "C21", "C28"}},
		{handingImpl("handing", func(*handing) {}),
			[]string{"C3", "C4", "C14", "C15", "C19", "C21", "C24", "C25", "C28"}},
	} {
		var unknown []string
		for _, v := range judgeShort(t, c.impl) {
			switch {
			case v.Outcome == Fail:
				t.Error(v)
			case v.ID == "C37" && strings.Contains(v.Detail, "the machine is too busy"):
				// an answer about the machine, and none about the limiter
			case v.Outcome == Unknown && !v.needsRace:
				unknown = append(unknown, v.ID)
			}
		}
		if !slices.Equal(unknown, c.unknown) {
			t.Errorf("%s: unknown are %v, want %v", c.impl.Name, unknown, c.unknown)
		}
	}
}

// Limiters with one defect each fail the clause that names it, and most fail the random programs.
func TestWrongUnitLimiters(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*handing)
		want   []string
	}{
		"keeps-grant": {func(h *handing) { h.keepsGrant = true }, []string{"C7", "C20"}},
		"one-more":    {func(h *handing) { h.oneMore = true }, []string{"C1", "C2"}},
		"last-first":  {func(h *handing) { h.lastFirst = true }, []string{"C27"}},
		"stays":       {func(h *handing) { h.staysInQ = true }, []string{"C20"}},
	} {
		if name != "last-first" && longtest.Asked() { // shrinking a program takes seconds
			c.want = append(c.want, "R1")
		}
		for _, v := range judgeShort(t, handingImpl(name, c.change), c.want...) {
			if v.Outcome != Fail {
				t.Errorf("%s: %v, want it to fail", name, v)
			}
		}
	}
}

// judgeShort checks the clauses that an implementation of weight 1 is likely to break, or only the
// given ones, with a few random programs.
func judgeShort(t *testing.T, impl impls.Impl, ids ...string) (all []Verdict) {
	t.Helper()
	ops := *opsFlag
	*opsFlag = 3000
	defer func() { *opsFlag = ops }()
	k := newChecker(impl)
	for _, c := range clauses {
		// These three take seconds under -race, and ask for nothing but weights of 1.
		slow := slices.Contains([]string{"C31", "C33", "C36"}, c.ID) && !longtest.Asked()
		if len(ids) == 0 && !slow || slices.Contains(ids, c.ID) {
			all = append(all, k.check(c))
		}
	}
	return all
}

// neverNothing panics at a request for no permit, and at a Release of none, as its declaration says.
type neverNothing struct{ impls.Semaphore }

func (s neverNothing) Acquire(ctx context.Context, n int64) error {
	s.wantSome(n)
	return s.Semaphore.Acquire(ctx, n)
}

func (s neverNothing) TryAcquire(n int64) bool {
	s.wantSome(n)
	return s.Semaphore.TryAcquire(n)
}

func (s neverNothing) Release(n int64) {
	s.wantSome(n)
	s.Semaphore.Release(n)
}

func (neverNothing) wantSome(n int64) {
	if n == 0 {
		panic("a request for nothing")
	}
}

// No clause asks for 0 permits by accident, for example as all that are free. A semaphore that declares to panic
// then would fail, though it keeps its contract.
func TestZeroPanicsFailsNoClause(t *testing.T) {
	for _, impl := range impls.All() {
		if impl.Name != "fifo" && impl.Name != "cond" { // one of each order
			continue
		}
		t.Run(impl.Name, func(t *testing.T) {
			if impl.Order != impls.FIFO {
				longtest.Need(t, "an order that fewer clauses judge")
			}
			whole := impl.New
			impl.New = func(size int64) impls.Semaphore { return neverNothing{whole(size)} }
			impl.ZeroWeight = impls.ZeroPanics
			for _, v := range judgeShort(t, impl) {
				if v.Outcome == Fail {
					t.Error(v)
				}
			}
		})
	}
}
