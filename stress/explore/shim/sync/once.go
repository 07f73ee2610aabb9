package sync

import (
	"github.com/semabench/semabench/stress/explore/shim/atomic"
)

// A Once is a sync.Once. It is the code of the standard one on the types of the shims, so its
// schedules are the schedules of the real one: a fast path with a load, and a slow path with a
// lock.
type Once struct {
	done atomic.Bool
	mu   Mutex
}

// Do calls f if it is the first call of Do, and returns when that call has returned. The return of
// f happens before the return of any call of Do.
func (o *Once) Do(f func()) {
	if !o.done.Load() {
		o.first(f)
	}
}

// first is the slow path: f has not returned yet.
func (o *Once) first(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.done.Load() {
		defer o.done.Store(true)
		f()
	}
}

// OnceFunc returns a function that calls f once. If f panics, every call does.
func OnceFunc(f func()) func() {
	value := OnceValue(func() struct{} { f(); return struct{}{} })
	return func() { value() }
}

// OnceValue returns a function that calls f once and returns its value each time.
func OnceValue[T any](f func() T) func() T {
	var (
		once   Once
		valid  bool
		p      any
		result T
	)
	call := func() {
		defer func() {
			f = nil
			if p = recover(); !valid {
				panic(p)
			}
		}()
		result = f()
		valid = true
	}
	return func() T {
		once.Do(call)
		if !valid {
			panic(p)
		}
		return result
	}
}

// OnceValues is OnceValue for two values.
func OnceValues[T1, T2 any](f func() (T1, T2)) func() (T1, T2) {
	type both struct {
		r1 T1
		r2 T2
	}
	value := OnceValue(func() both { r1, r2 := f(); return both{r1, r2} })
	return func() (T1, T2) {
		b := value()
		return b.r1, b.r2
	}
}
