package sched

import (
	"context"
	"runtime/pprof"
	"unsafe"
)

// A goroutine under control is known by its profiler labels. Others may run instrumented code while
// a program is played: those that an init function has started, finalizers, or goroutines of the
// standard library that call back. They do what they would do without this package.

var labels = pprof.WithLabels(context.Background(), pprof.Labels("explore", "controlled"))

// brand makes the running goroutine one that is under control.
func brand() { pprof.SetGoroutineLabels(labels) }

//go:linkname profLabel runtime/pprof.runtime_getProfLabel
func profLabel() unsafe.Pointer

// current returns the execution that has the caller under control, or nil.
func current() *Exec {
	if e := active; e != nil && profLabel() != nil {
		return e
	}
	return nil
}
