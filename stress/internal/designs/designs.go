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
//
// # How to read the arguments
//
// Each file names the invariant of its design, and the linearization point of each method: the one
// step at which the call takes effect for all other goroutines. A method that blocks has the point
// of its success in the goroutine that grants the permits, so that point may lie in a Release.
//
// All designs compare n with the free permits by a subtraction, n > size-held, and never by a sum,
// held+n > size. The contract allows every n up to the largest int64, for which the sum would
// overflow and become negative. The difference cannot overflow, because held lies between 0 and
// size.
//
// The designs differ in what they owe a waiter that leaves. Where an unserved waiter holds up
// others (list, tickets, lifo), a waiter that leaves has to serve the line: permits may lie free
// that only this waiter kept from the next one. Where every waiter that fits is served (lockfree,
// parking, striped, small, hybrid), it owes nothing.
package designs

// overRelease is the panic of a Release of more permits than are held. Release panics before it
// changes anything: the semaphore stays usable for a caller that recovers.
const overRelease = "designs: released more than held"

// mustNotBeNegative runs before a method touches the semaphore. A negative n passes every
// comparison with the free permits, so without the check an Acquire would hand out permits that no
// caller released.
func mustNotBeNegative(n int64) {
	if n < 0 {
		panic("designs: negative")
	}
}

// isDone polls a context's channel. ctx.Err() would call code of the context's author, which may
// call the semaphore, and so must not run under a lock. A nil channel, the Done of a context that
// never ends, is never ready, so the default case answers for it.
func isDone(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}
