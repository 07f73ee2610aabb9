package atomic

import (
	"sync/atomic"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// LoadPointer is the function of the real package, and so are those below.
func LoadPointer(addr *unsafe.Pointer) unsafe.Pointer {
	schedrt.Load(unsafe.Pointer(addr))
	return atomic.LoadPointer(addr)
}

// StorePointer stores val.
func StorePointer(addr *unsafe.Pointer, val unsafe.Pointer) {
	schedrt.Store(unsafe.Pointer(addr))
	atomic.StorePointer(addr, val)
}

// SwapPointer stores new and returns what was there.
func SwapPointer(addr *unsafe.Pointer, new unsafe.Pointer) (old unsafe.Pointer) {
	schedrt.Swap(unsafe.Pointer(addr))
	return atomic.SwapPointer(addr, new)
}

// CompareAndSwapPointer stores new if old is there.
func CompareAndSwapPointer(addr *unsafe.Pointer, old, new unsafe.Pointer) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(addr))
	swapped = atomic.CompareAndSwapPointer(addr, old, new)
	schedrt.Swapped(unsafe.Pointer(addr), swapped)
	return swapped
}
