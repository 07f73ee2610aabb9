package parent

import (
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/task"
)

// Whatever -timeout leaves, the schedules end before the result is needed, and the result is there before
// go test ends the process. Without -timeout the user's time counts.
func TestWithin(t *testing.T) {
	if w := newWithin(time.Minute, time.Time{}); w.explore != time.Minute || w.shorter || w.left() != 0 {
		t.Errorf("without a deadline: %+v", w)
	}
	for _, left := range []time.Duration{
		-time.Second, time.Millisecond, time.Second, 4 * time.Second, 30 * time.Second, 10 * time.Minute,
	} {
		deadline := time.Now().Add(left)
		w := newWithin(20*time.Second, deadline)
		end := time.Now().Add(w.explore)
		if left > 0 && (end.After(w.deadline.Add(left/100)) || !w.deadline.Before(deadline)) {
			t.Errorf("%v left: schedules for %v, result %v before the deadline", left, w.explore,
				deadline.Sub(w.deadline))
		}
		if want := left <= 30*time.Second; w.shorter != want || w.explore <= 0 {
			t.Errorf("%v left: %v to explore, shorter: %v, want %v", left, w.explore, w.shorter, want)
		}
	}
}

// A failure that is found early is minimised in the rest of the time to explore. A failure at the
// end has a few seconds, however long the exploration was, and never more than go test leaves.
func TestTimeToDescribe(t *testing.T) {
	for _, c := range []struct {
		explore, timeout time.Duration // that are left
		least, most      float64
	}{
		{20 * time.Second, 0, 39, 40},
		{time.Millisecond, 0, 6, 6},
		{-time.Second, 0, 6, 6}, // the last answer came late
		{20 * time.Second, 4 * time.Second, 3, 4},
		{0, 2 * time.Second, 1, 2},
	} {
		coordinator := &coordinator{tasks: newDispatcher(task.Options{Schedules: 1, Strategy: "random"}, 1)}
		coordinator.tasks.deadline = time.Now().Add(c.explore)
		if c.timeout > 0 {
			coordinator.within.deadline = time.Now().Add(c.timeout)
		}
		if got := coordinator.describing(); got < c.least || got > c.most {
			t.Errorf("%v left to explore, %v of -timeout: %.1f s, want %v to %v",
				c.explore, c.timeout, got, c.least, c.most)
		}
	}
}

// When the deadline comes, a failure that was found is reported, and otherwise the result is unknown.
func TestOutOfTime(t *testing.T) {
	o := task.Options{Schedules: 10, Strategy: "random", Time: time.Hour}
	c := &coordinator{exploration: &Exploration{}, tasks: newDispatcher(o, 1)}
	if r := c.outOfTime([]string{""}); r.Verdict != "unknown" || r.Bound != "time" {
		t.Errorf("%s, bound %q, want unknown for time", r.Verdict, r.Bound)
	}
	c.early = &task.Finding{Schedule: "x2.2", What: "n = 1", Nth: 3}
	if r := c.outOfTime([]string{""}); r.Verdict != "fail" || r.Schedule != "x2.2" || r.Schedules != 3 {
		t.Errorf("%s, %q, want the failure that was found: %s", r.Verdict, r.Schedule, r.Text)
	}
}
