package process

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// MaxTokens is the largest size of a jobserver, in permits. Tokens are bytes in a pipe. A pipe
// fills pages one by one, and reuses a page only after all its bytes were read. One page of tokens
// lies in two pages at most, and every pipe has two. So a returned token always finds room.
const MaxTokens = 4096

// token is the byte that GNU make writes. Clients must not rely on its value.
const token = '+'

// Jobserver is a semaphore of tokens in a pipe. GNU make, cargo and ninja share their number of
// jobs in the same way: a process that starts a job reads a byte, and afterwards writes the same
// byte.
//
// A job costs two system calls. The runtime's poller waits, so waiting goroutines take no thread.
//
// The protocol has two limits. Tokens have no owner, so the tokens of a killed process are lost.
// And there is no queue between processes: the first process that reads gets the token. A request
// for several tokens waits until the pipe holds all of them, and takes them at once. So requests
// for one token may pass it forever.
//
// Within a process it keeps the whole contract. Between processes it breaks two clauses. A
// TryAcquire may fail although enough permits are free (C3, C34). That happens while another
// process has taken tokens, found too few, and not yet written them back. And permits are
// conserved (C2) only if every process ends by Close or releases what it holds: nothing in a pipe
// says which process has the missing tokens.
//
// The pipe is opened a second time for this process. That makes a new file description of the same
// pipe, which can be non-blocking while the inherited one stays blocking, as make requires.
//
// Memory order: every take and every release of this process holds mu, and a release of a token
// holds it before the take that reads the token. So within a process a Release synchronizes
// before the return of the Acquire that it enables. Between processes the pipe orders them.
type Jobserver struct {
	localQueue
	name    string
	pipe    *os.File // for reading and writing, non-blocking
	conn    syscall.RawConn
	fifo    string     // path, or "" for a pipe without a name
	created bool       // this process made the fifo, and Close removes it
	server  serverInfo // set in clients only

	mu           sync.Mutex
	io           pipeIO
	held         []byte // tokens, written back as they were read
	implicitFree int    // free permits that are in no pipe: a client has one
	implicitHeld int    // held permits that are in no pipe
	err          error  // once set, every take returns it

	deadline struct { // of the wait in the poller
		sync.Mutex
		interrupted bool
	}
	lastServerCheck time.Time // used by the kernel waiter only
}

// Release implements [impls.Semaphore], for permits of this process. It panics if the process holds
// fewer than n.
func (s *Jobserver) Release(n int64) {
	mustNotBeNegative(n)
	if s.handOff(n) {
		return
	}
	s.releaseTokens(int(n))
	s.ensureKernelWaiter()
}

// releaseTokens writes tokens back first, and frees the implicit permit only if too few tokens are
// held: other processes can use a token, and only this process can use the implicit permit.
func (s *Jobserver) releaseTokens(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > len(s.held)+s.implicitHeld {
		panic(overRelease)
	}
	tokens := min(n, len(s.held))
	implicit := n - tokens
	s.implicitHeld -= implicit
	s.implicitFree += implicit
	if err := s.writeBack(tokens); err != nil {
		s.err = err // the next take returns it
	}
	if implicit > 0 && s.waiting.Load() > 0 {
		s.interrupt() // the pipe has no byte that would wake the kernel waiter
	}
}

// tryTake takes n permits, the implicit one first. If the pipe gives fewer tokens than needed, they
// are written back as they were read. So a failed call keeps no token and makes none.
//
// For several tokens it counts first, without reading. Otherwise it would take tokens from other
// processes for an instant although it cannot use them.
func (s *Jobserver) tryTake(n int64) (bool, error) {
	if n == 0 {
		return true, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return false, s.err
	}
	implicit := min(int(n), s.implicitFree)
	want := int(n) - implicit
	if want > 1 && s.tokensInPipe() < want {
		return false, nil
	}
	got, err := s.readTokens(want)
	if got < want || err != nil {
		err = errors.Join(err, s.writeBack(got))
		s.err = err
		return false, err
	}
	s.implicitFree -= implicit
	s.implicitHeld += implicit
	return true, nil
}

// readTokens reads up to n tokens into held and returns how many. One read takes all that it can
// get, because the kernel lets only one reader of a pipe proceed at a time.
func (s *Jobserver) readTokens(n int) (got int, err error) {
	if n == 0 {
		return 0, nil
	}
	s.held = slices.Grow(s.held, n)
	got, err = s.io.read(s.held[len(s.held) : len(s.held)+n])
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

// writeBack writes the last n tokens of held. A full pipe is an error like any other: there is room
// for all tokens that the server made, see MaxTokens.
func (s *Jobserver) writeBack(n int) error {
	for n > 0 {
		wrote, err := s.io.write(s.held[len(s.held)-n:])
		if err != nil {
			return &Broken{s.name, fmt.Sprintf("%d tokens cannot be given back", n), err}
		}
		// The write took the first bytes of the last n. The rest moves to the front.
		s.held = append(s.held[:len(s.held)-n], s.held[len(s.held)-n+wrote:]...)
		n -= wrote
	}
	return nil
}

// tokensInPipe returns how many tokens are in the pipe.
func (s *Jobserver) tokensInPipe() (n int) {
	_ = withDescriptor(s.conn, func(fd int) (err error) {
		n, err = unix.IoctlGetInt(fd, unix.TIOCINQ) // also called FIONREAD
		return err
	})
	return n
}

// await waits in the runtime's poller for tokens. The poller reports a new byte on all kernels only
// if the pipe was empty before. So if the pipe has some tokens but too few, await polls every
// millisecond.
func (s *Jobserver) await(n int64) error {
	const pollInterval = time.Millisecond
	s.mu.Lock()
	want := int(n) - s.implicitFree
	s.mu.Unlock()
	limit := serverCheckInterval
	if s.tokensInPipe() > 0 {
		limit = pollInterval
	}
	return s.waitReadable(limit, func() bool {
		tokens := s.tokensInPipe()
		return tokens >= want || tokens > 0 && limit > pollInterval
	})
}

// waitReadable waits until enough reports true, at most for limit. It sets the deadline with
// deadline locked, after it has checked interrupted. So an interrupt comes before the check, which
// sees it, or after the deadline was set, and then replaces it by one in the past.
func (s *Jobserver) waitReadable(limit time.Duration, enough func() bool) error {
	s.deadline.Lock()
	if s.deadline.interrupted {
		s.deadline.interrupted = false
		s.deadline.Unlock()
		return nil
	}
	err := s.pipe.SetReadDeadline(time.Now().Add(limit))
	s.deadline.Unlock()
	if err != nil {
		return &Broken{s.name, "cannot be waited for", err}
	}
	err = s.conn.Read(func(uintptr) bool { return enough() })
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return s.checkServer()
}

// serverCheckInterval is how often a waiting client checks that its server still exists.
const serverCheckInterval = 500 * time.Millisecond

// checkServer returns an error if this process is a client whose server has ended. A check takes
// longer than a poll of await, so it returns at once if the last check was recent.
func (s *Jobserver) checkServer() error {
	if !s.isClient() || time.Since(s.lastServerCheck) < serverCheckInterval/2 {
		return nil
	}
	s.lastServerCheck = time.Now()
	if fact := s.server.endedReason(); fact != "" {
		return &Broken{Name: s.name, Fact: fact}
	}
	return nil
}

func (s *Jobserver) isClient() bool { return s.server.pipe != nil }

func (s *Jobserver) holds(n int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return n <= int64(len(s.held)+s.implicitHeld)
}

// holdsAll is always false in a client: its server may end, and only a kernel waiter learns of
// that.
func (s *Jobserver) holdsAll() bool { return !s.isClient() && s.holds(s.size) }

func (s *Jobserver) interrupt() {
	s.deadline.Lock()
	defer s.deadline.Unlock()
	s.deadline.interrupted = true
	_ = s.pipe.SetReadDeadline(time.Unix(1, 0)) // in the past: a running wait returns at once
}

// forwardWakeup does nothing: a token wakes every process that waits.
func (s *Jobserver) forwardWakeup() {}

// A pipeIO reads and writes a pipe without waiting. It makes the closures that RawConn.Control
// needs once, because a closure for each call would be an allocation for each permit. Its calls
// are serialized by Jobserver.mu.
type pipeIO struct {
	conn             syscall.RawConn
	reading, writing func(fd uintptr)
	bytes            []byte // argument of the closures
	n                int    // results of the closures
	err              error
}

func (p *pipeIO) init(conn syscall.RawConn) {
	p.conn = conn
	p.reading = func(fd uintptr) { p.n, p.err = unix.Read(int(fd), p.bytes) }
	p.writing = func(fd uintptr) { p.n, p.err = unix.Write(int(fd), p.bytes) }
}

func (p *pipeIO) read(b []byte) (int, error)  { return p.transfer(p.reading, b) }
func (p *pipeIO) write(b []byte) (int, error) { return p.transfer(p.writing, b) }

func (p *pipeIO) transfer(call func(fd uintptr), b []byte) (int, error) {
	p.bytes = b
	for {
		if err := p.conn.Control(call); err != nil {
			return 0, err
		}
		if p.err != unix.EINTR {
			return p.n, p.err
		}
	}
}
