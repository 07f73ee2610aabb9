// Package runtime looks like the part of the standard one that lets other goroutines run.
package runtime

import (
	"runtime"

	"github.com/semabench/semabench/stress/explore/sched"
)

// Gosched is runtime.Gosched.
func Gosched() {
	if !sched.Controlled() {
		runtime.Gosched()
		return
	}
	sched.Yield()
}
