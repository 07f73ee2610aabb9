package player

import (
	"time"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// The bounds of the search for the decision. They count schedules and steps, so that the answer is the
// same on every machine. The number of draws is small because most first steps of a failing schedule
// leave many ways to pass; a state after which one in a hundred continuations passes is left to dpor.
const (
	drawnContinuations = 30
	mostContinuations  = 500     // that dpor plays after the same steps
	decisionLength     = 5_000   // steps of a failing schedule; the search plays a longer one too slowly
	decisionSteps      = 300_000 // of all continuations together: about a second under the race detector
)

// decision finds the decision of a failing schedule after which every schedule fails. It returns nil
// if the bounds of the search leave that open.
//
// If every continuation of some first steps fails, then so does every continuation of more of these
// steps. So bisection finds the smallest number of steps, with few numbers to try. For each number, some
// continuations are drawn: if many pass, one of these soon shows. Then dpor plays one of
// each class. A continuation of another failure counts as failing. A continuation that is cut off at the
// bound on steps is not known to fail, so it counts as passing.
//
// The bound on time is only reached by programs that compute for long between their operations.
func (s *search) decision(f *failing, until time.Time) *failure.Decision {
	if f.Long {
		return nil
	}
	for _, x := range []*schedrt.Exec{s.exec, s.dpor} {
		x.StopAt(until)
		defer x.StopAt(time.Time{})
	}
	if s.play(s.exec, &strategy.Replay{Schedule: f.schedule}) == "" {
		return nil
	}
	steps := strategy.FixedOf(&s.exec.Trace)
	if len(steps) > decisionLength {
		return nil
	}
	c := continuations{search: s, until: until, left: decisionSteps}
	best := &failure.Decision{Step: len(steps), Schedules: 1, All: true}
	// From the start first: it is the answer for every test that fails without any concurrency.
	for low, at := 0, 0; at < best.Step; at = (low + best.Step) / 2 {
		d, answer := c.after(steps[:at])
		if answer == notKnown {
			best.Late = true
			break
		}
		if answer == allFail {
			best = d
		} else {
			low = at + 1
		}
	}
	switch {
	case best.Late && best.Step == len(steps):
		return nil // nothing is known but that this schedule fails
	case best.Step > 0:
		best.G = int(steps[best.Step-1].G)
	}
	return best
}

// continuations plays what can come after the first steps of a schedule.
type continuations struct {
	*search
	until time.Time
	left  int // steps that may still be played
}

// An answer says how the continuations of some steps end.
type answer int

const (
	allFail   answer = iota // each continuation that was played
	onePasses               // or may pass
	notKnown                // the bounds of the whole search are reached
)

// after plays continuations of steps until one does not fail.
func (c *continuations) after(steps []strategy.Fixed) (*failure.Decision, answer) {
	d := &failure.Decision{Step: len(steps)}
	draws := &strategy.Prefix{Search: strategy.NewRandom(1), Steps: steps}
	for range drawnContinuations {
		fails, over := c.fails(c.exec, draws)
		switch {
		case over:
			return nil, notKnown
		case !fails:
			return nil, onePasses
		}
	}
	tree := &strategy.DPOR{}
	tree.Continue(steps)
	for {
		fails, over := c.fails(c.dpor, tree)
		switch {
		case over:
			return nil, notKnown
		case c.dpor.Outcome.Kind == schedrt.Pruned: // an equal continuation was played
		case !fails:
			return nil, onePasses
		default:
			d.Schedules++
		}
		if !tree.Done(c.dpor) {
			d.All = true
			return d, allFail
		}
		if d.Schedules == mostContinuations {
			d.Schedules += drawnContinuations
			return d, allFail
		}
	}
}

// fails plays a continuation. It reports whether the continuation fails, and whether a bound is reached.
func (c *continuations) fails(x *schedrt.Exec, st strategy.Search) (fails, over bool) {
	what := c.play(x, st)
	c.left -= len(x.Trace.Steps)
	over = c.left < 0 || x.TimeIsOver() || !time.Now().Before(c.until)
	return what != "" && x.Outcome.Kind != schedrt.Refused, over
}
