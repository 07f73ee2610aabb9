package explore

import (
	"fmt"
	"slices"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
)

// minimise returns a schedule that shows the same with as few preemptions as can be found: first it
// plays all with none, with one and with two, which for a bug that is real is most often enough, and
// then it drops turns one after the other.
func (s *search) minimise(f *finding) (least string) {
	s.deadline = time.Now().Add(patience)
	for bound := range min(f.preempted, 3) {
		if s.withPreemptions(f, bound) {
			break
		}
	}
	for changed := true; changed && time.Now().Before(s.deadline); {
		changed = false
		for i := len(f.schedule) - 1; i >= 0 && time.Now().Before(s.deadline); i-- {
			shorter := slices.Delete(slices.Clone(f.schedule), i, i+1)
			if s.shows(f, shorter) {
				changed = true
				break
			}
		}
	}
	return fmt.Sprintf("%d preemption(s) are enough", f.preempted)
}

// patience bounds the time for all of it.
const patience = 10 * time.Second

// tries bounds how many schedules are played for each number of preemptions.
const tries = 5_000

func (s *search) withPreemptions(f *finding, bound int) bool {
	recorder := &strategy.Recorder{Search: &strategy.DFS{Preemptions: bound}}
	for i := range tries {
		if i&63 == 63 && time.Now().After(s.deadline) {
			return false
		}
		if s.play(s.exec, recorder) == f.what {
			f.schedule, f.preempted = slices.Clone(recorder.Schedule), len(recorder.Preempted)
			return true
		}
		if !recorder.Done(s.exec) {
			return false
		}
	}
	return false
}

// shows plays a schedule and keeps what was really played if it shows what f does.
func (s *search) shows(f *finding, schedule strategy.Schedule) bool {
	recorder := &strategy.Recorder{Search: &strategy.Replay{Schedule: schedule}}
	if s.play(s.exec, recorder) != f.what {
		return false
	}
	if len(recorder.Schedule) > len(schedule) || len(recorder.Preempted) > f.preempted {
		return false
	}
	f.schedule, f.preempted = slices.Clone(recorder.Schedule), len(recorder.Preempted)
	return true
}
