// Package context looks like the part of the standard one that cancels. Its contexts are those of
// the standard library to everybody else, and each of their methods is one operation: a context
// that is being cancelled half way is something that nobody can observe with the real one either.
package context

import (
	"context"
	"time"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

type canceler interface {
	cancel(err, cause error)
}

// family is what a parent knows of those that are cancelled with it.
type family struct {
	object schedrt.Object
	kids   []canceler // in the order in which they came
}

type cancelCtx struct {
	context.Context
	done   chan struct{}
	err    error
	cause  error
	family family
	leave  func() // tells the parent
}

var cancelCtxKey int

func (c *cancelCtx) Done() <-chan struct{} { return c.done }

func (c *cancelCtx) Err() error {
	if schedrt.Controlled() && !schedrt.ChannelClosed(c.done) {
		return nil
	}
	return c.err
}

func (c *cancelCtx) Value(key any) any {
	if key == &cancelCtxKey {
		return c
	}
	return c.Context.Value(key)
}

func (c *cancelCtx) String() string { return "context.WithCancel" }

// WithCancel is context.WithCancel.
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

func withCancel(parent context.Context) *cancelCtx {
	if parent == nil {
		panic("cannot create context from nil parent")
	}
	c := &cancelCtx{Context: parent, done: make(chan struct{})}
	c.leave = follow(parent, c)
	return c
}

// cancel is called by the parent.
func (c *cancelCtx) cancel(err, cause error) { c.close(err, cause) }

// close reports whether nobody did before.
func (c *cancelCtx) close(err, cause error) (first bool) {
	if cause == nil {
		cause = err
	}
	var kids []canceler
	schedrt.Do(schedrt.OpCancel, func() bool {
		if c.err != nil {
			return false
		}
		first = true
		c.err, c.cause = err, cause
		kids, c.family.kids = inAnyOrder(c.family.kids), nil
		schedrt.CloseInStep(c.done)
		return true
	}, schedrt.Touch{Object: schedrt.ChannelObject(c.done), Mode: schedrt.Write},
		schedrt.Touch{Object: &c.family.object, Mode: schedrt.Write})
	for _, kid := range kids {
		kid.cancel(err, cause)
	}
	return first
}

// permuted is how many kids are cancelled in any order. Of more, any may be the first.
const permuted = 4

// inAnyOrder lets the schedule choose: the real one goes through a map.
func inAnyOrder(kids []canceler) []canceler {
	n := len(kids)
	if n > permuted {
		first := schedrt.Choose(n)
		return append(append([]canceler{}, kids[first:]...), kids[:first]...)
	}
	ways := 1
	for i := range n {
		ways *= i + 1
	}
	way := schedrt.Choose(ways)
	for ; n > 1; n-- {
		kids[way%n], kids[n-1] = kids[n-1], kids[way%n]
		way /= n
	}
	return kids
}

// end is called by whoever made the context.
func (c *cancelCtx) end(err, cause error) {
	if !schedrt.Controlled() {
		return // an execution that is over
	}
	if c.close(err, cause) {
		c.leave()
	}
}

// Cause is context.Cause.
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

// Ended returns the error of a context of this package, without being an operation.
func Ended(c context.Context) error {
	p, _ := c.Value(&cancelCtxKey).(*cancelCtx)
	if p == nil {
		return nil
	}
	return p.err
}

// Kids counts what is registered with a context to be told of its end: contexts and callbacks.
func Kids(c context.Context) int {
	p, _ := c.Value(&cancelCtxKey).(*cancelCtx)
	if p == nil {
		return 0
	}
	return len(p.family.kids)
}

type withoutCancel struct{ context.Context }

func (withoutCancel) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }
func (withoutCancel) Done() <-chan struct{}                   { return nil }
func (withoutCancel) Err() error                              { return nil }

func (c withoutCancel) Value(key any) any {
	if key == &cancelCtxKey {
		return nil
	}
	return c.Context.Value(key)
}

// WithoutCancel is context.WithoutCancel.
func WithoutCancel(parent context.Context) context.Context {
	if !schedrt.Controlled() || parent == nil {
		return context.WithoutCancel(parent)
	}
	return withoutCancel{parent}
}
