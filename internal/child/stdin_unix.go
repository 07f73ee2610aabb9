//go:build unix

package child

import (
	"os"
	"syscall"
)

// Stdin returns standard input as a file that the runtime poller reads. It is meant for a child
// that waits for the end of its standard input, which tells it that its parent has died.
//
// A read of [os.Stdin] blocks in the kernel and occupies a thread. With Go 1.26.8, a runtime.GC
// that began at the same time as such a read once never stopped the world, and the process was
// stuck.
func Stdin() *os.File {
	if err := syscall.SetNonblock(0, true); err != nil {
		return os.Stdin
	}
	return os.NewFile(0, "standard input")
}
