package atomic

import (
	"sync/atomic"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Bool is an atomic.Bool.
type Bool struct{ real atomic.Bool }

// Load returns the value.
func (x *Bool) Load() bool {
	schedrt.Load(unsafe.Pointer(x))
	return x.real.Load()
}

// Store stores val.
func (x *Bool) Store(val bool) {
	schedrt.Store(unsafe.Pointer(x), unsafe.Sizeof(*x))
	x.real.Store(val)
}

// Swap stores new and returns the value before.
func (x *Bool) Swap(new bool) (old bool) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.Swap(new)
}

// CompareAndSwap stores new if the value is old, and reports whether it did.
func (x *Bool) CompareAndSwap(old, new bool) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(x))
	swapped = x.real.CompareAndSwap(old, new)
	schedrt.Swapped(unsafe.Pointer(x), unsafe.Sizeof(*x), swapped)
	return swapped
}

// A Pointer is an atomic.Pointer.
type Pointer[T any] struct{ real atomic.Pointer[T] }

// Load returns the value.
func (x *Pointer[T]) Load() *T {
	schedrt.Load(unsafe.Pointer(x))
	return x.real.Load()
}

// Store stores val.
func (x *Pointer[T]) Store(val *T) {
	schedrt.Store(unsafe.Pointer(x), unsafe.Sizeof(*x))
	x.real.Store(val)
}

// Swap stores new and returns the value before.
func (x *Pointer[T]) Swap(new *T) (old *T) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.Swap(new)
}

// CompareAndSwap stores new if the value is old, and reports whether it did.
func (x *Pointer[T]) CompareAndSwap(old, new *T) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(x))
	swapped = x.real.CompareAndSwap(old, new)
	schedrt.Swapped(unsafe.Pointer(x), unsafe.Sizeof(*x), swapped)
	return swapped
}

// A Value is an atomic.Value.
type Value struct{ real atomic.Value }

// Load returns the value.
func (x *Value) Load() any {
	schedrt.Load(unsafe.Pointer(x))
	return x.real.Load()
}

// Store stores val.
func (x *Value) Store(val any) {
	schedrt.Store(unsafe.Pointer(x), unsafe.Sizeof(*x))
	x.real.Store(val)
}

// Swap stores new and returns the value before.
func (x *Value) Swap(new any) (old any) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.Swap(new)
}

// CompareAndSwap stores new if the value is old, and reports whether it did.
func (x *Value) CompareAndSwap(old, new any) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(x))
	swapped = x.real.CompareAndSwap(old, new)
	schedrt.Swapped(unsafe.Pointer(x), unsafe.Sizeof(*x), swapped)
	return swapped
}
