package explore

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/stress/explore/internal/player"
	"github.com/semabench/semabench/stress/explore/internal/semaphore"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
)

// Semaphore plays small programs on a semaphore under every schedule, or as many as the flags
// allow, and compares each history with the contract in package impls. It fails t if one breaks it.
//
// First come the scenarios of this package, which were chosen after published bugs, in at most a quarter
// of the time. Directed programs follow, with long lines, many calls and contexts of several kinds, in
// at most another quarter. Then come all programs of one call, of two calls, and so on; see Options.Calls. The
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
	if !inPlayer() && o.Join == "" {
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
	if o.Schedules > 0 || o.Strategy != "" { // of each program, by which directed ones are not bounded
		return join(scenarios, e.play(t, call, programs))
	}
	directed := e.playDirected(t, call, time.Until(e.deadline)/3, programs)
	if directed.Verdict == Fail || directed.Verdict == Refused || directed.ends() {
		return join(scenarios, directed)
	}
	return join(scenarios, directed, e.play(t, call, programs))
}

// directedSchedules is how many schedules are drawn, by each strategy, of a directed program in which calls
// begin together. They differ in a few decisions only, so more of them find little.
const directedSchedules = 60

// crowdedSchedules is how many schedules are drawn of a scenario with many calls at once. Of 2000, the first
// that refutes a semaphore whose leavers keep a wake-up were the 1st and the 15th.
const crowdedSchedules = 200

// playDirected plays the directed programs and the crowded scenarios: one schedule of those whose calls come
// one at a time, and some of the others. They can fail, and they prove nothing. So a bound on schedules, which ends them, does not
// make the whole result unknown; a bound on time does, because some were not played at all.
func (e *enumeration) playDirected(
	t *testing.T, call int, most time.Duration, programs func(Options) ([]player.Program, error),
) *Result {
	t.Helper()
	sum, played, deadline := &Result{Verdict: Pass}, 0, time.Now().Add(most)
	together := semaphore.Directed(e.impl, true)
	for _, how := range []struct {
		texts     []string
		strategy  string
		schedules int
	}{
		{semaphore.Crowded(e.impl), "pos", crowdedSchedules},
		// Priorities differ in the whole; dpor differs in the last steps, so that calls cut each other.
		{together, "pct2", directedSchedules},
		{together, "dpor", directedSchedules},
		{semaphore.Directed(e.impl, false), "pct1", 1}, // last, because they take longest
	} {
		if len(how.texts) == 0 {
			continue
		}
		o := e.options
		o.Scenario, o.Time = strings.Join(how.texts, "\n"), max(time.Until(deadline), time.Millisecond)
		o.Strategy, o.Schedules = how.strategy, how.schedules
		r := exploreCall(t, call, o, programs, nil)
		schedules := sum.Schedules + r.Schedules
		if r.Verdict == Unknown && r.Bound == verdict.BoundSchedules {
			r.Verdict = Pass
		}
		if r.Verdict != Pass {
			sum = r
		}
		sum.Schedules = schedules
		if r.Verdict == Fail || r.Verdict == Refused || r.ends() {
			return sum
		}
		if how.strategy != "dpor" { // which plays the same programs again
			played += len(how.texts)
		}
	}
	sum.Text = fmt.Sprintf("%s of %s", plural.Of(sum.Schedules, "schedule"), plural.Of(played, "directed program"))
	if sum.Verdict != Pass {
		sum.Text += ", not all that were to be played"
	}
	return sum
}

// ends reports whether an exploration cannot go on, whatever its bounds are: the user ended it, or
// the program does not do the same each time.
func (r *Result) ends() bool {
	return r.Bound == verdict.BoundInterrupted || r.Bound == verdict.BoundState
}

// join returns the result of scenarios and of other programs, which were played after them. The first
// result that is no pass stands, beginning with the last programs. The pairs are the pairs of the scenarios: the
// processes of the other programs may have seen the same pairs.
func join(scenarios *Result, others ...*Result) *Result {
	r := *scenarios
	for _, other := range slices.Backward(others) {
		if other.Verdict != Pass {
			r = *other
			break
		}
	}
	text := scenarios.Text
	r.Schedules, r.Pruned, r.Endless = scenarios.Schedules, scenarios.Pruned, scenarios.Endless
	for _, other := range others {
		r.Schedules += other.Schedules
		r.Pruned += other.Pruned
		r.Endless += other.Endless
		text += "\n" + other.Text
	}
	r.Pairs, r.Reversed = scenarios.Pairs, scenarios.Reversed
	r.Complete = r.Verdict == Pass
	if r.Verdict != Fail && r.Verdict != Refused {
		r.Text = text
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
