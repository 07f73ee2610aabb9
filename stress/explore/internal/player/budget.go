package player

import (
	"time"

	"github.com/semabench/semabench/stress/explore/internal/task"
)

// A budget bounds the steps and the time of one task. It is asked between schedules only. Within a
// schedule, Exec.StopAt looks at the deadline.
type budget struct {
	steps     int       // steps left; negative means no bound
	deadline  time.Time // zero means no deadline
	unchecked int       // steps since the clock was read
	late      bool      // the deadline has passed
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

// clockEvery is the number of steps between two readings of the clock. A thousand steps take less
// than a millisecond, so a deadline is missed by no more, and reading the clock costs nothing that
// can be measured.
const clockEvery = 1000

// left reports whether another schedule may be played.
func (b *budget) left() bool {
	if b.unchecked >= clockEvery && !b.deadline.IsZero() {
		b.unchecked = 0
		b.late = b.late || time.Now().After(b.deadline)
	}
	return !b.late && b.steps != 0
}

// spend takes the steps of a schedule from the budget. It never goes below zero, because a negative
// number means that there is no bound.
func (b *budget) spend(steps int) {
	b.unchecked += steps
	if b.steps > 0 {
		b.steps = max(0, b.steps-steps)
	}
}
