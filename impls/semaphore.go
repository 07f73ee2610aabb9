package impls

import "context"

// A Semaphore grants at most a fixed number of permits, its size, at any time.
// A call asks for a weight: the number of permits that it takes or gives back at once.
//
// Acquire takes n permits, waiting until they are free or ctx is done. It returns nil and
// holds exactly n permits, or it returns ctx.Err() and holds none. If a cancellation and a
// grant happen at the same time, the result is one of these two and never a mixture. A ctx
// that is done before the call always loses: Acquire fails even if permits are free. A request
// for more than the size can never be granted; it returns when ctx is done, and until then
// it delays no other request, whether it came before or after.
//
// A ctx may have any type, comparable or not. It is done when its channel Done is closed, whether or not it has a
// deadline: Acquire does not end because a deadline is near or has passed. It may become done at any
// time, also while Acquire calls one of its methods. Acquire returns the error of
// its own Err, which may have any type as well, and neither its cause nor a constant of package context.
// Several calls may have the same ctx at the same time, on one semaphore or on several, and it ends each of them.
// Contexts that end together end each call with the error of its own ctx. Neither the type of a ctx nor its
// deadline changes the place of a call among the others.
//
// TryAcquire takes n permits if that needs no waiting and reports whether it did.
// When it returns false nothing has changed.
//
// Release gives n permits back at once and admits every waiter that then fits. Permits have no owner:
// any goroutine may release. Release panics if more permits are released than are held,
// and leaves the semaphore as it was, with its waiters.
//
// Time alone ends neither a wait nor a grant. The number of calls that a semaphore serves, and how
// many of them hold permits, wait or leave at once, or leave or fail before the next grant, is not limited.
// Calls that fail, or are for nothing, leave no trace, however many there are.
//
// A semaphore does not depend on its surroundings: neither other semaphores, however many there were, nor a garbage
// collection nor another GOMAXPROCS change what it does.
//
// Negative weights are misuse: all three methods panic and change nothing.
// A weight of zero takes nothing and gives nothing, so it admits no waiter; see [Impl.ZeroWeight]
// for how it waits.
//
// A Semaphore is safe for concurrent use, and the methods of a ctx that it was given may call its
// TryAcquire and Release. One of them may be AfterFunc, which package context calls if there is one.
// A method of a ctx that takes long holds up only the call that the ctx was given to.
// After Acquire returns, successful or not, it keeps no goroutine, timer, context callback or queue entry of
// that call. What a semaphore allocates does not grow with the number of calls that are over.
//
// In the terminology of [the Go memory model], for a semaphore of size C and unit weights the
// k'th permit released “synchronizes before” the return of the call that takes permit k+C.
// Hence a goroutine that takes permits sees what the goroutine that released them wrote.
// A failed TryAcquire or Acquire establishes no “synchronizes before” relation.
//
// Three things are not promised here. The order in which waiters are served is a policy, see
// [Impl.Order]. Another policy is whether a large request is ever served while small requests keep
// coming, see [Impl.StarvationFree]. What Acquire does when ctx is nil is not specified.
//
// The method set is the one of *semaphore.Weighted in golang.org/x/sync. So that type, and
// every drop-in replacement of it, is a Semaphore without a wrapper.
//
// [the Go memory model]: https://go.dev/ref/mem
type Semaphore interface {
	Acquire(ctx context.Context, n int64) error
	TryAcquire(n int64) bool
	Release(n int64)
}

// overRelease is the panic of a Release of more permits than are held.
const overRelease = "impls: released more than held"

// mustNotBeNegative panics on a negative weight or size. Every method calls it before it
// touches the semaphore, so the panic changes nothing.
func mustNotBeNegative(what string, n int64) {
	if n < 0 {
		panic("impls: negative " + what)
	}
}

// isDone reports whether a context's Done channel is closed. A nil channel is never closed.
//
// The implementations fetch ctx.Done() once, before they take a lock, and poll the channel
// afterwards. A poll of the channel calls no code of the context's author. ctx.Err() would, and
// that code may call the semaphore and deadlock on the lock.
func isDone(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}
