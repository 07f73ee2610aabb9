package testing

import (
	"slices"
	"strings"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A log after the end of a test panics in package testing, if no test around it goes on either. The outermost one
// there is the run of all tests, so the panic needs the last test; a schedule has one test, which is the last.
// So the order of a log and of the end of the outermost test matters.
//
// A log is a step for this order, but only in a goroutine that does not run the function of its test:
// that function has not ended while it logs. Logs read the end and commute with each other, so they
// add no schedules to a test that waits for its goroutines. The end is a step if a log came before
// it. If none came, a later log finds the end without a step. By the rules of go test the schedule ends
// with the test, so there the end is also a step if goroutines are left: one of them may go first.

// An ending is the end of the outermost test of a schedule. The mutex of shared guards its fields.
type ending struct {
	object schedrt.Object
	over   bool
	last   bool      // the schedule ends with the test
	logged bool      // a goroutine has logged, or is about to
	late   []*string // what the goroutines that are about to log would panic with after the end
}

// orderLog returns when it is the turn of a line of t's log. It panics if the outermost test has ended.
func (t *T) orderLog(line string) {
	if !schedrt.Controlled() || schedrt.Self() == t.goroutine {
		return
	}
	s := t.shared
	late := "Log in goroutine after " + t.name + " has completed: " + strings.TrimSpace(line)
	s.mu.Lock()
	s.end.logged, s.end.late = true, append(s.end.late, &late)
	s.mu.Unlock()
	schedrt.Do(schedrt.OpLog, func() (changed bool) { return false }, schedrt.Touch{Object: &s.end.object, Mode: schedrt.Read})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end.late = slices.DeleteFunc(s.end.late, func(other *string) bool { return other == &late })
	if s.end.over {
		panic(late)
	}
}

// finish marks the end of the outermost test.
func (s *shared) finish() {
	s.mu.Lock()
	step := s.end.logged || s.end.last && schedrt.LiveGoroutines() > 1
	s.end.over = !step
	s.mu.Unlock()
	if !step {
		return
	}
	schedrt.Do(schedrt.OpTestEnd, func() (changed bool) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.end.over = true
		return true
	}, schedrt.Touch{Object: &s.end.object, Mode: schedrt.Write})
}

// failLate fails the schedule if a goroutine is about to log although the outermost test has ended. By the
// rules of go test nothing else that is left can fail a test, so the goroutine is not played on.
func (s *shared) failLate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.end.late) > 0 {
		schedrt.Fail("panic: " + *s.end.late[0])
	}
}
