package impls_test

import (
	"fmt"

	"golang.org/x/sync/semaphore"

	"github.com/semabench/semabench/impls"
)

// A server recovers from the panic of a handler that releases twice. Afterwards a semaphore of
// x/sync v0.24.0 with one permit grants two. An implementation that declares
// OverReleaseUnchanged still grants one.
func ExampleOverRelease() {
	releaseTwice := func(sem impls.Semaphore) {
		defer func() { fmt.Println("recovered:", recover()) }()
		sem.TryAcquire(1)
		sem.Release(1)
		sem.Release(1)
	}
	weighted := semaphore.NewWeighted(1)
	releaseTwice(weighted)
	fmt.Println(weighted.TryAcquire(1), weighted.TryAcquire(1))

	cond := impls.All()[0].New(1)
	releaseTwice(cond)
	fmt.Println(cond.TryAcquire(1), cond.TryAcquire(1))
	// Output:
	// recovered: semaphore: released more than held
	// true true
	// recovered: impls: released more than held
	// true false
}
