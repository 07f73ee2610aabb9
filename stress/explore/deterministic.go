package explore

import (
	"fmt"
	"slices"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/observe"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

const nondeterministic = "the program does not do the same under the same schedule"

// nondeterminism plays some schedules twice and says where the program did not do the same.
func nondeterminism(p program, o Options) string {
	limits := o.limits()
	limits.Positions = true
	x := schedrt.New(limits)
	defer x.Close()
	for seed := range uint64(3) {
		recorder := &strategy.Recorder{Search: strategy.NewRandom(seed)}
		p.playOn(x, recorder)
		first, places := slices.Clone(x.Trace.Steps), slices.Clone(x.Trace.Places)
		touched := accesses(&x.Trace)
		replay := &strategy.Replay{Schedule: recorder.Schedule}
		p.playOn(x, replay)
		again := accesses(&x.Trace)
		for i := range max(len(first), len(x.Trace.Steps)) {
			if same(first, x.Trace.Steps, i) && slices.Equal(touched[i], again[i]) {
				continue
			}
			return fmt.Sprintf(nondeterministic+": at step %d, %s the "+
				"first time and %s the second. Look for the order of a map, a real clock, random numbers, "+
				"addresses, and state that is left from one schedule to the next",
				i, stepAt(first, places, i), stepAt(x.Trace.Steps, x.Trace.Places, i))
		}
	}
	return ""
}

// refused begins what is said of a schedule that comes to something out of control.
const refused = "refused: "

// outOfReach says why nothing can be explored in this process, nil if it can.
func outOfReach() *Result {
	for wait := 0; wait < 100 && schedrt.UncontrolledGoroutines() != ""; wait++ {
		time.Sleep(10 * time.Millisecond) // they may be about to end, and nothing tells when
	}
	if who := schedrt.UncontrolledGoroutines(); who != "" {
		return &Result{Verdict: "refused", What: refused + who, Text: refused + who}
	}
	return nil
}

// refusal says where the program comes to what cannot be put under control, in the schedule that was
// just played.
func (s *search) refusal(what string) *Result {
	text := what
	if at := observe.RelativePosition(s.exec.Outcome.PCs); at != "" {
		text += " (" + at + ")"
	}
	return &Result{Verdict: "refused", What: what, Text: text, Schedules: 1}
}

func same(a, b []schedrt.Event, i int) bool {
	return i < len(a) && i < len(b) && a[i].G == b[i].G && a[i].Kind == b[i].Kind && a[i].Choice == b[i].Choice
}

// accesses returns what each step touched.
func accesses(t *schedrt.Trace) (all [][]schedrt.Access) {
	for i := range t.Steps {
		all = append(all, slices.Clone(t.Accesses(&t.Steps[i])))
	}
	return all
}

func stepAt(steps []schedrt.Event, places []schedrt.Place, i int) string {
	if i >= len(steps) {
		return "nothing more"
	}
	return fmt.Sprintf("goroutine %d: %s", steps[i].G, observe.Describe(&steps[i], places[i]))
}
