// Package designs holds small correct semaphores, each of another design.
//
//	for _, impl := range designs.All() {
//		stress.Run(t, impl)
//	}
//
// They serve as subjects. Package mutate breaks each of them in hundreds of ways, and package
// generated plays the mutants against the detectors. A detector that was built against one design
// only, such as a queue under a mutex, may miss the same defect in another one. The semaphores are
// also neighbours of the mutants: a detector that refutes one of them gives a false alarm.
//
// Each file can be compiled with this one alone, without the table.
//
// # What this does not show
//
// The semaphores are as short as their design allows, and slow. Services use package
// impls/semaphore.
package designs

// overRelease is the panic of a Release of more permits than are held.
const overRelease = "designs: released more than held"

func mustNotBeNegative(n int64) {
	if n < 0 {
		panic("designs: negative")
	}
}

// isDone polls a context's channel. ctx.Err() would call code of the context's author, which may
// call the semaphore, and so must not run under a lock.
func isDone(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}
