package cluster

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// A Lease holds permits until Release, or until its session ends. Any goroutine may use it.
type Lease struct {
	s    *Session
	done chan struct{}
	turn chan struct{} // has room for the one caller that talks to the engine

	mu       sync.Mutex
	grant    Grant
	released bool
	cause    error // why it ended without Release
}

// errReleased is the Err of a lease after Release.
var errReleased = errors.New("cluster: the lease was released")

// Fences returns one fence for each permit, in the order of the slots. Pass them to the resource with
// each request, for its [Guard].
func (l *Lease) Fences() []Fence {
	l.mu.Lock()
	defer l.mu.Unlock()
	fences := make([]Fence, len(l.grant.Slots))
	for i, slot := range l.grant.Slots {
		fences[i] = Fence{slot, l.grant.Revision}
	}
	return fences
}

// Done returns a channel that is closed when the lease has ended: it was released, its session has
// ended, or the engine has lost it. A process that was stopped or suspended should look at Err
// instead: Done is closed a moment after the process is resumed.
func (l *Lease) Done() <-chan struct{} { return l.done }

// Err returns nil while the permits are held, and then why they are not. It reads the clock.
func (l *Lease) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.released:
		return errReleased
	case l.cause != nil:
		return l.cause
	}
	return l.s.Err()
}

// Until returns the moment at which the permits end if no renewal succeeds from now on. It is on the
// monotonic clock of this process and lies before the moment at which the engine gives the permits
// to another holder; see [Margin] for the argument and its limits. Each renewal moves it.
func (l *Lease) Until() time.Time { return l.s.Until() }

// Release gives the permits back. The engine does so only if its record is the very record that Acquire
// got, so a late Release cannot take permits from another holder. Release may be called again, also
// after an error, and by several goroutines.
//
// It returns nil if the permits are given back by this call, by an earlier call, or by Close. It
// returns an error that wraps ErrExpired or ErrLost if the permits had ended before: another holder
// may have had them while this one believed in its lease. If ctx ends before the engine answers,
// Release returns ctx.Err(), and the session gives the permits back in the background.
func (l *Lease) Release(ctx context.Context) error { return l.shrink(ctx, -1) }

// shrink gives back the n permits with the highest slots, or all if n is negative.
func (l *Lease) shrink(ctx context.Context, n int) error {
	select {
	case l.turn <- struct{}{}: // tried alone first: a ctx that is done must not win over a free turn
	default:
		select {
		case l.turn <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err() // the call that has the turn gives the permits back
		}
	}
	defer func() { <-l.turn }()
	l.mu.Lock()
	g := l.grant
	if n < 0 || n > len(g.Slots) {
		n = len(g.Slots)
	}
	keep := slices.Clone(g.Slots[:len(g.Slots)-n])
	if l.released {
		l.mu.Unlock()
		return nil
	}
	if l.cause != nil {
		defer l.mu.Unlock()
		if errors.Is(l.cause, ErrClosed) {
			return nil
		}
		return l.cause
	}
	l.grant.Slots = keep
	if len(keep) == 0 {
		// From here on nothing uses the permits. The lease must say so before the engine can give
		// them to another holder.
		l.grant.Slots = g.Slots
		l.released = true
		close(l.done)
	}
	l.mu.Unlock()
	if len(keep) == 0 {
		l.s.mu.Lock()
		delete(l.s.leases, g.ID)
		l.s.mu.Unlock()
	}
	return l.s.member.Give(ctx, g, keep)
}

// finish ends the lease without Release.
func (l *Lease) finish(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.released || l.cause != nil {
		return
	}
	l.cause = cause
	close(l.done)
}
