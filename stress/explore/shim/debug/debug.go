// Package debug stands for the functions of runtime/debug that write the stack of the caller, in rewritten
// code. Under control the stack is one of the program, without the frames of the engine.
package debug

import (
	"os"
	"runtime/debug"

	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/runtime"
)

// Stack is debug.Stack. It asks again with more memory while the stack has filled what there was.
func Stack() []byte {
	if !schedrt.Controlled() {
		return debug.Stack()
	}
	for size := 1024; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, false); n < size {
			return buf[:n]
		}
	}
}

// PrintStack is debug.PrintStack.
func PrintStack() { os.Stderr.Write(Stack()) }
