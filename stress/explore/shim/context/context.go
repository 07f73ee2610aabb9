// Package context stands for the functions of the standard package context that cancel, in
// rewritten code.
//
//	ctx, cancel := context.WithTimeout(parent, time.Second)
//	defer cancel()
//	<-ctx.Done() // a timer of the virtual clock, or cancel
//
// Its contexts are standard contexts to other packages. Each of their methods is one operation.
// The real ones hold a lock inside a method, so no program can see a context that is half
// cancelled; steps for that lock would only multiply the schedules.
//
// Children of a cancelled context are cancelled one after another, each in a step of its own, as
// the real one does. The real one goes through a map, so the order is a choice of the schedule.
//
// # What this does not model
//
// A context of the standard package that was made outside of control is taken not to end while a
// program is under control.
package context

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A canceler ends with its parent.
type canceler interface {
	cancel(err, cause error)
}

// children are the contexts and callbacks that end with a context. Its object is apart from the
// channel of the context: a child that joins or leaves does not conflict with a goroutine that
// waits for the end, so those orders are not tried.
type children struct {
	object schedrt.Object
	list   []canceler // in the order in which they joined
}

// A cancelCtx is a context that can be cancelled. Its fields are read and written inside steps, or
// after a step that orders the reader behind the cancellation. err and cause are written in the
// step that closes done, and never again. A goroutine that has seen done closed may therefore read
// them without a step.
type cancelCtx struct {
	context.Context
	done     chan struct{}
	err      error
	cause    error
	children children
	leave    func() // leaves the children of the parent
}

// cancelCtxKey is the key for which a cancelCtx returns itself. The standard package finds the
// nearest context of its own in the same way.
var cancelCtxKey int

// Done is no operation: the channel never changes. Receiving from it is one.
func (c *cancelCtx) Done() <-chan struct{} { return c.done }

// Err is an operation that asks whether the channel is closed. The error is set in the step that
// closes it. The real one loads an atomic; its order with a cancellation is visible to a program,
// so it is a step.
func (c *cancelCtx) Err() error {
	if schedrt.Controlled() && !schedrt.ChannelClosed(c.done) {
		return nil
	}
	return c.err
}

// Value returns c itself for cancelCtxKey, so that a descendant finds it through contexts of other
// packages.
func (c *cancelCtx) Value(key any) any {
	if key == &cancelCtxKey {
		return c
	}
	return c.Context.Value(key)
}

func (c *cancelCtx) String() string { return nameOf(c.Context) + ".WithCancel" }

// nameOf returns the name of a context in the name of its child. It does not format the context, whose
// values other goroutines may change.
func nameOf(ctx context.Context) string {
	if s, ok := ctx.(fmt.Stringer); ok {
		return s.String()
	}
	return reflect.TypeOf(ctx).String()
}

// WithCancel is context.WithCancel. Making a context is no step of its own; joining its parent is.
func WithCancel(parent context.Context) (context.Context, context.CancelFunc) {
	if !schedrt.Controlled() {
		return context.WithCancel(parent)
	}
	c := withCancel(parent)
	return c, func() { c.end(context.Canceled, nil) }
}

// WithCancelCause is context.WithCancelCause.
func WithCancelCause(parent context.Context) (context.Context, context.CancelCauseFunc) {
	if !schedrt.Controlled() {
		return context.WithCancelCause(parent)
	}
	c := withCancel(parent)
	return c, func(cause error) { c.end(context.Canceled, cause) }
}

// withCancel makes a child of parent. It panics without a parent, as the standard function does.
func withCancel(parent context.Context) *cancelCtx {
	if parent == nil {
		panic("cannot create context from nil parent")
	}
	c := &cancelCtx{Context: parent, done: make(chan struct{})}
	c.leave = follow(parent, c)
	return c
}

// cancel ends c when its parent ends.
func (c *cancelCtx) cancel(err, cause error) { c.close(err, cause) }

// close ends c and its children, and reports whether c had not ended before. The first cancellation
// sets the error and the cause. One step ends c, sets both errors and takes the list of children,
// so a child that joins later finds the parent ended, and none is missed. The children end after
// that step, each in its own: between two of them other goroutines may run.
func (c *cancelCtx) close(err, cause error) (first bool) {
	if cause == nil {
		cause = err
	}
	var ended []canceler
	schedrt.Do(schedrt.OpCancel, func() bool {
		// The error is never nil after a cancellation, so it serves as the mark of it.
		if c.err != nil {
			return false
		}
		first = true
		c.err, c.cause = err, cause
		ended, c.children.list = inAnyOrder(c.children.list), nil
		schedrt.CloseInStep(c.done)
		return true
	}, schedrt.Touch{Object: schedrt.ChannelObject(c.done), Mode: schedrt.Write},
		schedrt.Touch{Object: &c.children.object, Mode: schedrt.Write})
	for _, child := range ended {
		child.cancel(err, cause)
	}
	return first
}

// permuted is up to how many children are cancelled in every order: 4 have 24 orders. Of more,
// each may be the first, and the others follow in the order of a circle.
//
// The bound is needed because the orders grow with the factorial: 5 children would multiply the
// schedules by 120. Each child as the first shows a program that depends on the first child only.
const permuted = 4

// inAnyOrder lets the schedule choose the order of children. The loop decodes one number into a
// permutation, digit by digit in a mixed base: the first digit has base n, the next base n-1. So
// each order has exactly one number, and no order is played twice.
func inAnyOrder(list []canceler) []canceler {
	n := len(list)
	if n > permuted {
		first := schedrt.Choose(n)
		return append(append([]canceler{}, list[first:]...), list[:first]...)
	}
	ways := 1
	for i := range n {
		ways *= i + 1
	}
	way := schedrt.Choose(ways)
	for ; n > 1; n-- {
		list[way%n], list[n-1] = list[n-1], list[way%n]
		way /= n
	}
	return list
}

// end is the CancelFunc: it ends c and leaves the parent. A CancelFunc may be called by a deferred
// call after the schedule has ended, when nothing is under control any more.
func (c *cancelCtx) end(err, cause error) {
	if !schedrt.Controlled() {
		return // the execution is over
	}
	if c.close(err, cause) {
		c.leave()
	}
}

// Cause is context.Cause. The fallback to Err is for a descendant of another package that ended by
// itself: its nearest cancelCtx has no cause then.
func Cause(c context.Context) error {
	p, _ := c.Value(&cancelCtxKey).(*cancelCtx)
	if p == nil {
		return context.Cause(c)
	}
	if c.Err() == nil {
		return nil
	}
	if p.cause != nil {
		return p.cause
	}
	return c.Err()
}

// Ended returns the error of a context of this package, nil if it has not ended or is of another
// package. It is no operation: a harness asks it between steps. It reads what a step of the running
// schedule wrote, which is safe because one goroutine moves at a time.
func Ended(c context.Context) error {
	p, _ := c.Value(&cancelCtxKey).(*cancelCtx)
	if p == nil {
		return nil
	}
	return p.err
}

// ChildCount counts the contexts and callbacks that end with a context of this package. It is no
// operation. A child that has ended by itself is not counted: it leaves its parent in a later step, which
// the goroutine of its timer may not have come to.
func ChildCount(c context.Context) (n int) {
	p, _ := c.Value(&cancelCtxKey).(*cancelCtx)
	if p == nil {
		return 0
	}
	for _, child := range p.children.list {
		if c, ok := child.(context.Context); !ok || Ended(c) == nil {
			n++
		}
	}
	return n
}

// withoutCancel has the values of a context and never ends.
type withoutCancel struct{ context.Context }

func (withoutCancel) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }
func (withoutCancel) Done() <-chan struct{}                   { return nil }
func (withoutCancel) Err() error                              { return nil }
func (c withoutCancel) String() string                        { return nameOf(c.Context) + ".WithoutCancel" }

// Value hides the contexts above, so that a descendant does not follow them.
func (c withoutCancel) Value(key any) any {
	if key == &cancelCtxKey {
		return nil
	}
	return c.Context.Value(key)
}

// WithoutCancel is context.WithoutCancel. A nil parent goes to the real function, whose panic has
// the right text.
func WithoutCancel(parent context.Context) context.Context {
	if !schedrt.Controlled() || parent == nil {
		return context.WithoutCancel(parent)
	}
	return withoutCancel{parent}
}
