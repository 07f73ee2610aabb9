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

// MaxTokens is the largest size of a jobserver. Tokens are bytes in a pipe, which fills pages one by one
// and frees a page when all of it was read. Up to a page of tokens lie in two pages at most, so
// however small the kernel makes the pipe, a token that comes back finds room.
const MaxTokens = 4096

// token is what GNU make writes, too. Clients must not care.
const token = '+'

// Jobserver is a semaphore of tokens in a pipe, as GNU make, cargo and ninja share the number of
// jobs between them: who wants to run a job reads a byte, and writes the same byte back after it.
//
// It costs two calls of the kernel a job, and the runtime's poller waits, so that no thread is
// taken however many goroutines wait. What the protocol cannot do: tokens have no owner, so
// those of a killed process are lost; and there is no line between processes, whoever
// reads first is served. Several tokens are taken at once or not at all, so who waits for
// several waits until so many lie in the pipe, and may be passed for ever by those who want one.
//
// The pipe is opened once more for this process, as that makes a new description of the same pipe: it
// can be non-blocking while the one that children inherit stays blocking, as make wants it.
//
// Memory order: mu is held by every take and release of this process.
type Jobserver struct {
	funnel
	name string
	pipe *os.File // read and write, non-blocking
	conn syscall.RawConn
	fifo string // path, if it has one
	mine bool   // this process made it
	gone func() string

	mu       sync.Mutex
	held     []byte // tokens, to be written back as they were read
	implicit int    // permits that are in no pipe and that nobody holds: a client's own one
	lent     int    // those that are held
	err      error

	deadline struct { // of the one who waits in the poller
		sync.Mutex
		kicked bool
	}
}

// NewJobserver serves size tokens from a pipe without a name. Children get it by [Jobserver.Files] and
// [Jobserver.Auth]; each is to be started under one permit, as a client runs its first job
// without asking.
func NewJobserver(size int64) (*Jobserver, error) {
	if err := inRange("jobserver", size, MaxTokens); err != nil {
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

// ServeJobserver serves size tokens from a fifo that it makes at path, and removes when it is closed.
// It is what make 4.4 and cargo prefer: their children need to inherit nothing but MAKEFLAGS.
func ServeJobserver(path string, size int64) (*Jobserver, error) {
	if err := inRange("jobserver", size, MaxTokens); err != nil {
		return nil, err
	}
	if err := unix.Mkfifo(path, 0o600); err != nil {
		return nil, fmt.Errorf("process: %s: making the jobserver's fifo: %w", path, err)
	}
	pipe, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("process: jobserver: %w", err), os.Remove(path))
	}
	return serve(&Jobserver{name: path, pipe: pipe, fifo: path, mine: true}, size)
}

func serve(s *Jobserver, size int64) (*Jobserver, error) {
	s.held = make([]byte, size)
	for i := range s.held {
		s.held[i] = token
	}
	s.gone = func() string { return "" } // the server is us
	if err := s.start(size); err != nil {
		return nil, err
	}
	if err := s.putBack(int(size)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// JoinJobserver is for clients: it returns the jobserver that the value of the environment variable
// MAKEFLAGS names. One permit is this process's own and in no pipe, as its parent pays for it.
// The size is that of -j if make tells it, and MaxTokens otherwise.
func JoinJobserver(makeflags string) (*Jobserver, error) {
	a, err := parseMakeflags(makeflags)
	if err != nil {
		return nil, err
	}
	s := &Jobserver{name: "jobserver " + a.String(), fifo: a.fifo, implicit: 1}
	if a.fifo != "" {
		err = s.joinFifo()
	} else {
		err = s.joinPipe(a)
	}
	if err != nil {
		return nil, err
	}
	size := int64(MaxTokens)
	if a.jobs > 0 {
		size = a.jobs
	}
	return s, s.start(size)
}

func (s *Jobserver) start(size int64) (err error) {
	s.funnel.mechanism, s.funnel.size = s, size
	s.conn, err = s.pipe.SyscallConn()
	return err
}

func (s *Jobserver) joinFifo() (err error) {
	before, err := os.Stat(s.fifo)
	if err != nil {
		return &Broken{s.fifo, "no jobserver is there any more", err}
	}
	if before.Mode().Type() != os.ModeNamedPipe {
		return &Broken{Name: s.fifo, Fact: "not a fifo"}
	}
	s.pipe, err = os.OpenFile(s.fifo, os.O_RDWR|unix.O_NONBLOCK, 0)
	s.gone = func() string {
		if now, err := os.Stat(s.fifo); err != nil || !os.SameFile(before, now) {
			return "the server has removed its fifo"
		}
		return ""
	}
	return err
}

// joinPipe checks what was inherited. A descriptor may be any file by now, if one of the programs
// in between closed it and opened another.
func (s *Jobserver) joinPipe(a auth) (err error) {
	if err := checkEnds(a); err != nil {
		return err
	}
	if s.pipe, err = reopen(a.read, os.O_RDWR|unix.O_NONBLOCK); err != nil {
		return err
	}
	parent := os.Getppid()
	s.gone = func() string {
		if os.Getppid() != parent {
			return "the process that handed it down has ended"
		}
		return ""
	}
	return nil
}

func checkEnds(a auth) error {
	var ends [2]unix.Stat_t
	for i, fd := range []int{a.read, a.write} {
		mode, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		if err == nil {
			err = unix.Fstat(fd, &ends[i])
		}
		name := fmt.Sprintf("jobserver %v: descriptor %d", a, fd)
		wrongWay := []int{unix.O_WRONLY, unix.O_RDONLY}[i]
		switch {
		case err != nil:
			return &Broken{name, "not open; begin the recipe with +", err}
		case ends[i].Mode&unix.S_IFMT != unix.S_IFIFO:
			return &Broken{Name: name, Fact: "not a pipe"}
		case mode&unix.O_ACCMODE == wrongWay:
			return &Broken{Name: name, Fact: "the wrong end of a pipe"}
		}
	}
	if ends[0].Dev != ends[1].Dev || ends[0].Ino != ends[1].Ino {
		return &Broken{Name: "jobserver " + a.String(), Fact: "the ends of two different pipes"}
	}
	return nil
}

// reopen opens the pipe behind a descriptor once more.
func reopen(fd, flags int) (*os.File, error) {
	f, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", fd), flags, 0)
	if err != nil {
		return nil, fmt.Errorf("process: jobserver: opening its pipe again: %w", err)
	}
	return f, nil
}

// Close gives back what this process holds, and removes the fifo that it made. It refuses those who
// wait. No call may be running, or follow.
func (s *Jobserver) Close() error {
	s.shut()
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.putBack(len(s.held))
	s.err = errClosed
	if s.mine {
		err = errors.Join(err, os.Remove(s.fifo))
	}
	return errors.Join(err, s.pipe.Close())
}

// patrolPipe is how often one who waits looks whether there still is a server.
const patrolPipe = 500 * time.Millisecond
