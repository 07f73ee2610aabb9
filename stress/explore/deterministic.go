package explore

import (
	"fmt"
	"slices"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/internal/witness"
	"github.com/semabench/semabench/stress/explore/sched"
)

// nondeterminism plays some schedules twice and says where the program did not do the same.
func nondeterminism(p program, o Options) string {
	limits := o.limits()
	limits.Positions = true
	x := sched.New(limits)
	defer x.Close()
	for seed := range uint64(3) {
		recorder := &strategy.Recorder{Search: strategy.NewRandom(seed)}
		p.playOn(x, recorder)
		first, places := slices.Clone(x.Trace.Steps), slices.Clone(x.Trace.Places)
		replay := &strategy.Replay{Schedule: recorder.Schedule}
		p.playOn(x, replay)
		for i := range max(len(first), len(x.Trace.Steps)) {
			if same(first, x.Trace.Steps, i) {
				continue
			}
			return fmt.Sprintf("the program does not do the same under the same schedule: at step %d, %s the "+
				"first time and %s the second. Look for the order of a map, a real clock, random numbers, "+
				"addresses, and state that is left from one schedule to the next",
				i, stepAt(first, places, i), stepAt(x.Trace.Steps, x.Trace.Places, i))
		}
	}
	return ""
}

func same(a, b []sched.Event, i int) bool {
	return i < len(a) && i < len(b) && a[i].G == b[i].G && a[i].Kind == b[i].Kind
}

func stepAt(steps []sched.Event, places []sched.Place, i int) string {
	if i >= len(steps) {
		return "nothing more"
	}
	return fmt.Sprintf("goroutine %d: %s", steps[i].G, witness.Describe(&steps[i], places[i]))
}
