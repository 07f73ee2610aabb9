package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// The limits of Options.TTL. Below a second, an ordinary pause of a garbage collection or of a
// virtual machine ends sessions. Above ten minutes, a killed holder blocks its permits for longer
// than a person would wait before deleting keys by hand.
const (
	MinTTL = time.Second
	MaxTTL = 10 * time.Minute
)

// MaxName is the greatest length of a name, in bytes.
const MaxName = 512

// Options of a session. There is no good default for TTL, so zero is an error.
type Options struct {
	// TTL is the time after which the engine frees the permits of a process that was killed or cut
	// off. It is also the time for which a healthy process survives without an answer of the engine,
	// so it should be longer than the engine takes to elect a new leader: 10 s suits most uses. An
	// engine may round it up; see Session.TTL.
	TTL time.Duration

	clock func() time.Time // for tests; nil means time.Now
}

// Margin is the time by which a session ends before the engine frees its permits: a twentieth of
// the TTL.
//
// The session counts its TTL from the moment before it sends a renewal, and the engine from a moment
// after it received the renewal. So at equal clock rates the session ends first, whatever the network
// does, and no margin is needed. The margin is for unequal rates. Clocks that NTP disciplines differ
// by at most 1000 ppm (both slewing at their limit); a twentieth allows 50 times as much, which
// covers the tick of the timer too: 50 ms at the smallest TTL.
//
// No margin helps a holder that is stopped between a look at Until and its use of the resource, or a
// machine that was suspended (its monotonic clock stands still meanwhile). A Guard does.
func Margin(ttl time.Duration) time.Duration { return ttl / 20 }

// A Session is the membership of one process in one semaphore. All its permits end with it. It is
// safe for concurrent use; a process needs one session for each name, however many goroutines wait.
type Session struct {
	name   string
	member Member
	ttl    time.Duration
	clock  func() time.Time

	ctx  context.Context // done when the session has ended
	end  context.CancelCauseFunc
	left chan struct{} // closed when the goroutine of the session has ended

	mu       sync.Mutex
	deadline time.Time
	leases   map[ID]*Lease
	ended    bool  // guarded by mu, so that no lease is added after the last was ended
	trouble  error // of the last Renew that failed
}

// Open opens a session of the semaphore with the given name, and makes the semaphore if the name is
// new. The size must be the size that the name was made with, or the size after the last Resize.
// The name may have any characters; it is a path or a word that all processes agree on.
//
// Open returns when ctx is done at the latest. The caller must Close the session.
func Open(ctx context.Context, e Engine, name string, size int64, o Options) (*Session, error) {
	op := fmt.Sprintf("open %q", name)
	switch {
	case name == "" || len(name) > MaxName || !utf8.ValidString(name):
		return nil, &Error{Op: op, Err: ErrName, Detail: fmt.Sprintf("%d bytes", len(name)),
			Next: fmt.Sprintf("use 1 to %d bytes of UTF-8", MaxName)}
	case strings.ContainsRune(name, 0):
		return nil, &Error{Op: op, Err: ErrName, Detail: "it has a NUL", Next: "remove the NUL"}
	case size < 0:
		return nil, &Error{Op: op, Err: ErrWeight, Detail: fmt.Sprintf("size %d", size),
			Next: "use a size of 0 or more"}
	case o.TTL < MinTTL || o.TTL > MaxTTL:
		return nil, &Error{Op: op, Err: ErrTTL, Detail: o.TTL.String(),
			Next: fmt.Sprintf("set Options.TTL between %v and %v; 10s suits most uses", MinTTL, MaxTTL)}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s := &Session{name: name, clock: o.clock, left: make(chan struct{}), leases: map[ID]*Lease{}}
	if s.clock == nil {
		s.clock = time.Now
	}
	start := s.clock() // before Join: the engine counts from a later moment
	var err error
	if s.member, err = e.Join(ctx, name, size, o.TTL); err != nil {
		return nil, err
	}
	s.ttl = s.member.TTL()
	s.deadline = start.Add(s.ttl - Margin(s.ttl))
	s.ctx, s.end = context.WithCancelCause(context.Background())
	go s.renew()
	return s, nil
}

// TTL returns the TTL that the engine granted.
func (s *Session) TTL() time.Duration { return s.ttl }

// Done returns a channel that is closed when the session has ended.
func (s *Session) Done() <-chan struct{} { return s.ctx.Done() }

// Err returns nil while the session lives, and then why it ended. It reads the clock. So it is right
// even in a process that has just been resumed, before Done could be closed.
func (s *Session) Err() error {
	if s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	if !s.clock().Before(s.Until()) {
		return s.expired()
	}
	return nil
}

// Until returns the end of the session if no renewal succeeds from now on, on the monotonic clock of
// this process; see [Margin].
func (s *Session) Until() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deadline
}

func (s *Session) expired() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &Error{Op: fmt.Sprintf("session of %q", s.name), Err: ErrExpired,
		Detail: fmt.Sprintf("no renewal within %v", s.ttl),
		Next:   "open a new session; if this repeats, use a longer TTL"}
	if s.trouble != nil {
		e.Detail += "; the last one: " + s.trouble.Error()
	}
	return e
}

// renew renews the session three times in a TTL: two renewals may be lost. After a failure it tries
// again in a twentieth of the TTL.
//
// The thirds count from the start of a renewal, as the TTL does. If they counted from its end, a renewal that
// takes longer than two thirds would be the last one: the next would be due after the end of the session.
func (s *Session) renew() {
	defer close(s.left)
	pause := s.ttl / 3
	for {
		left := s.Until().Sub(s.clock())
		timer := time.NewTimer(min(pause, max(0, left)))
		select {
		case <-s.ctx.Done():
			timer.Stop()
			s.finish(context.Cause(s.ctx))
			return
		case <-timer.C:
		}
		// The deadline is checked before the renewal, never after it alone. A renewal that succeeds
		// late must not revive a session whose Err has said that it expired.
		start := s.clock()
		if !start.Before(s.Until()) {
			s.finish(s.expired())
			return
		}
		err := s.renewOnce(start)
		switch {
		case err == nil:
			pause = max(0, s.ttl/3-s.clock().Sub(start))
		case final(err):
			s.finish(err)
			return
		default:
			pause = s.ttl / 20
		}
	}
}

func (s *Session) renewOnce(start time.Time) error {
	ctx, cancel := context.WithTimeout(s.ctx, s.Until().Sub(start))
	defer cancel()
	lost, err := s.member.Renew(ctx)
	for _, id := range lost {
		s.lose(id)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.trouble = err
		return err
	}
	if s.clock().Before(s.deadline) {
		s.deadline = start.Add(s.ttl - Margin(s.ttl))
	}
	return nil
}

// final reports whether no repetition of Renew can help.
func final(err error) bool {
	return errors.Is(err, ErrExpired) || errors.Is(err, ErrRestored) || errors.Is(err, ErrLost) ||
		errors.Is(err, ErrFormat)
}

// finish ends the session and all its leases, and tells the engine if it can be reached.
func (s *Session) finish(cause error) {
	s.end(cause)
	s.mu.Lock()
	s.ended = true
	leases := s.leases
	s.leases = nil
	s.mu.Unlock()
	for _, l := range leases {
		l.finish(cause)
	}
	if !errors.Is(cause, ErrClosed) { // Close has its own ctx
		ctx, cancel := context.WithTimeout(context.Background(), Margin(s.ttl))
		defer cancel()
		_ = s.member.Leave(ctx) // the engine ends the session by itself if this fails
	}
}

// lose ends the lease of a grant that the engine does not know.
func (s *Session) lose(id ID) {
	s.mu.Lock()
	l := s.leases[id]
	delete(s.leases, id)
	s.mu.Unlock()
	if l != nil {
		l.finish(&Error{Op: fmt.Sprintf("lease of %q", s.name), Err: ErrLost, Key: string(id),
			Detail: "deleted by hand, or lost by the engine", Next: "acquire again"})
	}
}

// Close ends the session and gives all its permits back at once, in one request to the engine. Calls
// of Acquire that wait return an error that wraps ErrClosed. If Close returns an error, the engine
// could not be told, and frees the permits within the TTL. Close may be called again.
func (s *Session) Close(ctx context.Context) error {
	s.end(&Error{Op: fmt.Sprintf("session of %q", s.name), Err: ErrClosed, Next: "open a new session"})
	<-s.left // the goroutine of the session waits for nothing but the engine, under s.ctx
	if !errors.Is(context.Cause(s.ctx), ErrClosed) {
		return nil // it had ended before, and has left
	}
	return s.member.Leave(ctx)
}

// Acquire takes n permits. It waits behind the requests that other sessions and goroutines made
// before, until the permits are free or ctx is done. It returns ctx.Err() unchanged if ctx is done,
// and otherwise an error that wraps the end of the session. With an error nothing is held, and
// nothing will be: if the engine did not answer in time, the session keeps asking in the background
// until the request can never be granted.
//
// A request for more than the size is not in the queue and delays no other request. It joins the
// queue at its end when a Resize makes the size large enough.
func (s *Session) Acquire(ctx context.Context, n int64) (*Lease, error) { return s.take(ctx, n, true) }

// TryAcquire takes n permits if that needs no waiting: the permits are free and no request is in
// the queue. Otherwise it returns ErrNoPermit. It waits for answers of the engine, at most until ctx
// is done.
func (s *Session) TryAcquire(ctx context.Context, n int64) (*Lease, error) {
	return s.take(ctx, n, false)
}

func (s *Session) take(ctx context.Context, n int64, wait bool) (*Lease, error) {
	if n < 1 {
		return nil, &Error{Op: fmt.Sprintf("take %d permits of %q", n, s.name), Err: ErrWeight,
			Next: "ask for one permit or more: zero permits have no fence"}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	both, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()

	g, err := s.member.Take(both, n, wait)
	if err != nil {
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case s.ctx.Err() != nil:
			return nil, context.Cause(s.ctx)
		}
		return nil, err
	}
	l := &Lease{s: s, grant: g, done: make(chan struct{}), turn: make(chan struct{}, 1)}
	// The process may have been stopped between the grant and this line. Err reads the clock.
	if err := s.Err(); err != nil || !s.add(l) {
		// The session has ended, and the grant with it: there is nothing to give back.
		if err == nil {
			err = context.Cause(s.ctx)
		}
		return nil, err
	}
	return l, nil
}

func (s *Session) add(l *Lease) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	s.leases[l.grant.ID] = l
	return true
}

// Resize changes the size for all sessions. A smaller size takes no permit from a holder: nothing is
// granted until fewer permits are held than the new size. A request in the queue that is larger than
// the new size leaves the queue; see Acquire.
func (s *Session) Resize(ctx context.Context, size int64) error {
	if size < 0 {
		return &Error{Op: fmt.Sprintf("resize %q", s.name), Err: ErrWeight,
			Detail: fmt.Sprintf("size %d", size), Next: "use a size of 0 or more"}
	}
	if err := s.Err(); err != nil {
		return err
	}
	err := s.member.Resize(ctx, size)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case s.ctx.Err() != nil:
		return context.Cause(s.ctx)
	}
	return err
}

// Stats asks the engine for the state of the semaphore.
func (s *Session) Stats(ctx context.Context) (Stats, error) {
	if err := s.Err(); err != nil {
		return Stats{}, err
	}
	return s.member.Stats(ctx)
}
