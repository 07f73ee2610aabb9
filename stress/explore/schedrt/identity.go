package schedrt

import (
	"context"
	"runtime/pprof"
	"unsafe"
)

// A goroutine under control is known by its profiler labels. Others may run instrumented code while
// a program is played: those that an init function has started, finalizers, or goroutines of the
// standard library that call back. They do what they would do without this package.

//go:linkname profLabel runtime/pprof.runtime_getProfLabel
func profLabel() unsafe.Pointer

//go:linkname setProfLabel runtime/pprof.runtime_setProfLabel
func setProfLabel(labels unsafe.Pointer)

// controlled are the labels. Taking them out of a context is nothing for a controlled goroutine: it
// would be a data race with whoever made it.
var controlled = func() unsafe.Pointer {
	before := profLabel()
	defer setProfLabel(before)
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("explore", "controlled")))
	return profLabel()
}()

// brand makes the running goroutine one that is under control.
func brand() {
	raceDisable() // the profiler orders those who set their labels
	setProfLabel(controlled)
	raceEnable()
}

// current returns the execution that has the caller under control, or nil.
func current() *Exec {
	if e := active; e != nil && profLabel() != nil {
		return e
	}
	return nil
}
