package schedrt

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Controlled reports whether the calling goroutine is under control. Code that is not, such as the
// init functions of a rewritten package, uses the real primitives.
func Controlled() bool { return current() != nil }

// current returns the execution that controls the calling goroutine, or nil.
//
// The order of the tests is by cost: active is nil in most processes, and labels are nil in most
// goroutines.
func current() *Exec {
	e := active
	if e == nil {
		return nil
	}
	labels := profLabel()
	if labels == nil {
		return nil
	}
	if isInit(labels) {
		select {} // see goInit
	}
	return e
}

// controlLabels are the labels. They are made once and set by address: to take them from a context
// in a controlled goroutine would be a data race with the goroutine that made the context.
var controlLabels = newLabels("controlled")

func newLabels(value string) unsafe.Pointer {
	before := profLabel()
	defer setProfLabel(before)
	pprof.SetGoroutineLabels(
		pprof.WithLabels(context.Background(), pprof.Labels("explore", value)))
	return profLabel()
}

// label marks the calling goroutine as controlled.
func label() {
	raceDisable() // the profiler orders the goroutines that set labels
	setProfLabel(controlLabels)
	raceEnable()
}

//go:linkname profLabel runtime/pprof.runtime_getProfLabel
func profLabel() unsafe.Pointer

//go:linkname setProfLabel runtime/pprof.runtime_setProfLabel
func setProfLabel(labels unsafe.Pointer)

// uncontrolled counts running goroutines that were started outside of control, by the position of
// their go statement: in an init function, or by a test that is over.
var uncontrolled struct {
	sync.Mutex
	started map[string]int
}

// goUncontrolled starts and counts a goroutine outside of control.
func goUncontrolled(fn func()) {
	if duringInit() {
		goInit(fn)
		return
	}
	_, file, line, _ := runtime.Caller(2)
	where := fmt.Sprintf("%s:%d", file, line)
	countUncontrolled(where, 1)
	go func() {
		defer countUncontrolled(where, -1)
		fn()
	}()
}

// countUncontrolled adds to the number of running goroutines that were started at a position.
func countUncontrolled(where string, by int) {
	uncontrolled.Lock()
	defer uncontrolled.Unlock()
	if uncontrolled.started == nil {
		uncontrolled.started = map[string]int{}
	}
	if uncontrolled.started[where] += by; uncontrolled.started[where] == 0 {
		delete(uncontrolled.started, where)
	}
}

// UncontrolledGoroutines describes the rewritten goroutines that run outside of control, "" if
// there are none. An exploration beside them would be wrong: the engine would take what they do to
// channels and locks for the work of controlled goroutines.
func UncontrolledGoroutines() string {
	uncontrolled.Lock()
	defer uncontrolled.Unlock()
	if len(uncontrolled.started) == 0 {
		return ""
	}
	return "goroutines run since before the program was under control: a package starts them when " +
		"it is initialized, at " +
		strings.Join(slices.Sorted(maps.Keys(uncontrolled.started)), ", ")
}

// goroutineInInit is set when the initialization at the start of the process starts a goroutine.
var goroutineInInit atomic.Bool

// duringInit reports whether the calling goroutine initializes packages at the start of the
// process, or was started by such a goroutine.
//
// The stack is searched for the function of the runtime that initializes packages. No public
// function tells.
func duringInit() bool {
	if profLabel() == initLabels {
		return true
	}
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if strings.HasPrefix(f.Function, "runtime.doInit") {
			return true
		}
		if !more {
			return false
		}
	}
}

// goInit starts a goroutine of the initialization at the start of the process. It runs until the
// first execution, in which the initialization starts another one in its place; it then stays at
// its next operation for good.
func goInit(fn func()) {
	goroutineInInit.Store(true)
	go func() {
		setProfLabel(initLabels)
		fn()
	}()
}

// initLabels are the profiler labels of these goroutines, see controlLabels.
var initLabels = newLabels("initialization")

// isInit reports whether labels are of a goroutine of goInit.
func isInit(labels unsafe.Pointer) bool { return labels == initLabels }
