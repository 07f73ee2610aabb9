package player

import (
	"time"

	"github.com/semabench/semabench/stress/explore/internal/task"
)

// A budget bounds the steps and the time of one task. It is asked between schedules only. Within a
// schedule, Exec.StopAt looks at the deadline.
type budget struct {
	steps    int       // steps left; negative means no bound
	deadline time.Time // zero means no deadline
	late     bool      // the deadline has passed
}

// newBudget starts the clock of a task when the task begins: the time that it waited for its turn
// behind another task counts for neither.
func newBudget(t task.Task) *budget {
	b := &budget{steps: t.Steps}
	if t.Steps == 0 {
		b.steps = -1
	}
	if t.Seconds > 0 {
		b.deadline = time.Now().Add(time.Duration(t.Seconds * float64(time.Second)))
	}
	return b
}

// left reports whether another schedule may be played.
//
// It reads the clock each time. That takes 50 ns, and the shortest schedule some microseconds. A
// schedule of few steps may take a second, if the program computes between them.
func (b *budget) left() bool {
	b.late = b.late || !b.deadline.IsZero() && !time.Now().Before(b.deadline)
	return !b.late && b.steps != 0
}

// spend takes the steps of a schedule from the budget. It never goes below zero, because a negative
// number means that there is no bound.
func (b *budget) spend(steps int) {
	if b.steps > 0 {
		b.steps = max(0, b.steps-steps)
	}
}
