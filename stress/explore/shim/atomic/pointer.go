package atomic

import (
	"sync/atomic"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// LoadPointer returns the value at addr.
func LoadPointer(addr *unsafe.Pointer) unsafe.Pointer {
	schedrt.Load(unsafe.Pointer(addr))
	return atomic.LoadPointer(addr)
}

// StorePointer stores val.
func StorePointer(addr *unsafe.Pointer, val unsafe.Pointer) {
	schedrt.Store(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	atomic.StorePointer(addr, val)
}

// SwapPointer stores new and returns the value before.
func SwapPointer(addr *unsafe.Pointer, new unsafe.Pointer) (old unsafe.Pointer) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.SwapPointer(addr, new)
}

// CompareAndSwapPointer stores new if the value is old, and reports whether it did.
func CompareAndSwapPointer(addr *unsafe.Pointer, old, new unsafe.Pointer) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(addr))
	swapped = atomic.CompareAndSwapPointer(addr, old, new)
	schedrt.Swapped(unsafe.Pointer(addr), unsafe.Sizeof(*addr), swapped)
	return swapped
}
