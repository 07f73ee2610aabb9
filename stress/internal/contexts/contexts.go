// Package contexts makes contexts of every kind that a caller of a semaphore may have.
//
//	for _, e := range contexts.Ends() {
//		waiter := start(e.Ctx)
//		e.Cancel()
//		want(waiter, e.Want)
//	}
//
// A defect of cancellation often depends on the kind: an implementation may treat a ctx without a
// Done channel, with a deadline, or of a type that package context does not know, by code of its own.
//
// # What this does not show
//
// Every ctx here keeps the rules of package context: Done returns the same channel each time, and Err
// is not nil once that channel is closed.
package contexts

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// An Ending is a ctx of one kind, which Cancel makes done with the error Want.
type Ending struct {
	Kind   string
	Ctx    context.Context
	Cancel context.CancelFunc
	Want   error
}

// Ends returns a ctx of every kind of package context, and of types of a caller. No deadline that
// makes one of them done passes before Cancel is called. One deadline is further away than a time.Duration reaches,
// and is not a number of nanoseconds since 1970. A ctx that derives from a caller's type has
// a goroutine until it is done, so every ctx must be ended.
func Ends() []*Ending {
	const far = 24 * time.Hour
	type key struct{}
	background := context.Background()
	plain, cancelPlain := context.WithCancel(background)
	caused, cause := context.WithCancelCause(background)
	timed, cancelTimed := context.WithTimeout(background, far)
	dated, cancelDated := context.WithDeadlineCause(background, time.Now().Add(far), ErrOfCaller)
	endless, cancelEndless := context.WithDeadline(background, time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC))
	valued, cancelValued := context.WithCancel(context.WithValue(background, key{}, 1))
	parent, cancelParent := context.WithCancel(background)
	child, cancelChild := context.WithTimeout(parent, far)
	own, late, below := NewCallers(time.Hour), NewCallers(-time.Hour), NewCallers(time.Hour)
	derived, cancelDerived := context.WithCancel(below)
	expired := NewEnding(context.DeadlineExceeded)
	wrapped := NewEnding(fmt.Errorf("the caller has gone: %w", context.Canceled))
	wrappedLate := NewEnding(fmt.Errorf("the caller has gone: %w", context.DeadlineExceeded))
	both := func(a, b func()) func() { return func() { a(); b() } }
	return []*Ending{
		{"a ctx of WithCancel", plain, cancelPlain, context.Canceled},
		{"a ctx with a cause", caused, func() { cause(ErrOfCaller) }, context.Canceled},
		{"a ctx that is cancelled before its timeout", timed, cancelTimed, context.Canceled},
		{"a ctx that is cancelled before its deadline", dated, cancelDated, context.Canceled},
		{"a ctx that is cancelled millennia before its deadline", endless, cancelEndless, context.Canceled},
		{"a ctx with values", context.WithValue(valued, key{}, 2), cancelValued, context.Canceled},
		{"a ctx whose parent is cancelled", child, both(cancelParent, cancelChild), context.Canceled},
		{"a ctx of the caller's own type", own, own.End, ErrOfCaller},
		{"a ctx of the caller's own type that outlives its deadline", late, late.End, ErrOfCaller},
		{"a ctx below a ctx of the caller's own type", derived, both(func() {
			below.End()
			<-derived.Done() // the goroutine of package context hands the error down
		}, cancelDerived), ErrOfCaller},
		// The errors that callers compare with, and the errors that errors.Is takes for these.
		{"a ctx of the caller's own type that tells of a deadline", expired, expired.End, expired.err},
		{"a ctx whose error wraps Canceled", wrapped, wrapped.End, wrapped.err},
		{"a ctx whose error wraps DeadlineExceeded", wrappedLate, wrappedLate.End, wrappedLate.err},
	}
}

// Living returns contexts of several types that will not be done while a clause runs. They differ in
// what Done returns, in how they look up a parent, and in whether package context knows the type.
// Implementations may have fast paths for a nil Done channel. The last one has a deadline that has
// passed, which does not make it done: its caller may grant more time.
func Living() []context.Context {
	background := context.Background()
	cancellable, cancel := context.WithCancel(background)
	_ = cancel // never called: the contexts are garbage when the clause ends
	type key struct{}
	return []context.Context{
		background,
		context.TODO(),
		cancellable,
		context.WithValue(cancellable, key{}, 1),
		context.WithoutCancel(cancellable),
		Using{cancellable, func() {}},
		NewCallers(-time.Hour),
	}
}

// Done returns a ctx that is done.
func Done() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

// Several is an error that cannot be compared and is no key of a map, as lists of errors are in many packages.
// Comparing two of them with == panics.
type Several []string

func (s Several) Error() string { return fmt.Sprint([]string(s)) }

// ErrOfCaller is an error that package context does not know.
var ErrOfCaller = errors.New("the caller has gone")

// A Callers ctx implements every method of context.Context itself. It is done when End is called,
// whatever its deadline is.
type Callers struct {
	done  chan struct{}
	ended atomic.Bool
	left  time.Duration
	err   error // once it is done
}

// NewCallers returns a ctx whose Deadline is always the given time away. A negative time has passed.
func NewCallers(left time.Duration) *Callers {
	return &Callers{done: make(chan struct{}), left: left, err: ErrOfCaller}
}

// NewEnding returns a ctx that End ends with the given error. Its deadline is an hour away.
func NewEnding(err error) *Callers {
	return &Callers{done: make(chan struct{}), left: time.Hour, err: err}
}

func (c *Callers) Done() <-chan struct{}       { return c.done }
func (c *Callers) Deadline() (time.Time, bool) { return time.Now().Add(c.left), true }
func (c *Callers) Value(any) any               { return "a value for every key" }

func (c *Callers) Err() error {
	if c.ended.Load() {
		return c.err
	}
	return nil
}

// End makes the ctx done. A done channel has an error, so the error comes first.
func (c *Callers) End() {
	if c.ended.CompareAndSwap(false, true) {
		close(c.done)
	}
}

// A Using ctx calls a function in each of its methods. It cannot be compared or be the key of a map,
// because it holds a function: package context does not promise that a ctx can be compared.
type Using struct {
	context.Context
	Use func()
}

func (c Using) Deadline() (time.Time, bool) { c.Use(); return c.Context.Deadline() }
func (c Using) Done() <-chan struct{}       { c.Use(); return c.Context.Done() }
func (c Using) Err() error                  { c.Use(); return c.Context.Err() }
func (c Using) Value(key any) any           { c.Use(); return c.Context.Value(key) }

// AfterFunc is a method that package context calls on contexts that have it.
func (c Using) AfterFunc(f func()) (stop func() bool) {
	c.Use()
	return context.AfterFunc(c.Context, f)
}

// A Counting ctx counts the callbacks that are registered with it and were neither stopped nor run. A
// derived context registers one as well. The type hides its values: package context would otherwise
// find the parent through Value, and register there.
type Counting struct {
	context.Context
	Cancel     context.CancelFunc
	Registered atomic.Int64
}

// NewCounting returns a Counting ctx that Cancel ends.
func NewCounting() *Counting {
	c := &Counting{}
	c.Context, c.Cancel = context.WithCancel(context.Background())
	return c
}

func (c *Counting) Value(any) any { return nil }

// AfterFunc registers f. Package context calls this method on contexts that have it.
func (c *Counting) AfterFunc(f func()) (stop func() bool) {
	c.Registered.Add(1)
	gone := sync.OnceFunc(func() { c.Registered.Add(-1) })
	inner := context.AfterFunc(c.Context, func() { gone(); f() })
	return func() bool { gone(); return inner() }
}
