package observe

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/semabench/semabench/stress/explore/internal/failure"
)

const (
	engine = "github.com/semabench/semabench/stress/explore"
	shim   = engine + "/shim/"
	begin  = engine + "/schedrt.(*G).main" // below the frames of the program

	// scenario is the package whose frames play the programs of explore.Semaphore.
	scenario = engine + "/internal/semaphore."

	ofT = "testing.(*T)." // methods of what a program is given
)

// A site is where an operation is in the program, below the frames of the engine.
type site struct {
	file     string // as the compiler knows it
	at       failure.Place
	function string
	entry    string // what of the engine the program called: sync.(*Mutex).Lock
	method   string // Lock
	closure  bool   // which was returned by that, such as a CancelFunc
	hidden   bool   // it is in a scenario of explore.Semaphore
	own      bool   // it is in what package explore does around a program
}

func siteOf(pcs []uintptr) site {
	s, line := locate(pcs)
	if s.file != "" {
		s.at = failure.Place{File: relative(s.file), Line: line}
	}
	return s
}

// locate leaves out how the file is told, for which folders are looked at.
func locate(pcs []uintptr) (s site, line int) {
	for _, f := range frames(pcs) {
		if f.Function == begin {
			return s, 0 // the program has no frame: the end of a goroutine
		}
		if strings.HasPrefix(f.Function, engine+"/schedrt.") || strings.HasPrefix(f.Function, shim) {
			s.enter(f.Function)
			continue
		}
		s.own = s.own || strings.HasPrefix(f.Function, engine+".")
		if strings.HasPrefix(f.Function, scenario) {
			s.own, s.hidden = true, true
			return s, 0
		}
		s.file, s.function = f.File, ShortName(f.Function)
		return s, f.Line
	}
	return s, 0
}

// RelativePosition says where in the program the stack is that begins with these, "" if that is not known.
func RelativePosition(pcs []uintptr) string { return siteOf(pcs).at.String() }

// CompilerPosition is RelativePosition with the file as the compiler knows it, "" also for what package explore does.
func CompilerPosition(pcs []uintptr) string {
	s, line := locate(pcs)
	if s.file == "" || s.own {
		return ""
	}
	return fmt.Sprintf("%s:%d", s.file, line)
}

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

// enter notes the function that the program called, which is the last one of the engine.
func (s *site) enter(function string) {
	function = function[strings.LastIndexByte(function, '/')+1:]
	function = strings.ReplaceAll(function, "[...]", "")
	parts := strings.Split(function, ".")
	s.entry, s.closure = function, false
	s.own = function == ofT+"Context"
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

// IsEngine reports whether a function is no part of the program that is explored.
func IsEngine(function string) bool {
	return strings.HasPrefix(function, engine+"/") || strings.HasPrefix(function, engine+".") ||
		strings.HasPrefix(function, "runtime.")
}

// ShortName leaves out where the package of a function is.
func ShortName(function string) string {
	return function[strings.LastIndexByte(function, '/')+1:]
}

// relative returns the path of a file as it is told: relative to its module or to the standard library.
func relative(file string) string {
	file = filepath.ToSlash(file)
	if _, after, ok := cutLast(file, "/pkg/mod/"); ok {
		return after
	}
	if cache := filepath.ToSlash(os.Getenv("GOMODCACHE")); cache != "" && strings.HasPrefix(file, cache+"/") {
		return file[len(cache)+1:]
	}
	for dir := filepath.Dir(filepath.FromSlash(file)); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			if rel, err := filepath.Rel(dir, filepath.FromSlash(file)); err == nil {
				return filepath.ToSlash(rel) // the standard library is a module, too
			}
		}
	}
	return file
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
