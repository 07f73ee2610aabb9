package explore

import (
	"fmt"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore/internal/player"
	"github.com/semabench/semabench/stress/explore/internal/semaphore"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
)

// Semaphore plays small programs on a semaphore under every schedule, or as many as the flags
// allow, and compares each history with the contract in package impls. It fails t if one breaks it.
//
// First come the scenarios of this package, which were chosen after published bugs, in at most a quarter
// of the time. Then come all programs of one call, of two calls, and so on; see Options.Calls. The
// result says up to which number of calls all programs were played.
func Semaphore(t *testing.T, impl impls.Impl) {
	t.Helper()
	report(t, CheckSemaphore(t, flagOptions(), impl))
}

// CheckSemaphore is Semaphore with options of its own. It returns the result instead of failing t.
func CheckSemaphore(t *testing.T, o Options, impl impls.Impl) *Result {
	t.Helper()
	if err := impl.Validate(); err != nil {
		t.Fatal(err)
	}
	programs := func(o Options) ([]player.Program, error) { return semaphorePrograms(impl, o) }
	e := &enumeration{impl: impl, options: o, calls: o.enumeratedCalls()}
	if !inPlayer() {
		builtTest(t) // the time of the build does not count; explore returns its error
	}
	began, all, chosen := time.Now(), o.withDefaults().Time, o
	if e.calls > 0 {
		chosen.Time = all / 4
	}
	scenarios := explore(t, chosen, programs)
	// A player does not know the flags of its parent, so the number is taken in any case.
	call := callNumber(t)
	switch {
	case inPlayer(): // and asked for enumerated programs, or for a later call
		return exploreCall(t, call, o, programs, nil)
	case e.calls == 0, scenarios.Verdict == Fail, scenarios.Verdict == Refused, scenarios.ends():
		return scenarios
	}
	e.deadline = began.Add(all)
	return join(scenarios, e.play(t, call, programs))
}

// ends reports whether an exploration cannot go on, whatever its bounds are: the user ended it, or
// the program does not do the same each time.
func (r *Result) ends() bool {
	return r.Bound == verdict.BoundInterrupted || r.Bound == verdict.BoundState
}

// join returns the result of scenarios and of enumerated programs. Pairs are those of the scenarios:
// the processes of the programs may have seen the same ones.
func join(scenarios, programs *Result) *Result {
	r := *programs
	if r.Verdict == Pass {
		r = *scenarios
	}
	r.Schedules = scenarios.Schedules + programs.Schedules
	r.Pruned = scenarios.Pruned + programs.Pruned
	r.Endless = scenarios.Endless + programs.Endless
	r.Pairs, r.Reversed = scenarios.Pairs, scenarios.Reversed
	r.Complete = r.Verdict == Pass
	if r.Verdict != Fail && r.Verdict != Refused {
		r.Text = scenarios.Text + "\n" + programs.Text
	}
	return &r
}

// semaphorePrograms returns the scenarios to play, as programs for the explorer.
func semaphorePrograms(impl impls.Impl, o Options) ([]player.Program, error) {
	scenarios, err := semaphore.Programs(impl, o.Scenario)
	if err != nil {
		return nil, err
	}
	var programs []player.Program
	for _, s := range scenarios {
		programs = append(programs, player.Program{
			Name:    s.Text(),
			Subject: impl.Name,
			Flag:    fmt.Sprintf("-explore.scenario='%s' ", s.Text()),
			Ready:   s.Ready,
			Play:    s.Play,
			Judge:   s.Judge,
			History: s.History,
		})
	}
	return programs, nil
}
