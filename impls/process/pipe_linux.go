package process

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// reopen opens the pipe behind a descriptor once more.
func reopen(fd, flags int) (*os.File, error) {
	f, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", fd), flags, 0)
	if err != nil {
		return nil, fmt.Errorf("process: jobserver: opening its pipe again: %w", err)
	}
	return f, nil
}

// control calls the kernel with the descriptor of a file, again if a signal came in between.
func control(file syscall.RawConn, call func(fd int) error) (err error) {
	controlled := file.Control(func(fd uintptr) {
		for err = unix.EINTR; err == unix.EINTR; {
			err = call(int(fd))
		}
	})
	if controlled != nil {
		return controlled
	}
	return err
}

// A mover reads and writes a pipe without waiting, and without an allocation for each call, as the closures
// that the runtime wants are made once. It is used by one at a time.
type mover struct {
	conn             syscall.RawConn
	reading, writing func(fd uintptr)
	bytes            []byte
	n                int
	err              error
}

func (m *mover) begin(conn syscall.RawConn) {
	m.conn = conn
	m.reading = func(fd uintptr) { m.n, m.err = unix.Read(int(fd), m.bytes) }
	m.writing = func(fd uintptr) { m.n, m.err = unix.Write(int(fd), m.bytes) }
}

func (m *mover) read(b []byte) (int, error)  { return m.move(m.reading, b) }
func (m *mover) write(b []byte) (int, error) { return m.move(m.writing, b) }

func (m *mover) move(call func(fd uintptr), b []byte) (int, error) {
	m.bytes = b
	for {
		if err := m.conn.Control(call); err != nil {
			return 0, err
		}
		if m.err != unix.EINTR {
			return m.n, m.err
		}
	}
}
