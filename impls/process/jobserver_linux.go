package process

import (
	"errors"
	"fmt"
	"os"
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

// NewJobserver serves size tokens from a pipe without a name. Child processes get it by
// [Jobserver.Files] and [Jobserver.Auth]. Start each child under one acquired permit, because
// a client runs its first job without a token. NewJobserver returns an error if size is
// not between 0 and [MaxTokens].
func NewJobserver(size int64) (*Jobserver, error) {
	if err := checkSize("jobserver", size, MaxTokens); err != nil {
		return nil, err
	}
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, fmt.Errorf("process: jobserver: %w", err)
	}
	pipe, err := reopen(fds[0], os.O_RDWR|unix.O_NONBLOCK)
	_, _ = unix.Close(fds[0]), unix.Close(fds[1])
	if err != nil {
		return nil, err
	}
	return serve(&Jobserver{name: "jobserver", pipe: pipe}, size)
}

// ServeJobserver serves size tokens from a fifo that it makes at path. Close removes the fifo. GNU
// make 4.4 and cargo prefer a fifo, as their children need to inherit only MAKEFLAGS. The error
// for an existing fifo says whether a process serves it.
func ServeJobserver(path string, size int64) (*Jobserver, error) {
	if err := checkSize("jobserver", size, MaxTokens); err != nil {
		return nil, err
	}
	if err := unix.Mkfifo(path, 0o600); err != nil {
		err = fmt.Errorf("process: %s: making the jobserver's fifo: %w", path, err)
		if stat, e := os.Stat(path); e == nil && stat.Mode().Type() == os.ModeNamedPipe {
			err = errors.Join(err, checkFifoServed(path))
		}
		return nil, err
	}
	pipe, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("process: jobserver: %w", err), os.Remove(path))
	}
	return serve(&Jobserver{name: path, pipe: pipe, fifo: path, created: true}, size)
}

// serve makes s a server. It writes the tokens after it has locked the pipe. A client that sees a
// token therefore sees the lock too, and can tell later that the server has ended.
func serve(s *Jobserver, size int64) (*Jobserver, error) {
	s.held = make([]byte, size)
	for i := range s.held {
		s.held[i] = token
	}
	err := s.start(size)
	if err == nil {
		err = lockPipe(s.conn)
	}
	if err == nil {
		err = s.writeBack(int(size))
	}
	if err != nil {
		err = fmt.Errorf("process: %s: serving tokens: %w", s.name, err)
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// JoinJobserver returns the jobserver that the value of the environment variable MAKEFLAGS names.
// One permit belongs to this process from the start and is in no pipe: the process that started
// this one has acquired it. The size is the number of -j if MAKEFLAGS contains it, else
// [MaxTokens]. The error says why MAKEFLAGS names no usable jobserver.
func JoinJobserver(makeflags string) (*Jobserver, error) {
	a, err := parseMakeflags(makeflags)
	if err != nil {
		return nil, err
	}
	s := &Jobserver{name: "jobserver " + a.String(), fifo: a.fifo, implicitFree: 1}
	if a.fifo != "" {
		err = s.openFifo()
	} else {
		err = s.openInherited(a)
	}
	if err != nil {
		return nil, err
	}
	size := int64(MaxTokens)
	if a.jobs > 0 {
		size = a.jobs
	}
	if err = s.start(size); err == nil {
		s.server, err = findServer(s.conn, s.fifo)
	}
	if err != nil {
		return nil, errors.Join(&Broken{s.name, "cannot be used", err}, s.pipe.Close())
	}
	return s, nil
}

func (s *Jobserver) start(size int64) (err error) {
	s.localQueue.mechanism, s.localQueue.size = s, size
	s.conn, err = s.pipe.SyscallConn()
	s.io.init(s.conn)
	return err
}

func (s *Jobserver) openFifo() (err error) {
	stat, err := os.Stat(s.fifo)
	if err != nil {
		return &Broken{s.fifo, "no jobserver is there", err}
	}
	if stat.Mode().Type() != os.ModeNamedPipe {
		return &Broken{Name: s.fifo, Fact: "not a fifo"}
	}
	if err := checkFifoServed(s.fifo); err != nil {
		return err
	}
	if s.pipe, err = os.OpenFile(s.fifo, os.O_RDWR|unix.O_NONBLOCK, 0); err != nil {
		return &Broken{s.fifo, "no jobserver for this process", err}
	}
	return nil
}

func (s *Jobserver) openInherited(a auth) (err error) {
	if err := checkInherited(a); err != nil {
		return err
	}
	s.pipe, err = reopen(a.read, os.O_RDWR|unix.O_NONBLOCK)
	return err
}

// checkInherited returns an error unless the two descriptors are the ends of one pipe. A program
// between the server and this process may have closed a descriptor and opened another file under
// its number. Reading that file would be a silent error.
func checkInherited(a auth) error {
	var ends [2]unix.Stat_t
	for i, fd := range []int{a.read, a.write} {
		mode, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		if err == nil {
			err = unix.Fstat(fd, &ends[i])
		}
		name := fmt.Sprintf("jobserver %v: descriptor %d", a, fd)
		wrongMode := []int{unix.O_WRONLY, unix.O_RDONLY}[i]
		switch {
		case err != nil:
			return &Broken{name, "not open; begin the recipe with +", err}
		case ends[i].Mode&unix.S_IFMT != unix.S_IFIFO:
			return &Broken{Name: name, Fact: "not a pipe"}
		case mode&unix.O_ACCMODE == wrongMode:
			return &Broken{Name: name, Fact: "the wrong end of a pipe"}
		}
	}
	if ends[0].Dev != ends[1].Dev || ends[0].Ino != ends[1].Ino {
		return &Broken{Name: "jobserver " + a.String(), Fact: "the ends of two different pipes"}
	}
	return nil
}

// Auth returns the flag that children must find in MAKEFLAGS: --jobserver-auth= and the fifo, or
// the descriptors 3 and 4, which the files of [Jobserver.Files] become in the child.
func (s *Jobserver) Auth() string {
	if s.fifo != "" {
		return "--jobserver-auth=fifo:" + s.fifo
	}
	return "--jobserver-auth=3,4"
}

// Files opens the two ends of the pipe for os/exec.Cmd.ExtraFiles, where they must come first. The
// caller closes them after it has started the child. For a fifo Files returns none.
func (s *Jobserver) Files() (ends []*os.File, err error) {
	if s.fifo != "" {
		return nil, nil
	}
	for _, flag := range []int{os.O_RDONLY, os.O_WRONLY} {
		var end *os.File
		e := withDescriptor(s.conn, func(fd int) (err error) {
			end, err = reopen(fd, flag)
			return err
		})
		if e != nil {
			err = errors.Join(err, e)
			continue
		}
		ends = append(ends, end)
	}
	return ends, err
}

// Close writes back the tokens that this process holds, and removes the fifo that it made.
// Goroutines that wait get an error. No other call may be running.
func (s *Jobserver) Close() error {
	s.shutdown()
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.writeBack(len(s.held))
	s.err = errClosed
	if s.created {
		err = errors.Join(err, os.Remove(s.fifo))
	}
	return errors.Join(err, s.pipe.Close())
}
