package pond2_test

import (
	"testing"

	pond2 "github.com/alitto/pond/v2"

	"github.com/semabench/semabench/stress/explore"

	"example.org/findings"
)

// The pool counts a task after Wait has returned for it.
func TestPondCountsLate(t *testing.T) {
	findings.MustFail(t, func(t *explore.T) {
		pool := pond2.NewPool(1)
		pool.Submit(func() {}).Wait()
		if n := pool.SuccessfulTasks(); n != 1 {
			t.Errorf("%d tasks are done, want 1", n)
		}
		pool.Stop().Wait()
	}, "0 tasks are done, want 1")
}
