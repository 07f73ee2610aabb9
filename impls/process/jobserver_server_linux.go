package process

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// A serverInfo holds the facts by which a client detects that its server has ended. The
// pipe itself does not tell: it stays open while any process has it open, and the clients do.
// A client detects the end by the first of these signs that applies:
//
//   - The fifo is gone, or another fifo is at its path.
//   - The pipe was locked when the client joined, as servers of this package lock it, and is
//     not locked any more.
//   - The server is the uppermost ancestor of the client that had the pipe open when the client
//     joined. That process has ended, or has closed the pipe.
//   - If there was no such ancestor: the parent of the client has ended.
type serverInfo struct {
	pipe   syscall.RawConn // nil in a server
	fifo   string          // path, or "" for a pipe without a name
	inode  inode
	locked bool
	holder owner // uppermost ancestor that had the pipe open, or 0
	parent int
}

// findServer records the signs by which a client will detect the end of its server.
func findServer(pipe syscall.RawConn, fifo string) (serverInfo, error) {
	s := serverInfo{pipe: pipe, fifo: fifo, parent: os.Getppid()}
	var stat unix.Stat_t
	err := withDescriptor(pipe, func(fd int) error { return unix.Fstat(fd, &stat) })
	if err != nil {
		return s, err
	}
	s.inode = inode{stat.Dev, stat.Ino}
	s.locked = isPipeLocked(pipe)
	s.holder = uppermostHolder(s.inode)
	return s, nil
}

// endedReason returns the sign by which the server has ended, or "".
func (s serverInfo) endedReason() string {
	var stat unix.Stat_t
	switch {
	case s.fifo != "" && (unix.Stat(s.fifo, &stat) != nil || inode{stat.Dev, stat.Ino} != s.inode):
		return "the server has removed its fifo"
	case s.locked:
		if !isPipeLocked(s.pipe) {
			return "the server has ended, or closed it"
		}
	case s.holder != 0:
		open, err := hasOpen(s.holder.pid(), s.inode)
		if isDead(s.holder) || !open && err == nil {
			return fmt.Sprintf("its server, %v, has ended or closed it", s.holder)
		}
	case os.Getppid() != s.parent:
		return "the process that handed it down has ended"
	}
	return ""
}

// lockPipe locks the pipe for a server, by flock(2). The kernel releases the lock when the
// server's file description is closed. Children do not inherit that description.
func lockPipe(pipe syscall.RawConn) error {
	return withDescriptor(pipe, func(fd int) error {
		return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
	})
}

// isPipeLocked reports whether a server holds the lock. It tries for a shared lock: with an
// exclusive one, two clients that check at once would each take the other for a server.
func isPipeLocked(pipe syscall.RawConn) bool {
	return withDescriptor(pipe, func(fd int) error {
		err := unix.Flock(fd, unix.LOCK_SH|unix.LOCK_NB)
		if err == nil {
			err = unix.Flock(fd, unix.LOCK_UN)
		}
		return err
	}) == unix.EWOULDBLOCK
}

// uppermostHolder returns the uppermost ancestor of this process that has a file open, or 0.
func uppermostHolder(file inode) (holder owner) {
	for pid := os.Getppid(); pid > 0; {
		start, err := startOf(pid)
		if open, _ := hasOpen(pid, file); open && err == nil {
			holder = ownerOf(pid, start)
		}
		if pid, err = parentOf(pid); err != nil {
			return holder
		}
	}
	return holder
}

// parentOf returns the pid of the parent of a process.
func parentOf(pid int) (int, error) {
	fields, err := statOf(pid)
	if err != nil {
		return 0, err
	}
	const parent = 4
	return strconv.Atoi(string(fields[parent-firstStatField]))
}

// hasOpen reports whether a process has a file open. It returns an error if this process may not
// see the descriptors of that process.
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

// checkFifoServed returns an error if no process has the fifo open for reading: its server was
// killed and left it behind, and a client would wait for tokens forever. It must run before this
// process opens the fifo, because it would then find this process itself.
func checkFifoServed(fifo string) error {
	f, err := os.OpenFile(fifo, os.O_WRONLY|unix.O_NONBLOCK, 0)
	if errors.Is(err, unix.ENXIO) {
		return &Broken{Name: fifo, Fact: "no process serves it: if its server was killed, remove it"}
	}
	if err != nil {
		return &Broken{fifo, "no jobserver for this process", err}
	}
	return f.Close()
}

// reopen opens the pipe behind a descriptor a second time, with a file description of its own.
func reopen(fd, flags int) (*os.File, error) {
	f, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", fd), flags, 0)
	if err != nil {
		return nil, fmt.Errorf("process: jobserver: opening its pipe again: %w", err)
	}
	return f, nil
}

// withDescriptor calls a system call with the descriptor of a file, and repeats it if a signal
// interrupted it.
func withDescriptor(file syscall.RawConn, call func(fd int) error) (err error) {
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
