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
		fences[i] = Fence{slot, l.grant.Revision, l.grant.ID}
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
func (l *Lease) shrink(ctx context.Context, n int) error { return l.s.shrink(ctx, []part{{l, n}}) }

// A part is a number of permits of one lease; all of them if it is negative.
type part struct {
	lease *Lease
	n     int
}

// shrink gives back parts of leases in one request to the engine, and returns the first error.
//
// It takes the turns of all leases before it asks the engine. Calls whose parts have the same leases must
// have them in the same order: otherwise each would wait for a turn that the other has.
func (s *Session) shrink(ctx context.Context, parts []part) error {
	for _, p := range parts {
		if err := p.lease.lock(ctx); err != nil {
			return err
		}
		defer p.lease.unlock()
	}
	var gives []Give
	var first error
	for _, p := range parts {
		g, open, err := p.lease.begin(p.n)
		if first == nil {
			first = err
		}
		if open {
			gives = append(gives, g)
		}
	}
	if len(gives) == 0 {
		return first
	}
	if err := s.member.Give(ctx, gives); first == nil {
		first = err
	}
	return first
}

func (l *Lease) lock(ctx context.Context) error {
	select {
	case l.turn <- struct{}{}: // tried alone first: a ctx that is done must not win over a free turn
		return nil
	default:
	}
	select {
	case l.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err() // the call that has the turn gives the permits back
	}
}

func (l *Lease) unlock() { <-l.turn }

// begin notes that n permits are given back, and returns what to tell the engine. It returns false if there is
// nothing to tell: the lease had ended before. The caller has the turn.
func (l *Lease) begin(n int) (g Give, open bool, err error) {
	l.mu.Lock()
	grant := l.grant
	if n < 0 || n > len(grant.Slots) {
		n = len(grant.Slots)
	}
	keep := slices.Clone(grant.Slots[:len(grant.Slots)-n])
	if l.released {
		l.mu.Unlock()
		return g, false, nil
	}
	if l.cause != nil {
		defer l.mu.Unlock()
		if errors.Is(l.cause, ErrClosed) {
			return g, false, nil
		}
		return g, false, l.cause
	}
	l.grant.Slots = keep
	if len(keep) == 0 {
		// From here on nothing uses the permits. The lease must say so before the engine can give
		// them to another holder.
		l.grant.Slots = grant.Slots
		l.released = true
		close(l.done)
	}
	l.mu.Unlock()
	if len(keep) == 0 {
		l.s.mu.Lock()
		delete(l.s.leases, grant.ID)
		l.s.mu.Unlock()
	}
	return Give{Grant: grant, Keep: keep}, true, nil
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
