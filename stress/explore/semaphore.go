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
// at most another quarter. Of crowds, programs whose three or four calls begin at once, some schedules are
// drawn, in at most a third quarter. Then come all programs of one call, of two calls, and so on; see
// Options.Calls. The result says up to which number of calls all programs were played.
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
	var others []*Result
	for _, play := range []func() *Result{
		func() *Result { return e.playDirected(t, call, time.Until(e.deadline)/3, programs) },
		func() *Result { return e.playCrowds(t, call, time.Until(e.deadline)/2, programs) },
		func() *Result { return e.play(t, call, programs) },
	} {
		r := play()
		others = append(others, r)
		if r.Verdict == Fail || r.Verdict == Refused || r.ends() {
			break
		}
	}
	return join(scenarios, others...)
}

// directedSchedules is how many schedules are drawn, by each strategy, of a directed program in which calls
// begin together. They differ in a few decisions only, so more of them find little.
const directedSchedules = 60

// crowdedSchedules is how many schedules are drawn of a scenario with many calls at once. Of 2000, the first
// that refutes a semaphore whose leavers keep a wake-up were the 1st and the 15th.
const crowdedSchedules = 200

// crowdSchedules is how many schedules are drawn of each crowd, by each of two strategies. All crowds
// together have 43 000 then, which two cores play in a little less than the third of the time that the crowds
// get. If two waiters count themselves as one, the strategies need about 400 and 900 schedules of one
// crowd, and some tens of each if they are spread over all of them.
const crowdSchedules = 100

// A round is some programs of which a number of schedules each is drawn by one strategy.
type round struct {
	texts     []string
	strategy  string
	schedules int
	again     bool // an earlier round has the same programs
}

// playDirected plays the directed programs and the crowded scenarios: one schedule of those whose calls come
// one at a time, and some of the others.
func (e *enumeration) playDirected(
	t *testing.T, call int, most time.Duration, programs func(Options) ([]player.Program, error),
) *Result {
	t.Helper()
	together := semaphore.Directed(e.impl, true)
	return e.playRounds(t, call, most, programs, "directed program", []round{
		{semaphore.Crowded(e.impl), "pos", crowdedSchedules, false},
		// Priorities differ in the whole; dpor differs in the last steps, so that calls cut each other.
		{together, "pct2", directedSchedules, false},
		{together, "dpor", directedSchedules, true},
		{semaphore.Directed(e.impl, false), "pct1", 1, false}, // last, because they take longest
	})
}

// playCrowds plays the crowds. The strategies come one after the other, because each round has every crowd:
// which crowd a defect needs is not known, and one strategy may do.
func (e *enumeration) playCrowds(
	t *testing.T, call int, most time.Duration, programs func(Options) ([]player.Program, error),
) *Result {
	t.Helper()
	texts := semaphore.Crowds(e.impl)
	return e.playRounds(t, call, most, programs, "crowd", []round{
		{texts, "random", crowdSchedules, false},
		{texts, "pos", crowdSchedules, true},
	})
}

// playRounds plays programs that can fail and prove nothing. So a bound on schedules, which ends them, does
// not make the whole result unknown; a bound on time does, because some were not played at all.
func (e *enumeration) playRounds(
	t *testing.T, call int, most time.Duration, programs func(Options) ([]player.Program, error),
	noun string, rounds []round,
) *Result {
	t.Helper()
	sum, played, deadline := &Result{Verdict: Pass}, 0, time.Now().Add(most)
	for _, how := range rounds {
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
		if !how.again {
			played += len(how.texts)
		}
	}
	sum.Text = fmt.Sprintf("%s of %s", plural.Of(sum.Schedules, "schedule"), plural.Of(played, noun))
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
