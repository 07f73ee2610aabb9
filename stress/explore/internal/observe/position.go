package observe

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/semabench/semabench/stress/explore/internal/failure"
)

const (
	engine        = "github.com/semabench/semabench/stress/explore"
	shim          = engine + "/shim/"
	goroutineMain = engine + "/schedrt.(*G).main" // the frame below the program's frames

	// scenario is the package whose frames play the programs of explore.Semaphore.
	scenario = engine + "/internal/semaphore."

	// typeProgram is the package whose frames play the programs of explore.Type.
	typeProgram = engine + "/internal/typeprog."

	testingT = "testing.(*T)." // the look-alike's methods, without the path

	// assertions is the library that most tests wait and compare with. Its steps are no part of the program, as the
	// steps of package testing are none.
	assertions = "github.com/stretchr/testify/"
)

// A position is the place of an operation in the program: the first frame above the
// engine's frames.
//
// The zero value is an operation without a place in the program, such as a step of the clock.
type position struct {
	file     string // the path that the compiler has
	at       failure.Place
	function string
	entry    string // the function that the program called: sync.(*Mutex).Lock
	method   string // Lock
	closure  bool   // the program called a function that entry had returned, such as a CancelFunc
	hidden   bool   // it is in a program of explore.Semaphore or explore.Type, whose source says nothing
	own      bool   // it is in code of package explore around the program
}

// positionOf returns the position of an operation with this stack.
func positionOf(pcs []uintptr) position {
	s, line := locate(pcs)
	if s.file != "" {
		s.at = failure.Place{File: relative(s.file), Line: line}
	}
	return s
}

// locate is positionOf without the path relative to the module, which takes reads of folders. It
// returns the line apart. Frames are read from the innermost on. The first frame outside of the
// engine is the operation in the program. The last frame of the engine before it is the function
// that the program called.
//
// Frames of testify are passed over. An operation of a goroutine that testify has started has no other
// frame, and counts as one of the engine's own.
//
// Inlined frames count like others, because the functions of the engine and of the shims are
// small enough to be inlined.
func locate(pcs []uintptr) (s position, line int) {
	asserts := runtime.Frame{}
	for _, f := range frames(pcs) {
		if f.Function == goroutineMain {
			break
		}
		if strings.HasPrefix(f.Function, assertions) {
			if asserts.File == "" {
				asserts = f
			}
			continue
		}
		if strings.HasPrefix(f.Function, engine+"/schedrt.") || strings.HasPrefix(f.Function, shim) {
			s.enter(f.Function)
			continue
		}
		if s.file == "" && s.entry != "" && strings.HasPrefix(f.Function, "reflect.") {
			continue // between the program and the function that schedrt.Outside made
		}
		s.own = s.own || strings.HasPrefix(f.Function, engine+".")
		if strings.HasPrefix(f.Function, scenario) || strings.HasPrefix(f.Function, typeProgram) {
			s.own, s.hidden = true, true
			return s, 0
		}
		s.file, s.function = f.File, ShortName(f.Function)
		return s, f.Line
	}
	if asserts.File != "" {
		s.file, s.function, s.own = asserts.File, ShortName(asserts.Function), true
		return s, asserts.Line
	}
	return s, 0 // no frame is of the program: the goroutine is at its end
}

// RelativePosition returns the position of a stack in the program, as file:line with the path
// relative to the module, "" if it is not known.
func RelativePosition(pcs []uintptr) string { return positionOf(pcs).at.String() }

// CompilerPosition is RelativePosition with the path that the compiler has. It is "" for code of
// package explore. It is fast enough to be called for every step.
func CompilerPosition(pcs []uintptr) string {
	s, line := locate(pcs)
	if s.file == "" || s.own {
		return ""
	}
	return fmt.Sprintf("%s:%d", s.file, line)
}

// frames returns the frames of a stack, inlined ones included. FuncForPC would skip inlined
// functions, and methods of the look-alikes may be inlined.
func frames(pcs []uintptr) (all []runtime.Frame) {
	if len(pcs) == 0 {
		return nil
	}
	for list := runtime.CallersFrames(pcs); ; {
		f, more := list.Next()
		all = append(all, f)
		if !more {
			return all
		}
	}
}

// enter notes a function of the engine. It is called for each of them from the innermost on, so
// the last call has the function that the program called.
//
// Names such as f.func1 and f.func1.2 are closures that f made. They are cut to f, and closure
// says that the program called the closure and not f.
//
// Generic functions carry their type arguments as [...], which is cut off as well.
func (s *position) enter(function string) {
	function = function[strings.LastIndexByte(function, '/')+1:]
	function = strings.ReplaceAll(function, "[...]", "")
	parts := strings.Split(function, ".")
	s.entry, s.closure = function, false
	s.own = function == testingT+"Context"
	for len(parts) > 2 {
		last := parts[len(parts)-1]
		if !strings.HasPrefix(last, "func") && strings.Trim(last, "0123456789") != "" {
			break
		}
		s.closure = true
		parts = parts[:len(parts)-1]
	}
	s.method = parts[len(parts)-1]
}

// IsEngine reports whether a function is of package explore, of a package below it or of the Go
// runtime, and not of the program that is explored. Frames of the runtime count too, since none of
// them is written by the user.
func IsEngine(function string) bool {
	return strings.HasPrefix(function, engine+"/") || strings.HasPrefix(function, engine+".") ||
		strings.HasPrefix(function, "runtime.")
}

// ShortName returns the name of a function with the last element of the path of its package.
func ShortName(function string) string {
	return function[strings.LastIndexByte(function, '/')+1:]
}

// relative returns the path of a file relative to its module, or to the standard library. A file of
// the module cache has its module and version in front. The path is thereby the same on every
// machine, and reports can be compared and kept as golden files. It looks for go.mod upwards in the
// file system, as the path of a file does not tell where its module begins.
//
// Files of neither a module nor the cache keep the path of the compiler, as generated code does.
func relative(file string) string {
	file = filepath.ToSlash(file)
	if _, after, ok := cutLast(file, "/pkg/mod/"); ok {
		return after
	}
	cache := filepath.ToSlash(os.Getenv("GOMODCACHE"))
	if cache != "" && strings.HasPrefix(file, cache+"/") {
		return file[len(cache)+1:]
	}
	dir := filepath.Dir(filepath.FromSlash(file))
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			if rel, err := filepath.Rel(dir, filepath.FromSlash(file)); err == nil {
				return filepath.ToSlash(rel) // the standard library is a module, too
			}
		}
	}
	return file
}

// cutLast is strings.Cut at the last sep.
func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// framesOf returns the frames of the program in the text of a stack, from the panic on. Each frame
// has two lines, the call and its place. It ends at the engine's goroutine, below which nothing is
// of the program.
//
// The text of the stack is all that a recovered panic leaves; its program counters are gone.
func framesOf(stack string) (all []failure.Frame) {
	lines := strings.Split(stack, "\n")
	isPanic := func(line string) bool { return strings.HasPrefix(line, "panic(") }
	if at := slices.IndexFunc(lines, isPanic); at >= 0 {
		lines = lines[at+2:]
	}
	for i := 0; i+1 < len(lines); i += 2 {
		function, place := lines[i], strings.TrimSpace(lines[i+1])
		if strings.HasPrefix(function, engine+"/schedrt.(*G)") {
			break
		}
		if IsEngine(function) {
			continue
		}
		if open := strings.LastIndexByte(function, '('); open > 0 {
			function = function[:open]
		}
		all = append(all, failure.Frame{Func: ShortName(function), At: PlaceOf(place)})
	}
	return all
}

// PlaceOf reads a position in the text of a stack: a file, a colon, a line, and perhaps an offset.
// The line follows the last colon, because a path of Windows has one, too.
func PlaceOf(text string) failure.Place {
	text, _, _ = strings.Cut(text, " +0x")
	file, line, _ := cutLast(text, ":")
	n, err := strconv.Atoi(line)
	if err != nil {
		return failure.Place{File: text}
	}
	return failure.Place{File: relative(file), Line: n}
}
