package sampler

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// timeout(1), service managers and terminals signal a whole process group. If the program died of
// such a signal before semabench run received it, run would record a row that failed.
func TestSignalsOfTheGroupAreIgnored(t *testing.T) {
	t.Cleanup(func() { signal.Reset(os.Interrupt, syscall.SIGTERM) })
	ignoreGroupSignals()
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		if !signal.Ignored(s) {
			t.Errorf("%v ends the program", s)
		}
	}
}
