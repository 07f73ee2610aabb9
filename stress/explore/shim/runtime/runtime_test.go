package runtime_test

import (
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/runtime"
)

// What depends on the machine is fixed under control.
func TestMachineIsFixed(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		if runtime.NumCPU() != 2 || runtime.GOMAXPROCS(7) != 2 || runtime.GOMAXPROCS(0) != 2 {
			t.Error("the number of processors is not 2")
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	if runtime.NumCPU() < 1 || runtime.GOMAXPROCS(0) < 1 {
		t.Error("outside of control there is no processor")
	}
}

func TestNumGoroutine(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		before := runtime.NumGoroutine()
		schedrt.Go(func() { schedrt.Recv(make(chan int)) })
		if after := runtime.NumGoroutine(); before != 2 || after != 3 {
			t.Errorf("%d goroutines, then %d; want 2 and 3", before, after)
		}
		runtime.Gosched()
		schedrt.FinishPassed()
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	if n := len(x.Trace.Steps); n != 1 || x.Trace.Steps[0].Kind != schedrt.OpYield {
		t.Errorf("%d steps, want Gosched alone", n)
	}
	if runtime.NumGoroutine() < 1 {
		t.Error("outside of control there is no goroutine")
	}
	runtime.Gosched()
}

func TestStack(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		if runtime.Stack(make([]byte, 100), false) == 0 {
			t.Error("a goroutine has no stack")
		}
		runtime.Stack(make([]byte, 100), true)
	})
	schedtest.MustEnd(t, x, schedrt.Refused)
	if runtime.Stack(make([]byte, 100), true) == 0 {
		t.Error("outside of control there is no stack")
	}
}

// Finalizers and cleanups are dropped under control, and never run beside it.
func TestFinalizersDoNotRun(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		p := new(int)
		runtime.SetFinalizer(p, func(*int) { t.Error("a finalizer ran") })
		runtime.AddCleanup(p, func(int) { t.Error("a cleanup ran") }, 1).Stop()
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	p := new(int)
	runtime.SetFinalizer(p, func(*int) {})
	runtime.AddCleanup(p, func(int) {}, 1).Stop()
}

// Goroutines that are locked to a thread take turns like others. Outside of control the real
// functions are called.
func TestLockedThreads(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		runtime.LockOSThread()
		schedrt.Go(func() { runtime.LockOSThread(); runtime.Gosched() })
		runtime.Gosched()
		runtime.UnlockOSThread()
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	runtime.LockOSThread()
	runtime.UnlockOSThread()
}
