package context

import (
	"context"
	"reflect"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// follow makes child end when parent does, at once if parent has ended. leave undoes it. It joins
// before it returns, so a context is never handed out that a cancellation of its parent could miss.
func follow(parent context.Context, child canceler) (leave func()) {
	p, done := nearest(parent)
	switch {
	case done == nil:
		return func() {}
	case p == nil:
		return watch(parent, done, child)
	}
	if !p.children.add(p, child) {
		child.cancel(p.err, p.cause)
		return func() {}
	}
	return func() { p.children.remove(child) }
}

// nearest returns the context of this package that decides when parent ends, nil if there is none,
// and the channel that is closed then. A context of another package that wraps one of this package
// and has a channel of its own decides for itself. The comparison of the channels is the one of the
// standard package. A wrapper that only adds values passes Done through and is seen through; a
// wrapper with a Done of its own is not.
func nearest(parent context.Context) (*cancelCtx, <-chan struct{}) {
	done := parent.Done()
	if done == nil {
		return nil, nil
	}
	p, _ := parent.Value(&cancelCtxKey).(*cancelCtx)
	if p == nil || p.Done() != done {
		return nil, done
	}
	return p, done
}

// add adds a child unless the parent p has ended, and reports whether it did. The look at the
// parent and the entry are one step. A cancellation between the two would take the list without
// this child, and the child would never end.
func (f *children) add(p *cancelCtx, child canceler) (added bool) {
	schedrt.Do(schedrt.OpRegister, func() bool {
		if added = p.err == nil; added {
			f.list = append(f.list, child)
		}
		return added
	}, schedrt.Touch{Object: &f.object, Mode: schedrt.Add})
	return added
}

// remove removes a child in a step of its own.
func (f *children) remove(child canceler) {
	schedrt.Do(schedrt.OpStop, func() bool { return f.drop(child) },
		schedrt.Touch{Object: &f.object, Mode: schedrt.Add})
}

// drop removes a child within a step, and reports whether it was there. The order of the others
// stays: the choice in inAnyOrder is a number, and has to mean the same order when a schedule is
// played again.
func (f *children) drop(child canceler) bool {
	for i, c := range f.list {
		if c == child {
			f.list = append(f.list[:i], f.list[i+1:]...)
			return true
		}
	}
	return false
}

// watch follows a context of another package: by its own AfterFunc, or else by a goroutine, as the
// standard package does. A context of the standard package gets no goroutine, because it was made
// outside of control and does not end now: the goroutine would be reported as a leak. The first
// select has a default: a parent that has ended already needs neither a registration nor a
// goroutine.
func watch(parent context.Context, done <-chan struct{}, child canceler) (leave func()) {
	cancelled := func() { child.cancel(parent.Err(), Cause(parent)) }
	if schedrt.Select(true, schedrt.From(done)) == 0 {
		cancelled()
		return func() {}
	}
	if a, ok := parent.(interface{ AfterFunc(func()) func() bool }); ok {
		stop := a.AfterFunc(cancelled)
		return func() { stop() }
	}
	if t := reflect.TypeOf(parent); t.Kind() == reflect.Pointer && t.Elem().PkgPath() == "context" {
		return func() {}
	}
	left := make(chan struct{})
	schedrt.Go(func() {
		if schedrt.Select(false, schedrt.From(done), schedrt.From(left)) == 0 {
			cancelled()
		}
	})
	return func() { schedrt.Close(left) }
}
