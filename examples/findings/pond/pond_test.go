package pond_test

import (
	"testing"

	"github.com/alitto/pond"

	"github.com/semabench/semabench/stress/explore"

	"example.org/findings"
)

// The purger stops the idle worker while a task is on its way to it.
func TestPondKeepsATask(t *testing.T) {
	findings.MustFailInTime(t, func(*explore.T) {
		pool := pond.New(1, 1)
		pool.SubmitAndWait(func() {})
		done := make(chan struct{})
		pool.Submit(func() { close(done) })
		<-done
		pool.StopAndWait()
	}, "deadlock")
}
