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
// Of the contract it keeps within a process all, and between processes all but two things. A try may fail
// though enough is free, in the moment in which another process that wanted several puts back what
// it got (C3, C34). And permits are conserved (C2) as long as every process ends by Close or
// gives back what it holds: nothing in a pipe says whose the missing bytes were.
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
	from server // of a client

	mu       sync.Mutex
	moving   mover
	held     []byte // tokens, to be written back as they were read
	implicit int    // permits that are in no pipe and that nobody holds: a client's own one
	lent     int    // those that are held
	err      error

	deadline struct { // of the one who waits in the poller
		sync.Mutex
		kicked bool
	}
	looked time.Time // by him, whether there still is a server
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
		err = fmt.Errorf("process: %s: making the jobserver's fifo: %w", path, err)
		if stat, there := os.Stat(path); there == nil && stat.Mode().Type() == os.ModeNamedPipe {
			err = errors.Join(err, hasReader(path))
		}
		return nil, err
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
	err := s.start(size)
	if err == nil {
		err = lock(s.conn)
	}
	if err == nil {
		err = s.putBack(int(size))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("process: %s: serving tokens: %w", s.name, err), s.Close())
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
	if err = s.start(size); err == nil {
		s.from, err = serverOf(s.conn, s.fifo)
	}
	if err != nil {
		return nil, errors.Join(&Broken{s.name, "cannot be used", err}, s.pipe.Close())
	}
	return s, nil
}

func (s *Jobserver) start(size int64) (err error) {
	s.funnel.mechanism, s.funnel.size = s, size
	s.conn, err = s.pipe.SyscallConn()
	s.moving.begin(s.conn)
	return err
}

func (s *Jobserver) joinFifo() (err error) {
	stat, err := os.Stat(s.fifo)
	if err != nil {
		return &Broken{s.fifo, "no jobserver is there", err}
	}
	if stat.Mode().Type() != os.ModeNamedPipe {
		return &Broken{Name: s.fifo, Fact: "not a fifo"}
	}
	if err := hasReader(s.fifo); err != nil {
		return err
	}
	if s.pipe, err = os.OpenFile(s.fifo, os.O_RDWR|unix.O_NONBLOCK, 0); err != nil {
		return &Broken{s.fifo, "no jobserver for this process", err}
	}
	return nil
}

// joinPipe checks what was inherited. A descriptor may be any file by now, if one of the programs
// in between closed it and opened another.
func (s *Jobserver) joinPipe(a auth) (err error) {
	if err := checkEnds(a); err != nil {
		return err
	}
	s.pipe, err = reopen(a.read, os.O_RDWR|unix.O_NONBLOCK)
	return err
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

// Auth returns what children are to find in MAKEFLAGS: --jobserver-auth= and the fifo, or the two
// descriptors that [Jobserver.Files] becomes in the child.
func (s *Jobserver) Auth() string {
	if s.fifo != "" {
		return "--jobserver-auth=fifo:" + s.fifo
	}
	return "--jobserver-auth=3,4"
}

// Files opens the two ends of the pipe for os/exec.Cmd.ExtraFiles, where they have to be the first.
// The caller closes them when the child has started. Of a fifo there are none.
func (s *Jobserver) Files() (ends []*os.File, err error) {
	if s.fifo != "" {
		return nil, nil
	}
	for _, way := range []int{os.O_RDONLY, os.O_WRONLY} {
		var end *os.File
		if e := control(s.conn, func(fd int) (err error) { end, err = reopen(fd, way); return err }); e != nil {
			err = errors.Join(err, e)
			continue
		}
		ends = append(ends, end)
	}
	return ends, err
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
