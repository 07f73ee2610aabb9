package context

import (
	"context"
	"fmt"
	"time"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A callback is the function of an AfterFunc. It runs once in a goroutine of its own, unless it is
// stopped before. decided is the whole protocol: the first of cancel and stop sets it, and the
// other one does nothing.
type callback struct {
	object  schedrt.Object
	f       func()
	decided bool // it was started or stopped
}

// cancel starts the function when the parent ends. decided and the start are one step, so no
// program sees one without the other.
func (a *callback) cancel(error, error) {
	schedrt.Do(schedrt.OpRegister, func() bool {
		if a.decided {
			return false
		}
		a.decided = true
		schedrt.GoInStep(a.f)
		return true
	}, schedrt.Touch{Object: &a.object, Mode: schedrt.Write})
}

// AfterFunc is context.AfterFunc. The stop function is one operation, with leaving the parent. It
// works on any parent, but only a parent of this package can be left in the same step.
func AfterFunc(ctx context.Context, f func()) (stop func() bool) {
	if !schedrt.Controlled() {
		return context.AfterFunc(ctx, f)
	}
	a := &callback{f: f}
	leave := follow(ctx, a)
	p, _ := nearest(ctx)
	return func() bool { return a.stop(p, leave) }
}

// stop keeps the function from running and reports whether it did. p is the parent, nil if the
// parent is of another package. The mode Add says that leaving commutes with other joins and
// leaves, and not with the cancellation, which writes.
func (a *callback) stop(p *cancelCtx, leave func()) (stopped bool) {
	touches := []schedrt.Touch{{Object: &a.object, Mode: schedrt.Write}}
	if p != nil {
		touches = append(touches, schedrt.Touch{Object: &p.children.object, Mode: schedrt.Add})
	}
	schedrt.Do(schedrt.OpStop, func() bool {
		stopped = !a.decided
		a.decided = true
		if stopped && p != nil {
			p.children.drop(a)
		}
		return stopped
	}, touches...)
	// The goroutine that watches a parent of another package has to end, or it would count as a
	// leak.
	if stopped && p == nil {
		leave()
	}
	return stopped
}

// A timerCtx is a context with a deadline.
type timerCtx struct {
	*cancelCtx
	deadline time.Time
	timer    *schedrt.Timer
}

func (c *timerCtx) Deadline() (deadline time.Time, ok bool) { return c.deadline, true }

// String names the deadline and how long it is until then, as the standard context does.
func (c *timerCtx) String() string {
	now := schedrt.UncontrolledNow()
	if schedrt.Controlled() {
		now = schedrt.Now()
	}
	return fmt.Sprintf("%s.WithDeadline(%s [%s])", nameOf(c.Context), c.deadline, c.deadline.Sub(now))
}

// cancel ends c when its parent ends, and stops its timer.
func (c *timerCtx) cancel(err, cause error) {
	c.close(err, cause)
	c.stopTimer()
}

// stopTimer stops the timer. There is none if the context ended before it was set.
func (c *timerCtx) stopTimer() {
	if c.timer != nil {
		c.timer.Stop()
	}
}

// end is the CancelFunc, and also runs when the timer fires.
func (c *timerCtx) end(err, cause error) {
	if !schedrt.Controlled() {
		return
	}
	if c.close(err, cause) {
		c.leave()
	}
	c.stopTimer()
}

// WithDeadline is context.WithDeadline.
func WithDeadline(parent context.Context, d time.Time) (context.Context, context.CancelFunc) {
	return WithDeadlineCause(parent, d, nil)
}

// WithDeadlineCause is context.WithDeadlineCause on the virtual clock.
//
// A parent with an earlier deadline ends this context first, so no timer is set: the timer could
// only add schedules in which it fires after everything is decided. The real function does the
// same.
func WithDeadlineCause(
	parent context.Context, d time.Time, cause error,
) (context.Context, context.CancelFunc) {
	if !schedrt.Controlled() {
		return context.WithTimeoutCause(parent, d.Sub(schedrt.UncontrolledNow()), cause)
	}
	if parent == nil {
		panic("cannot create context from nil parent")
	}
	if cur, ok := parent.Deadline(); ok && cur.Before(d) {
		return WithCancel(parent)
	}
	c := &timerCtx{cancelCtx: &cancelCtx{Context: parent, done: make(chan struct{})}, deadline: d}
	c.leave = follow(parent, c)
	left := d.Sub(schedrt.Now())
	if left <= 0 {
		c.end(context.DeadlineExceeded, cause)
		return c, func() {}
	}
	expire := func() { c.end(context.DeadlineExceeded, cause) }
	ended := func() bool { return c.err != nil }
	// A goroutine, and not the function of the timer itself: the end of a context has steps, and a
	// timer's function is a part of one step.
	c.timer = schedrt.NewTimerUnless(schedrt.ChannelObject(c.done), ended, left,
		func() { schedrt.GoInStep(expire) })
	return c, func() { c.end(context.Canceled, nil) }
}

// WithTimeout is context.WithTimeout.
func WithTimeout(
	parent context.Context, timeout time.Duration,
) (context.Context, context.CancelFunc) {
	return WithTimeoutCause(parent, timeout, nil)
}

// WithTimeoutCause is context.WithTimeoutCause.
func WithTimeoutCause(
	parent context.Context, timeout time.Duration, cause error,
) (context.Context, context.CancelFunc) {
	if !schedrt.Controlled() {
		return context.WithTimeoutCause(parent, timeout, cause)
	}
	return WithDeadlineCause(parent, schedrt.Now().Add(timeout), cause)
}
