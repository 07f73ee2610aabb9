//go:build unix

package process

import "syscall"

const canWriteNonblocking = true

// writeNonblocking writes to a non-blocking socket and returns how many bytes it accepted. On an
// error it returns len(b), so that the bytes are dropped: the connection has failed, and the
// goroutine that reads from it will report that.
func writeNonblocking(fd uintptr, b []byte) int {
	for {
		n, err := syscall.Write(int(fd), b)
		switch err {
		case nil:
			return n
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0
		default:
			return len(b)
		}
	}
}
