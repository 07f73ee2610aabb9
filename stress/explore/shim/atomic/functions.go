package atomic

import (
	"sync/atomic"
	"unsafe"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// LoadInt32 returns the value at addr.
func LoadInt32(addr *int32) int32 {
	schedrt.Load(unsafe.Pointer(addr))
	return atomic.LoadInt32(addr)
}

// StoreInt32 stores val.
func StoreInt32(addr *int32, val int32) {
	schedrt.Store(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	atomic.StoreInt32(addr, val)
}

// SwapInt32 stores new and returns the value before.
func SwapInt32(addr *int32, new int32) (old int32) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.SwapInt32(addr, new)
}

// CompareAndSwapInt32 stores new if the value is old, and reports whether it did.
func CompareAndSwapInt32(addr *int32, old, new int32) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(addr))
	swapped = atomic.CompareAndSwapInt32(addr, old, new)
	schedrt.Swapped(unsafe.Pointer(addr), unsafe.Sizeof(*addr), swapped)
	return swapped
}

// AddInt32 adds delta and returns the new value.
func AddInt32(addr *int32, delta int32) (new int32) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.AddInt32(addr, delta)
}

// AndInt32 stores the bitwise and of the value and mask, and returns the value before.
func AndInt32(addr *int32, mask int32) (old int32) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.AndInt32(addr, mask)
}

// OrInt32 stores the bitwise or of the value and mask, and returns the value before.
func OrInt32(addr *int32, mask int32) (old int32) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.OrInt32(addr, mask)
}

// LoadInt64 returns the value at addr.
func LoadInt64(addr *int64) int64 {
	schedrt.Load(unsafe.Pointer(addr))
	return atomic.LoadInt64(addr)
}

// StoreInt64 stores val.
func StoreInt64(addr *int64, val int64) {
	schedrt.Store(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	atomic.StoreInt64(addr, val)
}

// SwapInt64 stores new and returns the value before.
func SwapInt64(addr *int64, new int64) (old int64) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.SwapInt64(addr, new)
}

// CompareAndSwapInt64 stores new if the value is old, and reports whether it did.
func CompareAndSwapInt64(addr *int64, old, new int64) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(addr))
	swapped = atomic.CompareAndSwapInt64(addr, old, new)
	schedrt.Swapped(unsafe.Pointer(addr), unsafe.Sizeof(*addr), swapped)
	return swapped
}

// AddInt64 adds delta and returns the new value.
func AddInt64(addr *int64, delta int64) (new int64) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.AddInt64(addr, delta)
}

// AndInt64 stores the bitwise and of the value and mask, and returns the value before.
func AndInt64(addr *int64, mask int64) (old int64) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.AndInt64(addr, mask)
}

// OrInt64 stores the bitwise or of the value and mask, and returns the value before.
func OrInt64(addr *int64, mask int64) (old int64) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.OrInt64(addr, mask)
}

// LoadUint32 returns the value at addr.
func LoadUint32(addr *uint32) uint32 {
	schedrt.Load(unsafe.Pointer(addr))
	return atomic.LoadUint32(addr)
}

// StoreUint32 stores val.
func StoreUint32(addr *uint32, val uint32) {
	schedrt.Store(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	atomic.StoreUint32(addr, val)
}

// SwapUint32 stores new and returns the value before.
func SwapUint32(addr *uint32, new uint32) (old uint32) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.SwapUint32(addr, new)
}

// CompareAndSwapUint32 stores new if the value is old, and reports whether it did.
func CompareAndSwapUint32(addr *uint32, old, new uint32) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(addr))
	swapped = atomic.CompareAndSwapUint32(addr, old, new)
	schedrt.Swapped(unsafe.Pointer(addr), unsafe.Sizeof(*addr), swapped)
	return swapped
}

// AddUint32 adds delta and returns the new value.
func AddUint32(addr *uint32, delta uint32) (new uint32) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.AddUint32(addr, delta)
}

// AndUint32 stores the bitwise and of the value and mask, and returns the value before.
func AndUint32(addr *uint32, mask uint32) (old uint32) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.AndUint32(addr, mask)
}

// OrUint32 stores the bitwise or of the value and mask, and returns the value before.
func OrUint32(addr *uint32, mask uint32) (old uint32) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.OrUint32(addr, mask)
}

// LoadUint64 returns the value at addr.
func LoadUint64(addr *uint64) uint64 {
	schedrt.Load(unsafe.Pointer(addr))
	return atomic.LoadUint64(addr)
}

// StoreUint64 stores val.
func StoreUint64(addr *uint64, val uint64) {
	schedrt.Store(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	atomic.StoreUint64(addr, val)
}

// SwapUint64 stores new and returns the value before.
func SwapUint64(addr *uint64, new uint64) (old uint64) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.SwapUint64(addr, new)
}

// CompareAndSwapUint64 stores new if the value is old, and reports whether it did.
func CompareAndSwapUint64(addr *uint64, old, new uint64) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(addr))
	swapped = atomic.CompareAndSwapUint64(addr, old, new)
	schedrt.Swapped(unsafe.Pointer(addr), unsafe.Sizeof(*addr), swapped)
	return swapped
}

// AddUint64 adds delta and returns the new value.
func AddUint64(addr *uint64, delta uint64) (new uint64) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.AddUint64(addr, delta)
}

// AndUint64 stores the bitwise and of the value and mask, and returns the value before.
func AndUint64(addr *uint64, mask uint64) (old uint64) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.AndUint64(addr, mask)
}

// OrUint64 stores the bitwise or of the value and mask, and returns the value before.
func OrUint64(addr *uint64, mask uint64) (old uint64) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.OrUint64(addr, mask)
}

// LoadUintptr returns the value at addr.
func LoadUintptr(addr *uintptr) uintptr {
	schedrt.Load(unsafe.Pointer(addr))
	return atomic.LoadUintptr(addr)
}

// StoreUintptr stores val.
func StoreUintptr(addr *uintptr, val uintptr) {
	schedrt.Store(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	atomic.StoreUintptr(addr, val)
}

// SwapUintptr stores new and returns the value before.
func SwapUintptr(addr *uintptr, new uintptr) (old uintptr) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.SwapUintptr(addr, new)
}

// CompareAndSwapUintptr stores new if the value is old, and reports whether it did.
func CompareAndSwapUintptr(addr *uintptr, old, new uintptr) (swapped bool) {
	schedrt.CAS(unsafe.Pointer(addr))
	swapped = atomic.CompareAndSwapUintptr(addr, old, new)
	schedrt.Swapped(unsafe.Pointer(addr), unsafe.Sizeof(*addr), swapped)
	return swapped
}

// AddUintptr adds delta and returns the new value.
func AddUintptr(addr *uintptr, delta uintptr) (new uintptr) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.AddUintptr(addr, delta)
}

// AndUintptr stores the bitwise and of the value and mask, and returns the value before.
func AndUintptr(addr *uintptr, mask uintptr) (old uintptr) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.AndUintptr(addr, mask)
}

// OrUintptr stores the bitwise or of the value and mask, and returns the value before.
func OrUintptr(addr *uintptr, mask uintptr) (old uintptr) {
	schedrt.Swap(unsafe.Pointer(addr), unsafe.Sizeof(*addr))
	return atomic.OrUintptr(addr, mask)
}
