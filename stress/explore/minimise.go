package explore

import (
	"slices"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
)

// minimise returns a schedule that shows the same with as few preemptions as can be found: first it
// plays all with none, with one and with two, which for a bug that is real is most often enough, and
// then it drops turns one after the other.
func (s *search) minimise(f *finding) {
	for bound := range min(f.preempted, 3) {
		if s.withPreemptions(f, bound) {
			break
		}
	}
	for changed := true; changed; {
		changed = false
		for i := len(f.schedule) - 1; i >= 0; i-- {
			shorter := slices.Delete(slices.Clone(f.schedule), i, i+1)
			if s.shows(f, shorter) {
				changed = true
				break
			}
		}
	}
}

// tries bounds how many schedules are played for each number of preemptions.
const tries = 5_000

func (s *search) withPreemptions(f *finding, bound int) bool {
	recorder := &strategy.Recorder{Search: &strategy.DFS{Preemptions: bound}}
	for range tries {
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
