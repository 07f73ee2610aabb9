package runtime

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// ofEngine reports whether a function belongs to the engine, so that the program would not have
// it under go test.
func ofEngine(function string) bool {
	rest, ok := strings.CutPrefix(function, enginePath)
	return ok && (strings.HasPrefix(rest, "schedrt.") ||
		strings.HasPrefix(rest, "shim/") && !strings.Contains(rest, "_test."))
}

// Stack is runtime.Stack. Under control it shows the goroutines of the program and none of the
// engine, as packages such as goleak read it to find goroutines that a test has left. The
// calling goroutine has its own frames. Another goroutine has one frame, the function of its go
// statement: the scheduler keeps no stacks of goroutines that wait. Goroutines have the numbers
// of the schedule, from 1, so a replay shows the same.
func Stack(buf []byte, all bool) int {
	if !schedrt.Controlled() {
		return runtime.Stack(buf, all)
	}
	var own, others strings.Builder
	for _, g := range schedrt.Goroutines() {
		switch {
		case g.Current:
			fmt.Fprintf(&own, "goroutine %d [running]:\n%s", g.ID+1, ownFrames(g))
		case all:
			fmt.Fprintf(&others, "\ngoroutine %d [%s]:\n%s", g.ID+1, waitReason(g.Wait), entryFrames(g))
		}
	}
	return copy(buf, own.String()+others.String())
}

// ownFrames returns the frames of the calling goroutine from the caller of Stack on, and the frames
// of entryFrames below them.
func ownFrames(g schedrt.LiveGoroutine) string {
	var b strings.Builder
	pcs := make([]uintptr, 128)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	entry := runtime.FuncForPC(g.Entry).Name()
	for {
		f, more := frames.Next()
		if f.Function == entry || f.Function == runsTest || strings.HasSuffix(f.Function, "schedrt.(*G).main") {
			break
		}
		if !ofEngine(f.Function) {
			fmt.Fprintf(&b, "%s(...)\n\t%s:%d +0x1\n", programName(f.Function), f.File, f.Line)
		}
		if !more {
			break
		}
	}
	return b.String() + entryFrames(g)
}

// entryFrames returns the frame of the function with which a goroutine began. The program itself
// and its subtests begin in package testing, and leak checkers recognize them by that name.
func entryFrames(g schedrt.LiveGoroutine) string {
	f := runtime.FuncForPC(g.Entry)
	file, line := f.FileLine(g.Entry)
	if g.ID == 0 || ofEngine(f.Name()) {
		return "testing.tRunner(...)\n\ttesting.go:1 +0x1\ncreated by testing.(*T).Run\n\ttesting.go:1 +0x1\n"
	}
	return fmt.Sprintf("%s(...)\n\t%s:%d +0x1\ncreated by %s\n\t%s:%d +0x1\n",
		programName(f.Name()), file, line, programName(starter(f.Name())), file, line)
}

// starter returns the name of the function that has the go statement, for the name of the
// function that it starts: a rewritten go statement starts a function literal, and the name of a
// literal begins with the name of the function around it.
func starter(name string) string {
	i := strings.LastIndexByte(name, '.')
	last := strings.TrimPrefix(name[i+1:], "func")
	if _, err := strconv.Atoi(last); err != nil {
		return name
	}
	return name[:i]
}

// waitReason returns the Go runtime's words for the operation in which a goroutine waits.
func waitReason(k schedrt.Kind) string {
	switch k {
	case schedrt.OpNone:
		return "runnable"
	case schedrt.OpSend:
		return "chan send"
	case schedrt.OpReceive:
		return "chan receive"
	case schedrt.OpSelect:
		return "select"
	case schedrt.OpSleep:
		return "sleep"
	case schedrt.OpLock:
		return "sync.Mutex.Lock"
	case schedrt.OpRLock:
		return "sync.RWMutex.RLock"
	case schedrt.OpWait:
		return "sync.Cond.Wait"
	case schedrt.OpWaitGroup:
		return "sync.WaitGroup.Wait"
	}
	return "semacquire"
}
