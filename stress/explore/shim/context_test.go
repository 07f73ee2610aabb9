package shim_test

import (
	real "context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/context"
)

var errCause = errors.New("cause")

// A key is the type of the keys of values in the contexts of these tests.
type key string

// A cancellation ends the context and its children with the first error and cause.
func TestCancel(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		parent, cancel := context.WithCancelCause(real.WithValue(real.Background(), key("k"), "v"))
		child, cancelChild := context.WithCancel(parent)
		grandchild := real.WithValue(child, key("k2"), 2) // a context of another package in between
		last, cancelLast := context.WithCancel(grandchild)
		defer cancelLast()
		if n := context.ChildCount(parent); n != 1 {
			t.Errorf("the parent has %d children, want 1", n)
		}
		if err := last.Err(); err != nil || context.Cause(last) != nil {
			t.Errorf("Err = %v before the cancellation", err)
		}
		cancel(errCause)
		cancel(nil)
		cancelChild()
		schedrt.Recv(last.Done())
		if last.Err() != real.Canceled || context.Cause(last) != errCause || context.Cause(parent) != errCause {
			t.Errorf("Err = %v, Cause = %v", last.Err(), context.Cause(last))
		}
		if last.Value(key("k")) != "v" || last.Value(key("k2")) != 2 || context.Ended(last) != real.Canceled {
			t.Error("a context lost its values or its end")
		}
		late, cancelLate := context.WithCancel(last)
		defer cancelLate()
		if late.Err() != real.Canceled {
			t.Error("a child of a context that has ended has not ended")
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// A child that ends leaves its parent, and does not end it.
func TestCancelOfAChild(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		parent, cancel := context.WithCancel(real.Background())
		child, cancelChild := context.WithCancel(parent)
		cancelChild()
		if parent.Err() != nil || child.Err() == nil || context.ChildCount(parent) != 0 {
			t.Error("the parent has ended, or still has the child")
		}
		free := context.WithoutCancel(parent)
		cancel()
		if free.Err() != nil || free.Done() != nil {
			t.Error("a context without cancellation has ended")
		}
		if _, ok := free.Deadline(); ok {
			t.Error("a context without cancellation has a deadline")
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// A child that has ended does not count as a child, although it leaves its parent in a later step. In some
// schedules its timer has ended it and not come to that step.
func TestChildThatIsLeaving(t *testing.T) {
	results := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		parent, cancel := context.WithCancel(real.Background())
		defer cancel()
		child, cancelChild := context.WithTimeout(parent, time.Hour)
		schedrt.Recv(child.Done())
		cancelChild()
		fmt.Fprint(seen, context.ChildCount(parent))
	})
	for result := range results {
		if !strings.HasSuffix(result, " 0") {
			t.Errorf("a schedule ended with %q, want no child", result)
		}
	}
}

// Two children are cancelled in either order: the order of a map in the real package.
func TestChildrenEndInAnyOrder(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		parent, cancel := context.WithCancel(real.Background())
		for i := range 2 {
			context.AfterFunc(parent, func() { fmt.Fprint(seen, i) })
		}
		cancel()
	})
	schedtest.MustResult(t, got, map[string]int{"passed 01": 1, "passed 10": 1})
}

// A deadline ends its context on the virtual clock, and a cancellation before it stops the timer.
func TestDeadline(t *testing.T) {
	x := schedtest.PlayChoices(t, schedrt.Limits{LazyClock: true}, nil, nil, func() {
		ctx, cancel := context.WithTimeoutCause(real.Background(), time.Hour, errCause)
		defer cancel()
		if d, ok := ctx.Deadline(); !ok || d.Before(time.Date(2026, 5, 20, 11, 24, 37, 0, time.UTC)) {
			t.Errorf("deadline %v, want an hour after the begin", d)
		}
		schedrt.Recv(ctx.Done())
		if ctx.Err() != real.DeadlineExceeded || context.Cause(ctx) != errCause {
			t.Errorf("Err = %v, Cause = %v", ctx.Err(), context.Cause(ctx))
		}
		past, cancelPast := context.WithDeadline(real.Background(), time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
		defer cancelPast()
		if past.Err() != real.DeadlineExceeded {
			t.Error("a deadline in the past has not ended its context")
		}
		sooner, cancelSooner := context.WithTimeout(past, time.Hour)
		defer cancelSooner()
		if sooner.Err() != real.DeadlineExceeded {
			t.Error("the earlier deadline of the parent does not count")
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	cancelled := schedtest.PlayChoices(t, schedrt.Limits{NoDaemons: true}, nil, nil, func() {
		_, cancel := context.WithTimeout(real.Background(), time.Hour)
		cancel()
	})
	schedtest.MustEnd(t, cancelled, schedrt.Passed)
	for i := range cancelled.Trace.Steps {
		if cancelled.Trace.Steps[i].Kind == schedrt.OpFire {
			t.Error("the timer of a cancelled context fired")
		}
	}
}

// stop and the cancellation race for the callback: either it runs or stop returns true.
func TestAfterFunc(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		parent, cancel := context.WithCancel(real.Background())
		runs := 0
		stop := context.AfterFunc(parent, func() { runs++ })
		schedrt.Go(cancel)
		stopped := stop()
		again := stop()
		schedrt.AwaitRest(1)
		fmt.Fprint(seen, stopped, again, runs)
	})
	if len(got) != 2 || got["passed true false 0"] == 0 || got["passed false false 1"] == 0 {
		t.Errorf("schedules by result: %v, want the callback either to be stopped or to run", got)
	}
}

// other is a context of another package with a channel of its own.
type other struct {
	real.Context
	done chan struct{}
	err  error
}

func (o *other) Done() <-chan struct{} { return o.done }
func (o *other) Err() error            { return o.err }

// A context of another package is followed by a goroutine, which a cancellation ends.
func TestParentOfAnotherPackage(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		parent := &other{Context: real.Background(), done: make(chan struct{})}
		ctx, cancel := context.WithCancel(parent)
		defer cancel()
		_, cancelSecond := context.WithCancel(parent)
		cancelSecond() // its goroutine ends: otherwise it would be a leak
		parent.err = real.Canceled
		schedrt.Close(parent.done)
		schedrt.Recv(ctx.Done())
		if ctx.Err() != real.Canceled {
			t.Errorf("Err = %v, want the error of the parent", ctx.Err())
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// Outside of control the contexts are the standard ones.
func TestContextsOutsideOfControl(t *testing.T) {
	ctx, cancel := context.WithCancel(real.Background())
	stop := context.AfterFunc(ctx, func() {})
	if !stop() || context.Ended(ctx) != nil || context.ChildCount(ctx) != 0 {
		t.Error("a standard context is taken for one of this package")
	}
	cancel()
	<-ctx.Done()
	if context.Cause(ctx) != real.Canceled {
		t.Errorf("Cause = %v", context.Cause(ctx))
	}
	timeout, cancelTimeout := context.WithTimeout(real.Background(), time.Nanosecond)
	defer cancelTimeout()
	<-timeout.Done()
}
