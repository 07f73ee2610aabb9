// Package atomic looks like sync/atomic to an instrumented program: before each operation is a point
// where other goroutines may come first. The operation itself is the real one, and a type is as
// large as the real one.
package atomic

import (
	"sync/atomic"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// An Int32 is an atomic.Int32.
type Int32 struct{ real atomic.Int32 }

// Load is the method of the real one, and so are those below.
func (x *Int32) Load() int32 {
	schedrt.Load(unsafe.Pointer(x))
	return x.real.Load()
}

// Store stores val.
func (x *Int32) Store(val int32) {
	schedrt.Store(unsafe.Pointer(x))
	x.real.Store(val)
}

// Swap stores new and returns what was there.
func (x *Int32) Swap(new int32) (old int32) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.Swap(new)
}

// CompareAndSwap stores new if old is there.
func (x *Int32) CompareAndSwap(old, new int32) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(x))
	swapped = x.real.CompareAndSwap(old, new)
	schedrt.Swapped(unsafe.Pointer(x), swapped)
	return swapped
}

// Add adds delta and returns the sum.
func (x *Int32) Add(delta int32) (new int32) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.Add(delta)
}

// And is a bitwise and; it returns what was there.
func (x *Int32) And(mask int32) (old int32) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.And(mask)
}

// Or is a bitwise or; it returns what was there.
func (x *Int32) Or(mask int32) (old int32) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.Or(mask)
}

// An Int64 is an atomic.Int64.
type Int64 struct{ real atomic.Int64 }

// Load is the method of the real one, and so are those below.
func (x *Int64) Load() int64 {
	schedrt.Load(unsafe.Pointer(x))
	return x.real.Load()
}

// Store stores val.
func (x *Int64) Store(val int64) {
	schedrt.Store(unsafe.Pointer(x))
	x.real.Store(val)
}

// Swap stores new and returns what was there.
func (x *Int64) Swap(new int64) (old int64) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.Swap(new)
}

// CompareAndSwap stores new if old is there.
func (x *Int64) CompareAndSwap(old, new int64) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(x))
	swapped = x.real.CompareAndSwap(old, new)
	schedrt.Swapped(unsafe.Pointer(x), swapped)
	return swapped
}

// Add adds delta and returns the sum.
func (x *Int64) Add(delta int64) (new int64) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.Add(delta)
}

// And is a bitwise and; it returns what was there.
func (x *Int64) And(mask int64) (old int64) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.And(mask)
}

// Or is a bitwise or; it returns what was there.
func (x *Int64) Or(mask int64) (old int64) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.Or(mask)
}

// An Uint32 is an atomic.Uint32.
type Uint32 struct{ real atomic.Uint32 }

// Load is the method of the real one, and so are those below.
func (x *Uint32) Load() uint32 {
	schedrt.Load(unsafe.Pointer(x))
	return x.real.Load()
}

// Store stores val.
func (x *Uint32) Store(val uint32) {
	schedrt.Store(unsafe.Pointer(x))
	x.real.Store(val)
}

// Swap stores new and returns what was there.
func (x *Uint32) Swap(new uint32) (old uint32) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.Swap(new)
}

// CompareAndSwap stores new if old is there.
func (x *Uint32) CompareAndSwap(old, new uint32) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(x))
	swapped = x.real.CompareAndSwap(old, new)
	schedrt.Swapped(unsafe.Pointer(x), swapped)
	return swapped
}

// Add adds delta and returns the sum.
func (x *Uint32) Add(delta uint32) (new uint32) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.Add(delta)
}

// And is a bitwise and; it returns what was there.
func (x *Uint32) And(mask uint32) (old uint32) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.And(mask)
}

// Or is a bitwise or; it returns what was there.
func (x *Uint32) Or(mask uint32) (old uint32) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.Or(mask)
}

// An Uint64 is an atomic.Uint64.
type Uint64 struct{ real atomic.Uint64 }

// Load is the method of the real one, and so are those below.
func (x *Uint64) Load() uint64 {
	schedrt.Load(unsafe.Pointer(x))
	return x.real.Load()
}

// Store stores val.
func (x *Uint64) Store(val uint64) {
	schedrt.Store(unsafe.Pointer(x))
	x.real.Store(val)
}

// Swap stores new and returns what was there.
func (x *Uint64) Swap(new uint64) (old uint64) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.Swap(new)
}

// CompareAndSwap stores new if old is there.
func (x *Uint64) CompareAndSwap(old, new uint64) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(x))
	swapped = x.real.CompareAndSwap(old, new)
	schedrt.Swapped(unsafe.Pointer(x), swapped)
	return swapped
}

// Add adds delta and returns the sum.
func (x *Uint64) Add(delta uint64) (new uint64) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.Add(delta)
}

// And is a bitwise and; it returns what was there.
func (x *Uint64) And(mask uint64) (old uint64) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.And(mask)
}

// Or is a bitwise or; it returns what was there.
func (x *Uint64) Or(mask uint64) (old uint64) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.Or(mask)
}

// An Uintptr is an atomic.Uintptr.
type Uintptr struct{ real atomic.Uintptr }

// Load is the method of the real one, and so are those below.
func (x *Uintptr) Load() uintptr {
	schedrt.Load(unsafe.Pointer(x))
	return x.real.Load()
}

// Store stores val.
func (x *Uintptr) Store(val uintptr) {
	schedrt.Store(unsafe.Pointer(x))
	x.real.Store(val)
}

// Swap stores new and returns what was there.
func (x *Uintptr) Swap(new uintptr) (old uintptr) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.Swap(new)
}

// CompareAndSwap stores new if old is there.
func (x *Uintptr) CompareAndSwap(old, new uintptr) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(x))
	swapped = x.real.CompareAndSwap(old, new)
	schedrt.Swapped(unsafe.Pointer(x), swapped)
	return swapped
}

// Add adds delta and returns the sum.
func (x *Uintptr) Add(delta uintptr) (new uintptr) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.Add(delta)
}

// And is a bitwise and; it returns what was there.
func (x *Uintptr) And(mask uintptr) (old uintptr) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.And(mask)
}

// Or is a bitwise or; it returns what was there.
func (x *Uintptr) Or(mask uintptr) (old uintptr) {
	schedrt.Swap(unsafe.Pointer(x))
	return x.real.Or(mask)
}
