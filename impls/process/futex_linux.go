package process

import (
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// futexWake wakes up to n who wait at word, in the order in which they began to, and returns how many.
// The futex is a shared one: the kernel knows the word by its page, not by its address.
func futexWake(word *atomic.Uint32, n int) int {
	const wake = 1
	woken, _, _ := unix.Syscall6(sysFutex, uintptr(unsafe.Pointer(word)), wake, uintptr(n), 0, 0, 0)
	return int(woken)
}

// futexWait sleeps while word has a value, for a time at most.
func futexWait(word *atomic.Uint32, value uint32, most time.Duration) {
	const wait = 0
	limit := unix.NsecToTimespec(int64(most))
	// Every result is the same to the caller, who looks again: woken, changed before it slept, too late.
	_, _, _ = unix.Syscall6(sysFutex, uintptr(unsafe.Pointer(word)), wait, uintptr(value),
		uintptr(unsafe.Pointer(&limit)), 0, 0)
}

const sysFutex = unix.SYS_FUTEX

// futexWaitEither sleeps while both words have their values. It reports false where the kernel does
// not have futex_waitv(2), as before Linux 5.16 and in some sandboxes.
func futexWaitEither(a *atomic.Uint32, aValue uint32, b *atomic.Uint32, bValue uint32, most time.Duration) bool {
	const (
		size32    = 2 // FUTEX2_SIZE_U32
		waitv     = 449
		monotonic = 1
	)
	if unsafe.Sizeof(uintptr(0)) < 8 {
		return false // where the time would have to be laid out in another way
	}
	// struct futex_waitv of linux/futex.h. Addresses are 64 bits wide everywhere.
	type entry struct {
		value, address  uint64
		flags, reserved uint32
	}
	all := [2]entry{
		{uint64(aValue), uint64(uintptr(unsafe.Pointer(a))), size32, 0},
		{uint64(bValue), uint64(uintptr(unsafe.Pointer(b))), size32, 0},
	}
	var limit unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &limit) != nil {
		return false
	}
	limit = unix.NsecToTimespec(limit.Nano() + int64(most))
	_, _, errno := unix.Syscall6(waitv, uintptr(unsafe.Pointer(&all)), uintptr(len(all)), 0,
		uintptr(unsafe.Pointer(&limit)), monotonic, 0)
	return errno != unix.ENOSYS && errno != unix.EPERM
}
