package runtime_test

import (
	real "runtime"
	"strings"
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

// Leak checkers see the goroutines of the program, each with the function that it began with, and
// nothing of the engine.
func TestStack(t *testing.T) {
	buf := make([]byte, 1<<16)
	x := schedtest.PlayScript(t, nil, func() {
		schedrt.Go(func() { schedrt.Recv(make(chan int)) })
		ready := make(chan int)
		schedrt.Go(func() { schedrt.Close(ready) })
		schedrt.Recv(ready) // the first goroutine comes to its wait meanwhile
		own, all := string(buf[:runtime.Stack(buf, false)]), string(buf[:runtime.Stack(buf, true)])
		for _, part := range []string{
			"goroutine 1 [running]:\n", "testing.tRunner(...)", "goroutine 2 [chan receive]:\n",
			"runtime_test.TestStack.func1.1(...)", "created by " + here + ".TestStack.func1\n",
		} {
			if !strings.Contains(all, part) {
				t.Errorf("no %q in\n%s", part, all)
			}
		}
		if strings.Contains(own, "goroutine 2") || strings.Contains(all, "schedrt.") {
			t.Errorf("another goroutine or the engine in\n%s\nor in\n%s", own, all)
		}
		schedrt.FinishPassed()
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	if runtime.Stack(make([]byte, 100), true) == 0 {
		t.Error("outside of control there is no stack")
	}
}

const here = "runtime_test" // as if this package were of the standard library

// A schedule that fails after the program has read a value that is not under control is refused, and
// the refusal names the function that returned the value. A schedule that does not fail, or fails for another reason, is not.
func TestDoubt(t *testing.T) {
	finalizer := func() { runtime.AddCleanup(new(int), func(int) {}, 1); runtime.GC() }
	memory := func() { runtime.ReadMemStats(new(real.MemStats)) }
	hang := func() { schedrt.Recv(make(chan int)) }
	fail := func() { schedrt.Fail("want 1 allocation") }
	for name, c := range map[string]struct {
		reads, then func()
		want        schedrt.Ending
	}{
		"a collection without a finalizer": {runtime.GC, fail, schedrt.Failed},
		"a finalizer without a collection": {func() { runtime.SetFinalizer(new(int), func(*int) {}) }, hang, schedrt.Deadlock},
		"no finalizer":                     {func() { runtime.SetFinalizer(new(int), nil); runtime.GC() }, hang, schedrt.Deadlock},
		"a wait for a cleanup":             {finalizer, hang, schedrt.Refused},
		"an assertion on a cleanup":        {finalizer, fail, schedrt.Refused},
		"a cleanup that does not matter":   {finalizer, func() {}, schedrt.Passed},
		"an assertion on memory":           {memory, fail, schedrt.Refused},
		"a deadlock beside memory":         {memory, hang, schedrt.Deadlock},
		"a log of memory":                  {memory, func() {}, schedrt.Passed},
		"both, and a wait":                 {func() { memory(); finalizer(); memory() }, hang, schedrt.Refused},
	} {
		x := schedtest.PlayScript(t, nil, func() { c.reads(); c.then() })
		if x.Outcome.Kind != c.want {
			t.Errorf("%s: %v %s, want %v", name, x.Outcome.Kind, x.Outcome.Message, c.want)
		}
		if c.want == schedrt.Refused && !strings.HasPrefix(x.Outcome.Message, "runtime.") {
			t.Errorf("%s: refused without a name: %s", name, x.Outcome.Message)
		}
	}
	memory()
	runtime.GC()
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

// explore__TestOfSuite has the name that package rewrite gives a Test function. It returns the names of
// itself and of the function of a look-alike on the stack.
func explore__TestOfSuite() (names []string) {
	pcs := make([]uintptr, 8)
	frames := runtime.CallersFrames(pcs[:real.Callers(1, pcs)])
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		names = append(names, f.Function)
	}
	return append(names, runtime.FuncForPC(real.FuncForPC(pcs[0]).Entry()).Name())
}

// Names of functions are those under go test.
func TestNames(t *testing.T) {
	names := explore__TestOfSuite()
	first, last := names[0], names[len(names)-1]
	if first != last || !strings.HasSuffix(first, ".TestOfSuite") || strings.Contains(first, "/shim/") {
		t.Error(names)
	}
	if f := runtime.FuncForPC(0); f != nil || f.Name() != "" {
		t.Error(f.Name())
	}
}

// explore__init_2_1 and explore__var_12 have names that package rewrite gives to code of an initialization.
//
//go:noinline
func explore__init_2_1() string { return ownName() }

//go:noinline
func explore__var_12() string { return func() string { return ownName() }() }

// ownName returns the name of its caller.
func ownName() string {
	pc, _, _, _ := runtime.Caller(1)
	return runtime.FuncForPC(pc).Name()
}

// The stack of a controlled goroutine begins with its first function, and has no frame of the engine.
func TestCallers(t *testing.T) {
	look := func() {
		_, file, line, ok := runtime.Caller(0)
		if !ok || !strings.HasSuffix(file, "runtime_test.go") || line == 0 {
			t.Error(file, line, ok)
		}
		if _, _, _, ok := runtime.Caller(50); ok {
			t.Error("a stack of 50 frames")
		}
		if got := explore__init_2_1() + explore__var_12(); got != "runtime_test.init.1runtime_test.init.func1" {
			t.Error(got)
		}
	}
	look()
	x := schedtest.PlayScript(t, nil, func() {
		look()
		var names []string
		pcs := make([]uintptr, 100)
		all := runtime.Callers(0, pcs)
		for _, pc := range pcs[:all] {
			names = append(names, runtime.FuncForPC(pc).Name())
		}
		if got := strings.Join(names, " "); got != "runtime.Callers runtime_test.TestCallers.func2 runtime.goexit" {
			t.Error(got)
		}
		if n := runtime.Callers(1, pcs[:1]); n != 1 || runtime.Callers(all, pcs) != 0 {
			t.Errorf("%d frames", n)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}
