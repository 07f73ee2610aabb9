//go:build unix

package process

import "syscall"

const canTryToWrite = true

// tryToWrite writes to a non-blocking socket and returns how many bytes it took.
func tryToWrite(fd uintptr, b []byte) int {
	for {
		n, err := syscall.Write(int(fd), b)
		switch err {
		case nil:
			return n
		case syscall.EINTR:
		case syscall.EAGAIN:
			return 0
		default:
			return len(b) // the peer is gone, as who reads from it will see
		}
	}
}
