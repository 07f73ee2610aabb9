package atomic

import (
	"sync/atomic"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Bool is an atomic.Bool.
type Bool struct{ real atomic.Bool }

// Load is the method of the real one, and so are those below.
func (x *Bool) Load() bool {
	schedrt.Load(unsafe.Pointer(x))
	return x.real.Load()
}

// Store stores val.
func (x *Bool) Store(val bool) {
	schedrt.Store(unsafe.Pointer(x))
	x.real.Store(val)
}

// Swap stores new and returns what was there.
func (x *Bool) Swap(new bool) (old bool) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.Swap(new)
}

// CompareAndSwap stores new if old is there.
func (x *Bool) CompareAndSwap(old, new bool) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(x))
	swapped = x.real.CompareAndSwap(old, new)
	schedrt.Swapped(unsafe.Pointer(x), swapped)
	return swapped
}

// A Pointer is an atomic.Pointer.
type Pointer[T any] struct{ real atomic.Pointer[T] }

// Load is the method of the real one, and so are those below.
func (x *Pointer[T]) Load() *T {
	schedrt.Load(unsafe.Pointer(x))
	return x.real.Load()
}

// Store stores val.
func (x *Pointer[T]) Store(val *T) {
	schedrt.Store(unsafe.Pointer(x))
	x.real.Store(val)
}

// Swap stores new and returns what was there.
func (x *Pointer[T]) Swap(new *T) (old *T) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.Swap(new)
}

// CompareAndSwap stores new if old is there.
func (x *Pointer[T]) CompareAndSwap(old, new *T) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(x))
	swapped = x.real.CompareAndSwap(old, new)
	schedrt.Swapped(unsafe.Pointer(x), swapped)
	return swapped
}

// A Value is an atomic.Value.
type Value struct{ real atomic.Value }

// Load is the method of the real one, and so are those below.
func (x *Value) Load() any {
	schedrt.Load(unsafe.Pointer(x))
	return x.real.Load()
}

// Store stores val.
func (x *Value) Store(val any) {
	schedrt.Store(unsafe.Pointer(x))
	x.real.Store(val)
}

// Swap stores new and returns what was there.
func (x *Value) Swap(new any) (old any) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.Swap(new)
}

// CompareAndSwap stores new if old is there.
func (x *Value) CompareAndSwap(old, new any) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(x))
	swapped = x.real.CompareAndSwap(old, new)
	schedrt.Swapped(unsafe.Pointer(x), swapped)
	return swapped
}
