// Package runtime stands for the functions of the standard package runtime that deal with
// goroutines, in rewritten code.
//
//	runtime.Gosched() // a step; a loop of them is recognised as spinning
//
// Results that depend on the machine are fixed, so that a schedule replays on any machine. Calls
// whose result would show the engine are refused.
package runtime

import (
	"runtime"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Gosched is runtime.Gosched: a step that changes nothing.
func Gosched() {
	if !schedrt.Controlled() {
		runtime.Gosched()
		return
	}
	schedrt.Yield()
}

// NumGoroutine is runtime.NumGoroutine. Under control it counts the controlled goroutines and one
// more, for the main goroutine of a test binary.
func NumGoroutine() int {
	if !schedrt.Controlled() {
		return runtime.NumGoroutine()
	}
	return schedrt.LiveGoroutines() + 1
}

// SetFinalizer is runtime.SetFinalizer. Under control it does nothing: Go does not promise that a
// finalizer ever runs. If it ran, it would run at a time that differs from run to run, beside the
// controlled goroutine that is to run alone. A program that then calls GC waits for it, see there.
func SetFinalizer(obj, finalizer any) {
	if !schedrt.Controlled() {
		runtime.SetFinalizer(obj, finalizer)
		return
	}
	if finalizer != nil {
		schedrt.NoteFinalizer()
	}
}

// AddCleanup is runtime.AddCleanup. Under control it does nothing, for the reasons of SetFinalizer.
func AddCleanup[T, S any](ptr *T, cleanup func(S), arg S) runtime.Cleanup {
	if !schedrt.Controlled() {
		return runtime.AddCleanup(ptr, cleanup, arg)
	}
	schedrt.NoteFinalizer()
	return runtime.Cleanup{}
}

// GC is runtime.GC. Under control it does nothing. A program that has set a finalizer, or has a weak
// pointer, calls it to see the effect, which does not come: if the schedule then fails, for example
// because no cleanup has closed a channel, this may be the reason, and the program is refused.
func GC() {
	if !schedrt.Controlled() {
		runtime.GC()
		return
	}
	if schedrt.HasFinalizers() {
		schedrt.Doubt("runtime.GC, after which a finalizer or a cleanup should run,", true)
	}
}

// ReadMemStats is runtime.ReadMemStats. Under control all numbers are zero: the real ones count what
// the engine allocates, too. Most tests only log them.
func ReadMemStats(m *runtime.MemStats) {
	if !schedrt.Controlled() {
		runtime.ReadMemStats(m)
		return
	}
	*m = runtime.MemStats{}
	schedrt.Doubt("runtime.ReadMemStats, which would count what the engine allocates,", false)
}

// processors is the number of processors under control, on every machine. It is 2 because programs
// with 1 may leave out what they do for concurrency.
const processors = 2

// NumCPU is runtime.NumCPU. Under control it is 2.
func NumCPU() int {
	if !schedrt.Controlled() {
		return runtime.NumCPU()
	}
	return processors
}

// GOMAXPROCS is runtime.GOMAXPROCS. Under control it returns 2 and changes nothing.
func GOMAXPROCS(n int) int {
	if !schedrt.Controlled() {
		return runtime.GOMAXPROCS(n)
	}
	return processors
}

// LockOSThread is runtime.LockOSThread. Under control it does nothing: the goroutines of a schedule
// take turns as coroutines of one thread, which the Go runtime refuses to switch away from a locked
// goroutine.
func LockOSThread() {
	if !schedrt.Controlled() {
		runtime.LockOSThread()
	}
}

// UnlockOSThread is runtime.UnlockOSThread. Under control it does nothing.
func UnlockOSThread() {
	if !schedrt.Controlled() {
		runtime.UnlockOSThread()
	}
}
