package verdict

import (
	"strings"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// OfSchedule returns in one line what is wrong with a schedule that was played, or "" if nothing
// is.
//
// Raced says whether the race detector reported a race in it. Judge is the oracle of the program,
// and may be nil; its answer goes before the outcome that the scheduler saw, because it names the
// broken clause. A data race goes before both: after a race the program has no defined behaviour to
// judge.
//
// A schedule that was cut off or abandoned is never wrong. Its missing end is counted instead, and
// makes the exploration incomplete.
//
// The order is the whole of the rule. Each test that comes first would be explained worse by the
// ones behind it: a deadlock after a broken clause is a consequence of it, and a panic after a race
// may be one.
func OfSchedule(out *schedrt.Outcome, raced bool, judge func(*schedrt.Outcome) string) string {
	// Before the race as well: the schedule is equivalent to another one, which shows the same
	// race.
	if out.Kind == schedrt.Pruned {
		return ""
	}
	if raced {
		return DataRace
	}
	if judge != nil {
		if wrong := judge(out); wrong != "" {
			return wrong
		}
	}
	switch out.Kind {
	case schedrt.Passed, schedrt.Endless:
		return ""
	case schedrt.Refused:
		return refused + out.Message
	case schedrt.Panicked, schedrt.Failed:
		line, _, _ := strings.Cut(out.Message, "\n")
		return line
	// A goroutine that missed a wake-up names the cause; deadlock alone is only the effect.
	case schedrt.Deadlock:
		for _, w := range out.Waiting {
			if w.Missed {
				return lostWakeup
			}
		}
	}
	return out.Kind.String()
}

// IsRefusal reports whether what OfSchedule returned means that the program was refused.
func IsRefusal(what string) bool { return strings.HasPrefix(what, refused) }

// Result returns the result of an exploration that found no failure: Pass if it is complete, and
// otherwise Unknown with the bound that was reached. Complete repeats the verdict for readers of
// JSON: a replay passes as well, and is not complete.
func (e *Exploration) Result() *Result {
	r := &Result{Verdict: Pass, Bound: e.bound()}
	if r.Bound != "" {
		r.Verdict = Unknown
	}
	r.Complete = r.Verdict == Pass
	r.Schedules = e.Total.Played
	e.Count(r)
	r.Text = e.text(r)
	return r
}

// Count sets the counts of a result, other than its number of schedules. A pair and its reverse are
// two entries of the set. Each of the two counts the other, so Reversed is the number of entries
// whose reverse was seen, not the number of couples. A pair of an operation with itself is its own
// reverse and says nothing.
func (e *Exploration) Count(r *Result) {
	r.Pruned, r.Endless = e.Total.Pruned, e.Total.Endless
	r.Left, r.Skipped = e.Total.Left, e.Total.Skipped || e.skipped()
	r.Pairs, r.Reversed = len(e.Pairs), 0
	for pair := range e.Pairs {
		a, b, _ := strings.Cut(pair, task.PairArrow)
		if a != b && e.Pairs[b+task.PairArrow+a] {
			r.Reversed++
		}
	}
}

// bound returns the bound that kept the exploration from being complete, or "" if it is complete.
// If several bounds were reached, it returns the one whose increase helps first: more time or an
// uninterrupted run comes before larger numbers. An interrupt and the end of the time come first
// even if all programs seem complete: both may have come in the middle of a schedule that is not
// counted yet.
func (e *Exploration) bound() string {
	switch {
	case e.Interrupted:
		return BoundInterrupted
	case e.Late:
		return BoundTime
	case e.Elsewhere != "":
		return BoundShard
	case len(e.incomplete()) == 0:
		return ""
	case e.Total.Endless > 0:
		return boundSteps
	case e.Total.Cut:
		return boundPreemptions
	}
	return BoundSchedules
}

// Failure returns the result for a schedule that fails, as its report describes it. The exploration
// adds its counts. Schedules is the number of the failing schedule here, and not of all that were
// played: later ones of other players do not matter to a reader.
func Failure(f *task.Finding, scenario string, told *failure.Report) *Result {
	return &Result{
		Verdict: Fail, Text: Render(told), What: f.What, Story: told, Decision: told.Decision,
		Schedule: f.Schedule, Scenario: scenario, Schedules: f.Nth, Strategy: f.Strategy,
		Preemptions: f.Preempted,
	}
}

// NotDescribed returns the result for a failure of which only the schedule is known, because there was
// no time to minimise it and to play it again.
func NotDescribed(f *task.Finding, scenario string) *Result {
	return &Result{
		Verdict: Fail, Text: notDescribedText(f), What: f.What, Schedule: f.Schedule,
		Scenario: scenario, Schedules: f.Nth, Strategy: f.Strategy, Preemptions: f.Preempted,
	}
}

// Replayed returns the result of playing one given schedule that does not fail. Diverged says where
// the program did not follow the schedule, "" if it did: a schedule that does not fit proves
// nothing, so it fails. A pass would be a false one: the program has changed since the schedule was
// recorded, and the steps that showed the failure may no longer be played.
func Replayed(diverged string) *Result {
	if diverged != "" {
		return &Result{Verdict: Fail, What: staleSchedule, Text: staleText(diverged)}
	}
	return &Result{Verdict: Pass, Text: replayPassedText}
}

// BadSchedule returns the result for a schedule that cannot be read. It fails and is no Unknown:
// the user asked for one schedule and it was not played.
func BadSchedule(what string, err error) *Result {
	return &Result{Verdict: Fail, What: what, Text: err.Error()}
}

// OfRefused returns the result for a program that cannot be put under control, and why. At is the
// place in the source that shows it; it may be "".
func OfRefused(why, at string) *Result {
	what := refused + strings.TrimPrefix(why, refused)
	return &Result{Verdict: Refused, What: what, Text: refusedText(what, at)}
}

// Nondeterministic returns the result for a program that did two different things under one
// schedule. Nothing is known about a program whose schedules do not decide what it does. Not a
// failure, because the step that differs may be harmless; not a pass, because a replay of any
// schedule may do something else.
func Nondeterministic(step int, first, second string) *Result {
	return &Result{
		Verdict: Unknown,
		Bound:   BoundState,
		What:    nondeterminism,
		Text:    nondeterminismText(step, first, second),
	}
}

// NotAgain returns the result for a failure that does not come again when its schedule is the first
// one of a fresh process. Both are reports of that schedule: of the process that found the failure,
// which had played others before, and of the fresh process. The failure is real in the process that
// found it. It is still no Fail: a replay of the schedule passes, which the user would take for a
// mistake of the explorer.
func NotAgain(f *task.Finding, found, fresh *failure.Report) *Result {
	return &Result{
		Verdict: Unknown, Bound: BoundState, What: f.What, Text: notAgainText(f, found, fresh),
		Schedule: f.Schedule, Schedules: f.Nth, Strategy: f.Strategy,
	}
}

// Died returns the result for a test whose process ended while it played. Again says whether a
// fresh process ended, too, when it played the same: then the program fails, and otherwise it
// depends on what the process had played before.
func Died(err error, again bool) *Result {
	if again {
		return ProcessEnded(err)
	}
	return &Result{Verdict: Unknown, Bound: BoundState, What: processEnded, Text: diedText(err)}
}

// OutOfControl returns the result for a program of which a goroutine does not come back to the
// scheduler. The text shows its place, and its state there: running, runnable, or the thing that it
// waits for. It fails, because in a test that was written for the explorer the goroutine is the
// author's own.
func OutOfControl(where, state, stacks string) *Result {
	return &Result{Verdict: Fail, What: outOfControl, Text: outOfControlText(where, state, stacks)}
}

// Stuck returns the result for a program of which a goroutine waits inside the standard library, in
// a function that is not under control. It is refused and does not fail: a real schedule may well
// go on, as the standard library's own lock is released by a goroutine that is kept from running
// here.
func Stuck(function, at string) *Result { return OfRefused(stuckText(function), at) }

// NotStarted returns the result of an exploration that was interrupted before its first schedule.
func NotStarted() *Result {
	return &Result{Verdict: Unknown, Bound: BoundInterrupted, Text: notStartedText}
}

// Elsewhere returns the result that a call of package explore has in a player process that plays
// another call.
func Elsewhere() *Result { return &Result{Verdict: Unknown, Text: elsewhereText} }

// OfSuite adapts the result of one test of a suite. The tests of a suite were not written for the
// explorer, so a test that is nondeterministic or leaves the scheduler's control is refused there.
// In a test that calls package explore itself, the same is a failure, which its author can repair.
// Only these two are changed. A failure of a suite's test stays one, as it has a schedule that
// shows it.
func OfSuite(r *Result) *Result {
	if r.What == outOfControl || r.What == nondeterminism {
		return OfRefused(r.Text, "")
	}
	return r
}

// ProcessEnded returns the result for a test whose process died without a result, for example by a
// fatal error of the Go runtime.
func ProcessEnded(err error) *Result {
	return &Result{Verdict: Fail, What: processEnded, Text: err.Error()}
}

// An Ending is the way in which a Go test ends because of a result. Go has these three and no
// fourth, so Unknown has to become one of them.
type Ending int

// The endings of a Go test.
const (
	Passes Ending = iota
	Skips
	Fails
)

// Ending decides how the test ends that explored a program. An Unknown result is never a silent
// pass: the test passes only if a bound was reached that its author or its flags chose, and the
// text names the bound. A program about which nothing is known, because it was refused or the user
// interrupted the exploration, is skipped, with the text as the reason.
//
// A result passes if a flag moves its bound: with -explore.time or -explore.schedules the author
// has said how much is enough. A skip is visible in the output of go test, and a pass without a
// reason would not be.
func (r *Result) Ending() Ending {
	switch {
	case r.Verdict == Pass && r.Skipped:
		return Skips
	}
	switch r.Verdict {
	case Pass:
		return Passes
	case Refused:
		return Skips
	case Unknown:
		if r.Bound == "" || r.Bound == BoundInterrupted || r.Bound == BoundState {
			return Skips
		}
		return Passes
	}
	return Fails
}
