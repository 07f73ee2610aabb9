//go:build !race || explored

package process

import (
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
)

// queueScenarios are programs whose schedules are all played in a second. In each a request comes to
// the line, or leaves it, while the line becomes empty.
const queueScenarios = "1: a1 r | c1 w1 r | a0\n1: a1 w1 r | c1 | x1\n1: t1 r | t1 r | d1"

// The queue in front of a mechanism without a kernel keeps the contract under every schedule, alone
// and beside another process that never takes a permit.
func TestQueueUnderEverySchedule(t *testing.T) {
	o := explore.Options{Scenario: queueScenarios, Time: time.Hour} // a busy machine plays all of them, too
	if longtest.Asked() {
		o = explore.Options{}
	} else {
		t.Log("three programs; SEMABENCH_LONG=1 plays all that explore.Semaphore knows")
	}
	for name, shared := range map[string]bool{"alone": false, "shared": true} {
		t.Run(name, func(t *testing.T) {
			r := explore.CheckSemaphore(t, o, impls.Impl{
				Name: "queue-" + name, Order: impls.FIFO,
				New: func(size int64) impls.Semaphore {
					f := newFake(size)
					f.shared = shared
					return f
				},
			})
			if r.Verdict == explore.Fail || r.Verdict == explore.Refused {
				t.Error(r.Text)
			}
			if o.Scenario != "" && !r.Complete {
				t.Errorf("not all schedules were played: %s", r.Text)
			}
		})
	}
}
