// Package weak stands for the function of the standard package weak that makes a pointer, in
// rewritten code. The type stays the standard one.
//
//	p := weak.Make(&v) // a schedule that fails after a call of runtime.GC is refused
package weak

import (
	"weak"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Make is weak.Make. Whether the pointer still leads to its value depends on the collector, and the
// engine keeps values alive that have a lock. So it counts as a finalizer, see runtime.GC.
func Make[T any](ptr *T) weak.Pointer[T] {
	if schedrt.Controlled() {
		schedrt.NoteFinalizer()
	}
	return weak.Make(ptr)
}
