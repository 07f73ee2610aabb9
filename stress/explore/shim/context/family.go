package context

import (
	"context"
	"reflect"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// follow has kid cancelled when parent is, and returns what ends that.
func follow(parent context.Context, kid canceler) (leave func()) {
	p, done := nearest(parent)
	switch {
	case done == nil:
		return func() {}
	case p == nil:
		return watch(parent, done, kid)
	}
	if !p.family.add(p, kid) {
		kid.cancel(p.err, p.cause)
		return func() {}
	}
	return func() { p.family.remove(kid) }
}

// nearest returns the context of this package that decides when parent is done, nil if there is
// none, and the channel that says so.
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

// add reports whether the parent has still to be cancelled.
func (f *family) add(p *cancelCtx, kid canceler) (added bool) {
	schedrt.Do(schedrt.OpRegister, func() bool {
		if added = p.err == nil; added {
			f.kids = append(f.kids, kid)
		}
		return added
	}, schedrt.Touch{Object: &f.object, Mode: schedrt.Add})
	return added
}

func (f *family) remove(kid canceler) {
	schedrt.Do(schedrt.OpStop, func() bool { return f.drop(kid) },
		schedrt.Touch{Object: &f.object, Mode: schedrt.Add})
}

func (f *family) drop(kid canceler) bool {
	for i, k := range f.kids {
		if k == kid {
			f.kids = append(f.kids[:i], f.kids[i+1:]...)
			return true
		}
	}
	return false
}

// watch follows a context that is not of this package: by its own AfterFunc, or else by a goroutine.
// One of the standard library cannot end while a program is under control.
func watch(parent context.Context, done <-chan struct{}, kid canceler) (leave func()) {
	cancelled := func() { kid.cancel(parent.Err(), Cause(parent)) }
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
