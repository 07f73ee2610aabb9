package process

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// What a client knows of its server. A pipe is open as long as anybody has it open, other clients and
// the client itself among them, so it does not tell that its server is gone. This does:
//
//   - the fifo is not there any more, or is another one;
//   - a server of this package holds a lock on the pipe, and nobody holds it any more;
//   - of those processes above the client that have the pipe open, the first is the server: it
//     has ended, or closed the pipe;
//   - where none of these could be seen when the client joined: its parent has ended.
type server struct {
	pipe   syscall.RawConn
	fifo   string // path, if it has one
	inode  inode
	locked bool
	first  owner // of those above that have the pipe open, or nobody
	parent int
}

func serverOf(pipe syscall.RawConn, fifo string) (server, error) {
	s := server{pipe: pipe, fifo: fifo, parent: os.Getppid()}
	var stat unix.Stat_t
	if err := control(pipe, func(fd int) error { return unix.Fstat(fd, &stat) }); err != nil {
		return s, err
	}
	s.inode = inode{stat.Dev, stat.Ino}
	s.locked = isLocked(pipe)
	s.first = firstAbove(s.inode)
	return s, nil
}

// gone returns what was seen by which the server is gone, or nothing.
func (s server) gone() string {
	var stat unix.Stat_t
	switch {
	case s.fifo != "" && (unix.Stat(s.fifo, &stat) != nil || inode{stat.Dev, stat.Ino} != s.inode):
		return "the server has removed its fifo"
	case s.locked:
		if !isLocked(s.pipe) {
			return "the server has ended, or closed it"
		}
	case s.first != 0:
		has, err := hasOpen(s.first.pid(), s.inode)
		if isDead(s.first) || !has && err == nil {
			return fmt.Sprintf("its server, %v, has ended or closed it", s.first)
		}
	case os.Getppid() != s.parent:
		return "the process that handed it down has ended"
	}
	return ""
}

// lock is for servers. The lock is that of flock(2), which ends with the description of this process.
func lock(pipe syscall.RawConn) error {
	return control(pipe, func(fd int) error { return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
}

// isLocked asks for a shared lock, so that clients who ask at once do not take each other for a server.
func isLocked(pipe syscall.RawConn) bool {
	return control(pipe, func(fd int) error {
		err := unix.Flock(fd, unix.LOCK_SH|unix.LOCK_NB)
		if err == nil {
			err = unix.Flock(fd, unix.LOCK_UN)
		}
		return err
	}) == unix.EWOULDBLOCK
}

// firstAbove returns the uppermost of this process's ancestors that have a file open.
func firstAbove(file inode) (first owner) {
	for pid := os.Getppid(); pid > 0; {
		start, err := startOf(pid)
		if has, _ := hasOpen(pid, file); has && err == nil {
			first = ownerOf(pid, start)
		}
		if pid, err = parentOf(pid); err != nil {
			return first
		}
	}
	return first
}

// parentOf returns which process started another one.
func parentOf(pid int) (int, error) {
	fields, err := statOf(pid)
	if err != nil {
		return 0, err
	}
	const parent = 4
	return strconv.Atoi(string(fields[parent-afterName]))
}

// hasOpen reports whether a process has a file open, and an error if this one may not know.
func hasOpen(pid int, file inode) (bool, error) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	all, err := os.ReadDir(dir)
	for _, fd := range all {
		var stat unix.Stat_t
		if unix.Stat(dir+"/"+fd.Name(), &stat) == nil && (inode{stat.Dev, stat.Ino}) == file {
			return true, nil
		}
	}
	return false, err
}

// hasReader asks before this process has the fifo open itself: a server has it open, and nobody what one
// that was killed has left. Who waited for tokens there would wait for ever.
func hasReader(fifo string) error {
	f, err := os.OpenFile(fifo, os.O_WRONLY|unix.O_NONBLOCK, 0)
	if errors.Is(err, unix.ENXIO) {
		return &Broken{Name: fifo, Fact: "nobody serves it: if its server was killed, remove it"}
	}
	if err != nil {
		return &Broken{fifo, "no jobserver for this process", err}
	}
	return f.Close()
}
