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
