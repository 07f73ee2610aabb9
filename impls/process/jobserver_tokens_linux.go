package process

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// Release is that of [impls.Semaphore], for permits of this process.
func (s *Jobserver) Release(n int64) {
	mustNotBeNegative(n)
	if s.handOver(n) {
		return
	}
	s.letGo(int(n))
	s.released()
}

func (s *Jobserver) letGo(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > len(s.held)+s.lent {
		panic(overRelease)
	}
	// Tokens first, as others can use them; the permit of our own only we can.
	tokens := min(n, len(s.held))
	own := n - tokens
	s.lent -= own
	s.implicit += own
	if err := s.putBack(tokens); err != nil {
		s.err = err // for the next who asks
	}
	if own > 0 && s.waiting.Load() > 0 {
		s.interrupt() // no byte comes from the pipe to tell them
	}
}

// try takes n permits. If the pipe gives fewer, they go back as they came: no token is kept by one
// who fails, and none is written that was not read.
func (s *Jobserver) try(n int64) (bool, error) {
	if n == 0 {
		return true, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return false, s.err
	}
	own := min(int(n), s.implicit)
	want := int(n) - own
	if want > 1 && s.inPipe() < want {
		return false, nil // without disturbing others who want less
	}
	got, err := s.read(want)
	if got < want || err != nil {
		err = errors.Join(err, s.putBack(got))
		s.err = err
		return false, err
	}
	s.implicit -= own
	s.lent += own
	return true, nil
}

// read takes up to n tokens into held and returns how many.
func (s *Jobserver) read(n int) (got int, err error) {
	if n == 0 {
		return 0, nil
	}
	s.held = slices.Grow(s.held, n)
	got, err = s.moving.read(s.held[len(s.held) : len(s.held)+n]) // all that are there: readers exclude each other
	switch {
	case err == unix.EAGAIN:
		return 0, nil
	case err != nil:
		return 0, &Broken{s.name, "tokens cannot be read", err}
	case got == 0:
		return 0, &Broken{Name: s.name, Fact: "every writer has closed the pipe"}
	}
	s.held = s.held[:len(s.held)+got]
	return got, nil
}

// putBack writes the last n of the tokens held.
func (s *Jobserver) putBack(n int) error {
	for n > 0 {
		wrote, err := s.moving.write(s.held[len(s.held)-n:])
		if err != nil {
			// A full pipe among them: there is room for all tokens that were ever made.
			return &Broken{s.name, fmt.Sprintf("%d tokens cannot be given back", n), err}
		}
		// Those at the front of the last n were written, so they go and the rest moves up.
		s.held = append(s.held[:len(s.held)-n], s.held[len(s.held)-n+wrote:]...)
		n -= wrote
	}
	return nil
}

// inPipe returns how many tokens lie in the pipe.
func (s *Jobserver) inPipe() (n int) {
	_ = control(s.conn, func(fd int) (err error) {
		n, err = unix.IoctlGetInt(fd, unix.TIOCINQ) // also called FIONREAD
		return err
	})
	return n
}

// await lets the poller wait for tokens. It tells of bytes that arrive, on all kernels only when the
// pipe was empty; so who sees some, but not enough, naps.
func (s *Jobserver) await(n int64) error {
	const nap = time.Millisecond
	s.mu.Lock()
	want := int(n) - s.implicit
	s.mu.Unlock()
	most := patrolPipe
	if s.inPipe() > 0 {
		most = nap
	}
	return s.readable(most, func() bool {
		lie := s.inPipe()
		return lie >= want || lie > 0 && most > nap
	})
}

// readable waits until there is a token by the word of look, for a time at most.
func (s *Jobserver) readable(most time.Duration, look func() bool) error {
	s.deadline.Lock()
	if s.deadline.kicked {
		s.deadline.kicked = false
		s.deadline.Unlock()
		return nil
	}
	err := s.pipe.SetReadDeadline(time.Now().Add(most))
	s.deadline.Unlock()
	if err != nil {
		return &Broken{s.name, "cannot be waited for", err}
	}
	err = s.conn.Read(func(uintptr) bool { return look() })
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return s.look()
}

// look tells one who waits that there is no server any more. That takes longer than a nap, so it looks at
// times. A server does not ask: it is there.
func (s *Jobserver) look() error {
	if s.from.pipe == nil || time.Since(s.looked) < patrolPipe/2 {
		return nil
	}
	s.looked = time.Now()
	if fact := s.from.gone(); fact != "" {
		return &Broken{Name: s.name, Fact: fact}
	}
	return nil
}

func (s *Jobserver) holds(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return n <= int64(len(s.held)+s.lent)
}

// alone is so only for a server, as that of a client may end.
func (s *Jobserver) alone() bool { return s.from.pipe == nil && s.holds(s.size) }

func (s *Jobserver) interrupt() {
	s.deadline.Lock()
	defer s.deadline.Unlock()
	s.deadline.kicked = true
	_ = s.pipe.SetReadDeadline(time.Unix(1, 0)) // long ago: whoever reads stops
}

func (s *Jobserver) granted() {}
