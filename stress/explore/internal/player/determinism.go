package player

import (
	"fmt"
	"slices"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/observe"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// determinismSeeds is the number of random schedules that checkDeterminism plays twice. The first
// one finds nearly all programs that depend on more than the schedule, and each costs two
// executions.
const determinismSeeds = 3

// checkDeterminism plays some random schedules twice, and returns a result if the program did not
// do the same both times. It also returns the first of these schedules that failed, or nil.
//
// The second execution replays the decisions of the first. The two must agree in every step: in its
// goroutine, its operation, its choice and the objects that it touches. Comparing the outcomes
// alone would miss differences that matter only in other schedules. The schedules are random and
// not the default one. A program with a hidden choice, such as a map order or the time, shows it
// only where the order of its steps is unusual, too.
func (s *search) checkDeterminism() (r *verdict.Result, failed *failing) {
	limits := limits(s.options)
	limits.Positions = true
	x := schedrt.New(limits)
	defer x.Close()
	x.StopAt(time.Now().Add(s.options.Time / 4)) // the rest of the time is for the exploration
	for seed := range uint64(determinismSeeds) {
		recorder := &strategy.Recorder{Search: strategy.NewRandom(seed)}
		what := s.play(x, recorder)
		// A schedule that was cut off differs from its twin by where it was cut.
		if x.TimeIsOver() {
			break
		}
		first := copyOf(&x.Trace)
		schedule, preempted := slices.Clone(recorder.Schedule), len(recorder.Preempted)
		again := s.play(x, &strategy.Replay{Schedule: schedule})
		second := copyOf(&x.Trace)
		if x.TimeIsOver() {
			break
		}
		for i := range max(len(first.steps), len(second.steps)) {
			if !first.agrees(second, i) {
				return verdict.Nondeterministic(i, first.describe(i), second.describe(i)), nil
			}
		}
		// Equal steps with different endings: the program judged something that the schedule does
		// not decide. A data race is excepted, because the detector may miss it one time.
		if (what == "") != (again == "") && max(what, again) != verdict.DataRace {
			return verdict.Nondeterministic(len(first.steps), ending(what), ending(again)), nil
		}
		if what != "" && failed == nil {
			failed = &failing{
				Finding: task.Finding{
					What: what, Strategy: "random", Nth: int(seed) + 1, Preempted: preempted,
				},
				schedule: schedule,
			}
		}
	}
	return nil, failed
}

// ending describes how a schedule ended, for a report of nondeterminism.
func ending(what string) string {
	if what == "" {
		return "the end without a failure"
	}
	return what
}

// A traceCopy keeps a trace while its execution plays another schedule.
type traceCopy struct {
	steps    []schedrt.Event
	places   []schedrt.Place
	accesses [][]schedrt.Access // by step
}

func copyOf(t *schedrt.Trace) traceCopy {
	c := traceCopy{steps: slices.Clone(t.Steps), places: slices.Clone(t.Places)}
	for i := range t.Steps {
		c.accesses = append(c.accesses, slices.Clone(t.Accesses(&t.Steps[i])))
	}
	return c
}

// agrees reports whether both traces have step i, and it is the same one.
func (c traceCopy) agrees(other traceCopy, i int) bool {
	if i >= len(c.steps) || i >= len(other.steps) {
		return false
	}
	a, b := &c.steps[i], &other.steps[i]
	return a.G == b.G && a.Kind == b.Kind && a.Choice == b.Choice &&
		slices.Equal(c.accesses[i], other.accesses[i])
}

func (c traceCopy) describe(i int) string {
	if i >= len(c.steps) {
		return "nothing more"
	}
	return fmt.Sprintf("goroutine %d: %s", c.steps[i].G, observe.Describe(&c.steps[i], c.places[i]))
}

// foreignGoroutines says which goroutines the scheduler does not control, or "" if there are none.
// Such goroutines were started before the exploration, by an initializer for example. They get a
// second to end, and are polled because nothing announces their end.
func foreignGoroutines() string {
	for wait := 0; wait < 100 && schedrt.UncontrolledGoroutines() != ""; wait++ {
		time.Sleep(10 * time.Millisecond)
	}
	return schedrt.UncontrolledGoroutines()
}
