package parent

import (
	"context"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/verdict"
)

// A within is the time that an exploration has. There are two bounds. The user chooses the time to
// explore, and go test ends this process at the deadline of its flag -timeout. At that deadline there is
// no result, and the players and their files would be left. So the exploration ends before: it gives
// up a part of its own time if need be.
type within struct {
	explore  time.Duration // for the schedules
	shorter  bool          // the deadline left less than the user has chosen
	deadline time.Time     // by which the result is needed; zero means never
}

const (
	// mostReserve bounds the time that is kept for the end, after the last task: minimising takes
	// 10 s at most, and describing and confirming play some schedules.
	mostReserve = 20 * time.Second

	// leastEnd is kept for the end of the processes and of the test, where the time allows it. It
	// takes milliseconds on a quiet machine.
	leastEnd = time.Second
)

// newWithin divides the time until the deadline. A third of it is kept for the description of a
// failure, and of that third a part for the end of the processes and of the test.
func newWithin(explore time.Duration, deadline time.Time) within {
	w := within{explore: explore}
	if deadline.IsZero() {
		return w
	}
	left := time.Until(deadline)
	end := min(max(left/8, min(left/2, leastEnd)), mostReserve/4)
	w.deadline = deadline.Add(-end)
	if most := max(left-max(min(left/3, mostReserve), end), time.Nanosecond); most < explore {
		w.explore, w.shorter = most, true
	}
	return w
}

// context returns a context that ends when the result is needed. The players end with it.
func (w within) context(ctx context.Context) (context.Context, context.CancelFunc) {
	if w.deadline.IsZero() {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, w.deadline)
}

// left returns the seconds until the result is needed, and 0 if there is no such bound.
func (w within) left() float64 {
	if w.deadline.IsZero() {
		return 0
	}
	return max(0.001, time.Until(w.deadline).Seconds())
}

// leastMinimise is the time to minimise a failure that was found when the time to explore was almost over.
// After -explore.time=20s the result comes within 23 s, and the few schedules that its description plays.
const leastMinimise = 3 * time.Second

// describing returns the seconds for the description of a failure. A player minimises for half of them.
// What is left of the time to explore may be used for it: no more schedules are played.
func (c *coordinator) describing() float64 {
	seconds := 2 * max(leastMinimise, time.Until(c.tasks.deadline)).Seconds()
	if left := c.within.left(); left > 0 {
		seconds = min(seconds, left)
	}
	return seconds
}

// leastDecide is the time for the decision of a failure that was described when the time to explore was over.
const leastDecide = time.Second

// deciding returns the seconds for the search for the decision of a failure.
func (c *coordinator) deciding() float64 {
	seconds := max(leastDecide, time.Until(c.tasks.deadline)).Seconds()
	if left := c.within.left(); left > 0 {
		seconds = min(seconds, left/2)
	}
	return seconds
}

// counted returns everything that was counted until now, for the verdict.
func (c *coordinator) counted(names []string, interrupted bool) *verdict.Exploration {
	e := c.tasks.exploration(names, interrupted)
	e.Timeout, e.At, e.Detector = c.within.shorter, c.cutAt(), c.exploration.detector()
	return e
}

// cutAt asks the processes for the place of the schedule that each is in, if one of them had to be given
// up in the middle of a step. It returns the first place, or "".
func (c *coordinator) cutAt() string {
	if !c.hurry {
		return ""
	}
	answers := time.After(placeTime)
	for _, p := range c.processes {
		p.stdin.Close()
	}
	for _, p := range c.processes {
		select {
		case at := <-p.at:
			return at
		case <-p.ended:
		case <-answers:
			return ""
		}
	}
	return ""
}

// placeTime is how long the parent waits for the place of a schedule that it gives up.
const placeTime = 300 * time.Millisecond

// outOfTime returns the result when the deadline came before it was known. A failure that was found is
// told although there was no time to minimise it.
func (c *coordinator) outOfTime(names []string) *verdict.Result {
	c.tasks.late, c.within.shorter = true, true
	found := c.tasks.found
	if found == nil {
		found = c.early
	}
	e := c.counted(names, false)
	if found == nil || found.Schedule == "" {
		return e.Result()
	}
	r := verdict.NotDescribed(found, names[found.Program])
	e.Count(r)
	return r
}

// prepared waits for the answer of the first process to Prepare. It reports cut if the process has
// been in one schedule since the time was over.
//
// The time of the exploration begins when the test has come to the call that is explored. The
// schedules that Prepare plays are a part of it.
func (c *coordinator) prepared(first *process, explore time.Duration) (m message, cut bool) {
	ready := first.ready
	var over <-chan time.Time
	tick := time.NewTicker(progressInterval)
	defer tick.Stop()
	for {
		select {
		case <-ready:
			ready = nil
			c.tasks.deadline = time.Now().Add(explore)
			over = time.After(explore + lateness)
			c.progress.start(c.tasks, 1)
		case <-over:
			// The answer may have come at the same time, and then it counts.
			select {
			case m := <-c.messages:
				return m, false
			default:
				return message{}, true
			}
		case m := <-c.messages:
			c.tasks.deadline = later(c.tasks.deadline, time.Now().Add(min(explore, leastTime)))
			return m, false
		case <-tick.C:
			c.progress.write(doingExplore)
		}
	}
}

// leastTime is the time of the tasks even if Prepare has used all of it. Otherwise an exploration of
// a slow program would never play a schedule.
const leastTime = 500 * time.Millisecond

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// await returns the next message. Until then it shows that the exploration goes on.
func (c *coordinator) await(messages <-chan message) message {
	tick := time.NewTicker(progressInterval)
	defer tick.Stop()
	for {
		select {
		case m := <-messages:
			return m
		case <-tick.C:
			c.progress.write(doingFinish)
		}
	}
}
