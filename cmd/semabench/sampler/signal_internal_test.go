package sampler

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// timeout(1), service managers and terminals signal a whole group of processes. A program that dies of
// that before semabench run has heard of it would be a row that failed.
func TestSignalsOfTheGroupAreIgnored(t *testing.T) {
	t.Cleanup(func() { signal.Reset(os.Interrupt, syscall.SIGTERM) })
	outliveGroup()
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		if !signal.Ignored(s) {
			t.Errorf("%v ends the program", s)
		}
	}
}
