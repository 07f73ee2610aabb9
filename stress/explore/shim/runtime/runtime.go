// Package runtime looks like the part of the standard one that is about goroutines.
package runtime

import (
	"runtime"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Gosched is runtime.Gosched.
func Gosched() {
	if !schedrt.Controlled() {
		runtime.Gosched()
		return
	}
	schedrt.Yield()
}

// NumGoroutine is runtime.NumGoroutine. Under control, it counts those that are, and main.
func NumGoroutine() int {
	if !schedrt.Controlled() {
		return runtime.NumGoroutine()
	}
	return schedrt.LiveGoroutines() + 1
}

// Stack is runtime.Stack. Under control, that of all is refused: it would be mostly the engine's.
func Stack(buf []byte, all bool) int {
	if schedrt.Controlled() && all {
		schedrt.Refuse("runtime.Stack of all goroutines, which would show the engine's, is not under control")
	}
	return runtime.Stack(buf, all)
}

// SetFinalizer is runtime.SetFinalizer. Under control, it does nothing, as it is not promised that
// a finalizer ever runs: it would when nobody knows, beside the goroutine that is to run alone.
func SetFinalizer(obj, finalizer any) {
	if !schedrt.Controlled() {
		runtime.SetFinalizer(obj, finalizer)
	}
}

// AddCleanup is runtime.AddCleanup. It is like SetFinalizer.
func AddCleanup[T, S any](ptr *T, cleanup func(S), arg S) runtime.Cleanup {
	if !schedrt.Controlled() {
		return runtime.AddCleanup(ptr, cleanup, arg)
	}
	return runtime.Cleanup{}
}

// processors is how many there are under control, on any machine: a schedule fits everywhere.
const processors = 2

// NumCPU is runtime.NumCPU.
func NumCPU() int {
	if !schedrt.Controlled() {
		return runtime.NumCPU()
	}
	return processors
}

// GOMAXPROCS is runtime.GOMAXPROCS. Under control, it changes nothing.
func GOMAXPROCS(n int) int {
	if !schedrt.Controlled() {
		return runtime.GOMAXPROCS(n)
	}
	return processors
}
