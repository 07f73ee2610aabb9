package failure

import (
	"fmt"

	"github.com/semabench/semabench/internal/plural"
)

// A Decision is the step of a failing schedule after which every schedule fails: before it, another
// choice still led to a schedule that passes. In a deadlock by the order of two locks it is the second
// lock; the steps after it only show the failure.
//
// Schedules that differ in the order of independent operations only are counted once.
type Decision struct {
	Step      int    // number of the step, from 1; 0 means that every schedule fails
	G         int    // its goroutine
	Clock     bool   // G stands for virtual time
	Text      string // as the source has it
	Result    string // see Step
	At        Place
	Schedules int  // continuations that were played, all of which fail
	All       bool // there are no others
	Late      bool // an earlier step may do, too: a bound ended the search
}

// Decide adds a decision to the report, with what the report says about its step. A step that the report
// does not show has no text; its goroutine is known all the same.
func (s *Report) Decide(d *Decision) {
	s.Decision = d
	for i := range s.Steps {
		if step := &s.Steps[i]; step.N == d.Step {
			d.Text, d.Result, d.At = step.Text, step.Result, step.At
		}
	}
	for _, g := range s.Goroutines {
		d.Clock = d.Clock || g.Clock && g.ID == d.G
	}
}

// here returns the line that stands behind the step.
func (d *Decision) here() string {
	if d.Late {
		return "from here on, perhaps from an earlier step on, every schedule fails " + d.count("continuation")
	}
	return "from here on every schedule fails " + d.count("continuation")
}

// String returns the decision in a line that stands alone.
func (d *Decision) String() string {
	if d.Step == 0 {
		return "every schedule fails from the start " + d.count("schedule")
	}
	text := fmt.Sprintf("the decision is step %d", d.Step)
	if !d.Clock {
		text += fmt.Sprintf(", of goroutine %d", d.G)
	}
	if d.Text != "" {
		text += ": " + says(d.Text, d.Result)
	}
	if at := d.At.String(); at != "" {
		text += " at " + at
	}
	if d.Late {
		return text + ", or an earlier one; from there on every schedule fails " + d.count("continuation")
	}
	return text + "; from there on every schedule fails " + d.count("continuation")
}

// count says how many continuations, or schedules, were played.
func (d *Decision) count(what string) string {
	switch {
	case d.All && d.Schedules == 1:
		return fmt.Sprintf("(the only %s)", what)
	case d.All:
		return fmt.Sprintf("(all %s)", plural.Of(d.Schedules, what))
	}
	return fmt.Sprintf("(every one of %d tried %ss)", d.Schedules, what)
}

// decidedAt returns the index of the last shown step up to the decision, -1 if there is none or the
// decision comes after the steps that are shown.
func (s *Report) decidedAt() int {
	if s.Decision == nil || s.Decision.Step == 0 || len(s.Steps) == 0 ||
		s.Period > 0 && s.Decision.Step > s.Steps[len(s.Steps)-1].N {
		return -1
	}
	last := -1
	for i := range s.Steps {
		if s.Steps[i].N <= s.Decision.Step {
			last = i
		}
	}
	return last
}
