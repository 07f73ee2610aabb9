// Package atomic stands for sync/atomic in rewritten code.
//
//	var n atomic.Int64
//	n.Add(1) // stops until the strategy picks this goroutine, then adds
//
// Each function and method announces its operation to package schedrt and then performs the real
// one. The operations are sequentially consistent, as the Go memory model has them, and the real
// one orders memory for the race detector. The types are as large as the real ones.
//
// # What this does not model
//
// Weak memory: no Go program can see it through sync/atomic.
package atomic

import (
	"sync/atomic"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// An Int32 is an atomic.Int32.
type Int32 struct{ real atomic.Int32 }

// Load returns the value.
func (x *Int32) Load() int32 {
	schedrt.Load(unsafe.Pointer(x))
	return x.real.Load()
}

// Store stores val.
func (x *Int32) Store(val int32) {
	schedrt.Store(unsafe.Pointer(x), unsafe.Sizeof(*x))
	x.real.Store(val)
}

// Swap stores new and returns the value before.
func (x *Int32) Swap(new int32) (old int32) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.Swap(new)
}

// CompareAndSwap stores new if the value is old, and reports whether it did.
func (x *Int32) CompareAndSwap(old, new int32) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(x))
	swapped = x.real.CompareAndSwap(old, new)
	schedrt.Swapped(unsafe.Pointer(x), unsafe.Sizeof(*x), swapped)
	return swapped
}

// Add adds delta and returns the new value.
func (x *Int32) Add(delta int32) (new int32) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.Add(delta)
}

// And stores the bitwise and of the value and mask, and returns the value before.
func (x *Int32) And(mask int32) (old int32) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.And(mask)
}

// Or stores the bitwise or of the value and mask, and returns the value before.
func (x *Int32) Or(mask int32) (old int32) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.Or(mask)
}

// An Int64 is an atomic.Int64.
type Int64 struct{ real atomic.Int64 }

// Load returns the value.
func (x *Int64) Load() int64 {
	schedrt.Load(unsafe.Pointer(x))
	return x.real.Load()
}

// Store stores val.
func (x *Int64) Store(val int64) {
	schedrt.Store(unsafe.Pointer(x), unsafe.Sizeof(*x))
	x.real.Store(val)
}

// Swap stores new and returns the value before.
func (x *Int64) Swap(new int64) (old int64) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.Swap(new)
}

// CompareAndSwap stores new if the value is old, and reports whether it did.
func (x *Int64) CompareAndSwap(old, new int64) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(x))
	swapped = x.real.CompareAndSwap(old, new)
	schedrt.Swapped(unsafe.Pointer(x), unsafe.Sizeof(*x), swapped)
	return swapped
}

// Add adds delta and returns the new value.
func (x *Int64) Add(delta int64) (new int64) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.Add(delta)
}

// And stores the bitwise and of the value and mask, and returns the value before.
func (x *Int64) And(mask int64) (old int64) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.And(mask)
}

// Or stores the bitwise or of the value and mask, and returns the value before.
func (x *Int64) Or(mask int64) (old int64) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.Or(mask)
}

// A Uint32 is an atomic.Uint32.
type Uint32 struct{ real atomic.Uint32 }

// Load returns the value.
func (x *Uint32) Load() uint32 {
	schedrt.Load(unsafe.Pointer(x))
	return x.real.Load()
}

// Store stores val.
func (x *Uint32) Store(val uint32) {
	schedrt.Store(unsafe.Pointer(x), unsafe.Sizeof(*x))
	x.real.Store(val)
}

// Swap stores new and returns the value before.
func (x *Uint32) Swap(new uint32) (old uint32) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.Swap(new)
}

// CompareAndSwap stores new if the value is old, and reports whether it did.
func (x *Uint32) CompareAndSwap(old, new uint32) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(x))
	swapped = x.real.CompareAndSwap(old, new)
	schedrt.Swapped(unsafe.Pointer(x), unsafe.Sizeof(*x), swapped)
	return swapped
}

// Add adds delta and returns the new value.
func (x *Uint32) Add(delta uint32) (new uint32) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.Add(delta)
}

// And stores the bitwise and of the value and mask, and returns the value before.
func (x *Uint32) And(mask uint32) (old uint32) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.And(mask)
}

// Or stores the bitwise or of the value and mask, and returns the value before.
func (x *Uint32) Or(mask uint32) (old uint32) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.Or(mask)
}

// A Uint64 is an atomic.Uint64.
type Uint64 struct{ real atomic.Uint64 }

// Load returns the value.
func (x *Uint64) Load() uint64 {
	schedrt.Load(unsafe.Pointer(x))
	return x.real.Load()
}

// Store stores val.
func (x *Uint64) Store(val uint64) {
	schedrt.Store(unsafe.Pointer(x), unsafe.Sizeof(*x))
	x.real.Store(val)
}

// Swap stores new and returns the value before.
func (x *Uint64) Swap(new uint64) (old uint64) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.Swap(new)
}

// CompareAndSwap stores new if the value is old, and reports whether it did.
func (x *Uint64) CompareAndSwap(old, new uint64) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(x))
	swapped = x.real.CompareAndSwap(old, new)
	schedrt.Swapped(unsafe.Pointer(x), unsafe.Sizeof(*x), swapped)
	return swapped
}

// Add adds delta and returns the new value.
func (x *Uint64) Add(delta uint64) (new uint64) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.Add(delta)
}

// And stores the bitwise and of the value and mask, and returns the value before.
func (x *Uint64) And(mask uint64) (old uint64) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.And(mask)
}

// Or stores the bitwise or of the value and mask, and returns the value before.
func (x *Uint64) Or(mask uint64) (old uint64) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.Or(mask)
}

// A Uintptr is an atomic.Uintptr.
type Uintptr struct{ real atomic.Uintptr }

// Load returns the value.
func (x *Uintptr) Load() uintptr {
	schedrt.Load(unsafe.Pointer(x))
	return x.real.Load()
}

// Store stores val.
func (x *Uintptr) Store(val uintptr) {
	schedrt.Store(unsafe.Pointer(x), unsafe.Sizeof(*x))
	x.real.Store(val)
}

// Swap stores new and returns the value before.
func (x *Uintptr) Swap(new uintptr) (old uintptr) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.Swap(new)
}

// CompareAndSwap stores new if the value is old, and reports whether it did.
func (x *Uintptr) CompareAndSwap(old, new uintptr) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(x))
	swapped = x.real.CompareAndSwap(old, new)
	schedrt.Swapped(unsafe.Pointer(x), unsafe.Sizeof(*x), swapped)
	return swapped
}

// Add adds delta and returns the new value.
func (x *Uintptr) Add(delta uintptr) (new uintptr) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.Add(delta)
}

// And stores the bitwise and of the value and mask, and returns the value before.
func (x *Uintptr) And(mask uintptr) (old uintptr) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.And(mask)
}

// Or stores the bitwise or of the value and mask, and returns the value before.
func (x *Uintptr) Or(mask uintptr) (old uintptr) {
	schedrt.Swap(unsafe.Pointer(x), unsafe.Sizeof(*x))
	return x.real.Or(mask)
}
