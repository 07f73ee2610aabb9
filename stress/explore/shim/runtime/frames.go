package runtime

import (
	"path"
	"reflect"
	"runtime"
	"strings"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Package rewrite renames Test and init functions, and look-alikes stand on the stack for the
// functions of the standard library. Programs read names of functions, to skip their own frames or to
// tell where a call came from: assertion libraries do, and loggers. So names are those under go test,
// and frames of the engine are left out. A function that a look-alike calls, such as the argument of
// Once.Do, may have fewer frames around it than under go test.

const (
	enginePath = "github.com/semabench/semabench/stress/explore/"
	shims      = enginePath + "shim/"
	runsTest   = shims + "testing.(*T).run" // calls a test or subtest, as testing.tRunner does
)

// programName returns the name that a function has under go test.
func programName(name string) string {
	if name == runsTest {
		return "testing.tRunner"
	}
	name = strings.TrimPrefix(name, shims)
	dot := strings.Index(name, ".explore__")
	if dot < 0 {
		return name
	}
	rest := name[dot+len(".explore__"):]
	if n, ok := strings.CutPrefix(rest, "init_"); ok { // of a file, and with a number in the file
		_, n, _ = strings.Cut(n, "_")
		return name[:dot] + ".init." + n
	}
	if n, ok := strings.CutPrefix(rest, "var_"); ok { // initializes a package variable
		return name[:dot] + ".init" + strings.TrimLeft(n, "0123456789")
	}
	return name[:dot+1] + rest
}

// programFile returns the file that a function has under go test, in which a test is called.
func programFile(function, file string) string {
	if function == runsTest {
		inRuntime := reflect.ValueOf(runtime.GC).Pointer()
		file, _ = runtime.FuncForPC(inRuntime).FileLine(inRuntime)
		file = path.Dir(path.Dir(file)) + "/testing/testing.go"
	}
	return file
}

// Callers is runtime.Callers. Under control the engine has no frames in it, and the first function of a
// goroutine has runtime.goexit below it, as under go test.
//
// Each frame has a counter of its own, inlined ones too, so single ones can be left out.
//
//go:noinline
func Callers(skip int, pcs []uintptr) int {
	if !schedrt.Controlled() {
		return runtime.Callers(skip+1, pcs)
	}
	all := make([]uintptr, 64)
	n := runtime.Callers(1, all)
	for n == len(all) {
		all = make([]uintptr, 2*n)
		n = runtime.Callers(1, all)
	}
	found := 0
	add := func(pc uintptr) {
		if skip--; skip < 0 && found < len(pcs) {
			pcs[found] = pc
			found++
		}
	}
	for _, pc := range all[:n] {
		name := functionAt(pc)
		if strings.HasPrefix(name, enginePath+"schedrt.") {
			if strings.HasSuffix(name, ".(*G).main") {
				break
			}
			continue
		}
		add(pc)
		if name == runsTest {
			break
		}
	}
	if last := all[n-1]; functionAt(last) == "runtime.goexit" { // the carrier of the goroutine has it, too
		add(last)
	}
	return found
}

// functionAt returns the name of the function of a counter that runtime.Callers has returned.
func functionAt(pc uintptr) string {
	if f := runtime.FuncForPC(pc - 1); f != nil {
		return f.Name()
	}
	return ""
}

// Caller is runtime.Caller, see Callers.
//
//go:noinline
func Caller(skip int) (pc uintptr, file string, line int, ok bool) {
	var pcs [1]uintptr
	if Callers(skip+2, pcs[:]) == 0 { // without Callers and Caller
		return 0, "", 0, false
	}
	f, _ := CallersFrames(pcs[:]).Next()
	return pcs[0], f.File, f.Line, true
}

// A Func is a runtime.Func.
type Func struct{ real *runtime.Func }

// FuncForPC is runtime.FuncForPC. A counter of Callers is behind the call, where code of another function
// may begin that is inlined, so the function is the one of the call. It is not inlined itself, for
// the same reason.
//
//go:noinline
func FuncForPC(pc uintptr) *Func {
	f := runtime.FuncForPC(pc)
	if f != nil && f.Entry() != pc {
		f = runtime.FuncForPC(pc - 1)
	}
	return funcOf(f)
}

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
	return Frame{r.PC, funcOf(r.Func), programName(r.Function), programFile(r.Function, r.File), r.Line, r.Entry}, more
}
