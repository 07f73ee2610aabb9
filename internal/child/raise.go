package child

import (
	"os"
	"time"
)

// DieOf ends this process by a signal that it has caught, so that its parent sees the process die of
// that signal. The caller has called [signal.Stop] for it. If the signal cannot be sent, as on
// Windows, the process exits with code 1. If another handler of this process still catches the signal, DieOf
// returns after a second.
//
// [signal.Stop]: https://pkg.go.dev/os/signal#Stop
func DieOf(s os.Signal) {
	if self, err := os.FindProcess(os.Getpid()); err != nil || self.Signal(s) != nil {
		os.Exit(1)
	}
	time.Sleep(signalDelay) // the kernel delivers the signal to any thread, perhaps not this one
}
