package schedrt

import (
	"runtime"
	"strings"
	"sync/atomic"
	"unsafe"
)

// Each execution begins with the initialization of the rewritten packages, in goroutine 0, so that
// a package variable has the same value at the begin of every schedule. Goroutines that the
// initialization starts are under control, and no leaks when they stay. Package rewrite writes the
// functions that initialize a package again.

// initializers are the registered functions, in the order in which Go initialized the packages.
var initializers struct {
	all   []func()
	state bool // a package has a variable that can change
}

// OnReset registers the function that initializes a package again. With state it has variables that
// can change. Functions are only called if one package has such variables, or has started a
// goroutine. The pointers are to the variables that the function sets.
func OnReset(state bool, initialize func(), pointers ...any) {
	addVariables(pointers)
	initializers.all = append(initializers.all, initialize)
	initializers.state = initializers.state || state
}

// atBegin are functions that restore what look-alikes keep outside of package variables.
var atBegin []func()

// AtBegin has f called before each execution, outside of control.
func AtBegin(f func()) { atBegin = append(atBegin, f) }

// Keep has *v restored before each execution, to the value that it had before the first one. It is
// for variables of the standard library, which are not initialized again. The copy is shallow. A nil
// v is allowed.
func Keep[T any](v *T) {
	var saved *T
	AtBegin(func() {
		switch {
		case v == nil:
		case saved == nil:
			saved = new(T)
			copyHidden(saved, v)
		default:
			copyHidden(v, saved)
		}
	})
}

// copyHidden is *to = *from, hidden from the race detector: goroutines of the engine and of go test
// may read the variable, such as time.Local.
//
//go:norace
func copyHidden[T any](to, from *T) { *to = *from }

// Zero sets a variable to the zero value of its type.
func Zero[T any](v *T) { *v = *new(T) }

// FirstInit reports whether the initialization that runs is the one at the start of the process.
// Outside of initializations it is true.
func FirstInit() bool {
	e := current()
	return e == nil || !e.initializing
}

// initialized returns program with the initialization before it, if that can make a difference.
func (e *Exec) initialized(program func()) func() {
	if !initializers.state && !goroutineInInit.Load() {
		return program
	}
	findProvided()
	return func() {
		e.initializing = true
		for _, initialize := range initializers.all {
			initialize()
		}
		provide()
		e.initializing = false
		program()
	}
}

// goroutineInInit is set when the initialization at the start of the process starts a goroutine.
var goroutineInInit atomic.Bool

// duringInit reports whether the calling goroutine initializes packages at the start of the
// process, or was started by such a goroutine.
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
