package odd

import (
	"context"
	"sync"
)

// overRelease is the panic of a Release of more permits than are held. Release panics before it changes
// anything: the semaphore stays usable for a caller that recovers.
const overRelease = "odd: released more than held"

// mustNotBeNegative runs before a method touches the semaphore.
func mustNotBeNegative(n int64) {
	if n < 0 {
		panic("odd: negative")
	}
}

// isDone polls a channel. A nil channel is never ready, so the default case answers for it.
func isDone(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// permits is the account that most designs share: 0 <= held <= size, guarded by mu. The comparisons
// subtract, because n+held may overflow: clause C15 asks for sizes and weights up to MaxInt64.
//
// The designs that embed permits differ in the line alone. So a false alarm about one of them is about its
// line, and not about its arithmetic.
type permits struct {
	mu   sync.Mutex
	size int64
	held int64
}

func newPermits(size int64) permits {
	mustNotBeNegative(size)
	return permits{size: size}
}

// take takes n permits if they are free. The caller has mu.
func (p *permits) take(n int64) bool {
	if n > p.size-p.held {
		return false
	}
	p.held += n
	return true
}

// put gives n permits back, or panics. The caller has mu, and unlocks it by a defer: without the defer, a
// test that recovers from the panic would find the semaphore locked for ever.
func (p *permits) put(n int64) {
	if n > p.held {
		panic(overRelease)
	}
	p.held -= n
}

// entry begins every Acquire, before any lock: done comes from a method of ctx, and such a method may
// call the semaphore itself. The size never changes, so it needs no lock. entry returns false if the call
// is over, with its error: a ctx that is done, or a request above the size, which waits for its ctx and
// is in no line.
func (p *permits) entry(ctx context.Context, done <-chan struct{}, n int64) (error, bool) {
	mustNotBeNegative(n)
	if n > p.size {
		<-done
	}
	if n > p.size || isDone(done) {
		return ctx.Err(), false
	}
	return nil, true
}

// A waiter is a request in a line. ready is closed, or receives, when the request is served.
type waiter struct {
	n     int64
	ready chan struct{}
	in    bool // the waiter is in its line; guarded by the lock of the line
}
