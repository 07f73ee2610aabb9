package stress

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/semabench/semabench/impls"
)

// A call is an Acquire in a goroutine of its own.
type call struct {
	n      int64
	cancel context.CancelFunc
	ctx    context.Context
	done   chan struct{}
	err    error // valid after done, as is failed
	failed error // the call panicked
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
		defer t.progress.Add(1)
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
		t.failf("Acquire(%d) still waits%s\n%s", c.n, why, t.stacks())
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

// await waits for c on the clause's clock, which a bubble turns forward to the next deadline.
func (t *trial) await(c *call) {
	if t.impl.Waits == impls.Parked {
		<-c.done // if it never comes, the bubble reports a deadlock
		return
	}
	t.settledOn(c.done)
}

func (c *call) isBack() bool { return anyClosed(c.done) }

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
