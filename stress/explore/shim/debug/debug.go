// Package debug stands for functions of runtime/debug in rewritten code. Under control the stack of the
// caller is one of the program, without the frames of the engine, and no garbage is collected.
package debug

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	goruntime "runtime"
	"runtime/debug"
	"slices"

	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/runtime"
)

// Stack is debug.Stack. It asks again with more memory while the stack has filled what there was. Its own
// frame comes first, as under go test: programs match the first lines of a stack, or skip them.
func Stack() []byte {
	if !schedrt.Controlled() {
		return debug.Stack()
	}
	for size := 1024; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, false); n < size {
			head, frames, _ := bytes.Cut(buf[:n], []byte("\n"))
			return slices.Concat(head, []byte("\n"+ownFrame()), frames)
		}
	}
}

// ownFrame returns the lines that a stack has for the call of debug.Stack.
func ownFrame() string {
	start := reflect.ValueOf(debug.Stack).Pointer()
	file, line := goruntime.FuncForPC(start).FileLine(start)
	return fmt.Sprintf("runtime/debug.Stack()\n\t%s:%d +0x5e\n", file, line)
}

// PrintStack is debug.PrintStack.
func PrintStack() { os.Stderr.Write(Stack()) }

// ReadGCStats is debug.ReadGCStats. Under control no collection has taken place: the real ones are the
// engine's, too. Of PauseQuantiles the length stays, as programs index it.
func ReadGCStats(stats *debug.GCStats) {
	if !schedrt.Controlled() {
		debug.ReadGCStats(stats)
		return
	}
	quantiles := stats.PauseQuantiles
	clear(quantiles)
	*stats = debug.GCStats{PauseQuantiles: quantiles}
	schedrt.Doubt("runtime/debug.ReadGCStats, which would count the engine's collections,", false)
}
