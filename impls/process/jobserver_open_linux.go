package process

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

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
