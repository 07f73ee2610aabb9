package impls

import "context"

// A Semaphore grants at most a fixed number of permits, its size, at any time.
// A call asks for a weight: the number of permits that it takes or gives back at once.
//
// Acquire takes n permits, waiting until they are free or ctx is done. It returns nil and
// holds exactly n permits, or ctx.Err() and holds none; when a cancellation meets a grant,
// it is one of the two and never a mixture. A ctx that is done before the call always loses:
// Acquire fails even if permits are free. A request for more than the size can never be
// granted; it returns when ctx is done and delays nobody meanwhile.
//
// TryAcquire takes n permits if that needs no waiting and reports whether it did.
// When it returns false nothing has changed.
//
// Release gives n permits back and admits every waiter that then fits. Permits have no owner:
// any goroutine may release. Release panics if more permits are released than are held,
// and leaves the semaphore as it was.
//
// Negative weights are misuse: all three methods panic and change nothing.
// A weight of zero takes nothing; see [Impl.ZeroWeight] for how it waits.
//
// A Semaphore is safe for concurrent use, and the methods of a ctx that it was given may call its
// TryAcquire and Release. After Acquire returns, successful or not, it keeps no goroutine,
// timer, context callback or queue entry of that call.
//
// In the terminology of [the Go memory model], for a semaphore of size C and unit weights the
// k'th permit released “synchronizes before” the return of the call that takes permit k+C.
// Hence what one holder wrote before Release is seen by the holder that its permits admit.
// A failed TryAcquire or Acquire establishes no “synchronizes before” relation.
//
// Not promised here: the order in which waiters are served (see [Impl.Order]), that a large
// request is ever served while small ones keep coming (see [Impl.StarvationFree]), and what
// Acquire does when ctx is nil.
//
// The method set is that of *semaphore.Weighted in golang.org/x/sync, so that type and every
// drop-in replacement of it is a Semaphore without a wrapper.
//
// [the Go memory model]: https://go.dev/ref/mem
type Semaphore interface {
	Acquire(ctx context.Context, n int64) error
	TryAcquire(n int64) bool
	Release(n int64)
}
