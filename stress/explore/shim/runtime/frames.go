package runtime

import (
	"runtime"
	"strings"
)

// Package rewrite renames the Test functions of a suite, and look-alikes stand on the stack for the
// functions of the standard library. Programs read names of functions, to skip their own frames or to
// tell where a call came from. So names are those under go test.

// programName returns the name that a function has under go test.
func programName(name string) string {
	name = strings.TrimPrefix(name, "github.com/semabench/semabench/stress/explore/shim/")
	return strings.Replace(name, ".explore__Test", ".Test", 1)
}

// A Func is a runtime.Func.
type Func struct{ real *runtime.Func }

// FuncForPC is runtime.FuncForPC.
func FuncForPC(pc uintptr) *Func { return funcOf(runtime.FuncForPC(pc)) }

func funcOf(f *runtime.Func) *Func {
	if f == nil {
		return nil
	}
	return &Func{f}
}

// Name returns the name of the function, "" for nil.
func (f *Func) Name() string {
	if f == nil {
		return ""
	}
	return programName(f.real.Name())
}

// Entry returns the address of the function.
func (f *Func) Entry() uintptr { return f.real.Entry() }

// FileLine returns the position of an instruction.
func (f *Func) FileLine(pc uintptr) (file string, line int) { return f.real.FileLine(pc) }

// A Frame is a runtime.Frame.
type Frame struct {
	PC       uintptr
	Func     *Func
	Function string
	File     string
	Line     int
	Entry    uintptr
}

// Frames is a runtime.Frames.
type Frames struct{ real *runtime.Frames }

// CallersFrames is runtime.CallersFrames.
func CallersFrames(callers []uintptr) *Frames { return &Frames{runtime.CallersFrames(callers)} }

// Next returns the next frame, and whether there are more.
func (f *Frames) Next() (frame Frame, more bool) {
	r, more := f.real.Next()
	return Frame{r.PC, funcOf(r.Func), programName(r.Function), r.File, r.Line, r.Entry}, more
}
