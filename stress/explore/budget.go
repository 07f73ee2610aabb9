package explore

import "time"

// A budget is what of a task may still be played.
type budget struct {
	steps    int       // left; negative is no bound
	deadline time.Time // zero is none
	unseen   int       // steps since the clock was looked at
	late     bool
}

func newBudget(t task) *budget {
	b := &budget{steps: t.Steps}
	if t.Steps == 0 {
		b.steps = -1
	}
	if t.Seconds > 0 {
		b.deadline = time.Now().Add(time.Duration(t.Seconds * float64(time.Second)))
	}
	return b
}

// clockEvery is how many steps are taken between looks at the clock: under a millisecond.
const clockEvery = 1000

// has reports whether another schedule may be played.
func (b *budget) has() bool {
	if b.unseen >= clockEvery && !b.deadline.IsZero() {
		b.unseen = 0
		b.late = b.late || time.Now().After(b.deadline)
	}
	return !b.late && b.steps != 0
}

func (b *budget) spend(steps int) {
	b.unseen += steps
	if b.steps > 0 {
		b.steps = max(0, b.steps-steps)
	}
}
