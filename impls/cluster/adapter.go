package cluster

import (
	"context"
	"sync"

	"github.com/semabench/semabench/impls"
)

// overRelease is the panic of a Release of more permits than are held.
const overRelease = "cluster: released more than held"

// AsSemaphore adapts a session to the interface of package impls, so that package stress and package
// bench take it. Close closes the session.
//
// The interface has no lease. Release gives back the permits of the youngest leases, and splits a lease if
// need be. The permits of up to MaxGives leases come back at one moment. Release does not say that a session
// has expired; a program that must know uses the leases. TryAcquire returns false after any error. Acquire of
// a session that has ended returns an error that is not ctx.Err().
func AsSemaphore(s *Session) impls.Semaphore { return &adapter{s: s} }

type adapter struct {
	s *Session

	mu     sync.Mutex
	leases []*Lease
	sizes  []int64 // permits of each lease that this adapter has not given back
	held   int64
}

func mustBePositive(n int64) {
	if n < 1 {
		panic("cluster: a weight below 1")
	}
}

func (a *adapter) Acquire(ctx context.Context, n int64) error {
	mustBePositive(n)
	l, err := a.s.Acquire(ctx, n)
	if err != nil {
		return err
	}
	a.add(l, n)
	return nil
}

func (a *adapter) TryAcquire(n int64) bool {
	mustBePositive(n)
	l, err := a.s.TryAcquire(context.Background(), n)
	if err != nil {
		return false
	}
	a.add(l, n)
	return true
}

func (a *adapter) add(l *Lease, n int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.leases = append(a.leases, l)
	a.sizes = append(a.sizes, n)
	a.held += n
}

// Release returns when the engine has recorded it, or when the session has ended.
//
// All parts are one request: given back one by one, a try could find some of the permits and not the others.
// The parts go from the youngest lease to the oldest in every call, as Session.shrink demands. A lease keeps
// its place in the stack until it has left it for good, so no two calls see two leases in different orders.
func (a *adapter) Release(n int64) {
	mustBePositive(n)
	var parts []part
	a.mu.Lock()
	if n > a.held {
		a.mu.Unlock()
		panic(overRelease) // nothing has changed
	}
	a.held -= n
	for n > 0 {
		last := len(a.leases) - 1
		k := min(n, a.sizes[last])
		parts = append(parts, part{a.leases[last], int(k)})
		n -= k
		if a.sizes[last] -= k; a.sizes[last] == 0 {
			a.leases[last] = nil
			a.leases, a.sizes = a.leases[:last], a.sizes[:last]
		}
	}
	a.mu.Unlock()
	_ = a.s.shrink(a.s.ctx, parts) // fails only with the session, and all permits with it
}

// Close waits for the engine for one TTL at most: after it the engine has freed everything by itself.
func (a *adapter) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), a.s.TTL())
	defer cancel()
	return a.s.Close(ctx)
}
