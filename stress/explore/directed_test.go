package explore_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/internal/semaphore"
	"github.com/semabench/semabench/stress/internal/designs"
	"github.com/semabench/semabench/stress/internal/mutant"
	"github.com/semabench/semabench/stress/internal/odd"
)

// Each directed program refutes a semaphore with a defect that no scenario of a few calls shows.
var directedKills = []struct {
	program, mutant, clause string
	races                   bool
}{
	{"alone 4200 times", "rebalancing", "C36", false},
	{"line of 260", "one-wakeup", "C18", false},
	{"moving line of 120", "wrapped-growth", "C27", false},
	{"leavers 1100 in turn", "bounded-line", "C36", false},
	{"one ctx for four", "by-channel", "C22", true},
	{"deadline after a grant", "timer-kept", "C31", true},
	{"deadline of a caller", "reads-deadline", "C35", true},
	{"deadline of a caller", "impatient", "C35", true},
	{"surplus release", "growing", "C10", true},
	{"moving line of 120", "swapped-hole", "C27", false},
}

func TestDirectedProgramsRefute(t *testing.T) {
	planted := slices.Concat(mutant.All(), mutant.Kinds())
	for _, c := range directedKills {
		t.Run(c.program+"/"+c.mutant, func(t *testing.T) {
			if !c.races {
				needLong(t)
			}
			i := slices.IndexFunc(planted, func(m mutant.Mutant) bool { return m.Name == c.mutant })
			o := explore.Options{Scenario: c.program, Strategy: "pct1", Schedules: 1, Time: time.Minute}
			if c.races {
				o.Strategy, o.Schedules = "pct2", 60
			}
			r := explore.CheckSemaphore(t, o, planted[i].Impl)
			if r.Verdict != explore.Fail || !strings.HasPrefix(r.What, c.clause) {
				t.Errorf("%s %s after %d schedules, want a failure of %s", r.Verdict, r.What, r.Schedules, c.clause)
			}
		})
	}
}

// No directed program refutes a correct semaphore.
func TestDirectedProgramsPass(t *testing.T) {
	right := []impls.Impl{mutant.Reference}
	if long := longOr(t, "correct semaphores", 32, 1) > 1; long {
		right = slices.Concat(right, impls.All(), designs.All(), odd.All())
	}
	for i, impl := range right {
		t.Run(fmt.Sprint(i, impl.Name), func(t *testing.T) {
			for _, races := range []bool{true, false} {
				o := explore.Options{Strategy: "pct1", Schedules: 1, Time: time.Minute}
				if races {
					o.Strategy, o.Schedules = "dpor", 60
				} else if len(right) == 1 {
					break
				}
				o.Scenario = strings.Join(semaphore.Directed(impl, races), "\n")
				r := explore.CheckSemaphore(t, o, impl)
				if r.Verdict != explore.Pass && r.Verdict != explore.Unknown {
					t.Errorf("%s %s: %s", r.Verdict, r.What, r.Text)
				}
			}
		})
	}
}
