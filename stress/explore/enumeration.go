package explore

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/stress/explore/internal/parent"
	"github.com/semabench/semabench/stress/explore/internal/player"
	"github.com/semabench/semabench/stress/explore/internal/semaphore"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
)

// An enumeration plays the programs that are enumerated, level by level.
type enumeration struct {
	impl     impls.Impl
	options  Options
	calls    int // of Options.Calls, with its default
	deadline time.Time

	sum      Result // of all batches
	programs int    // in all batches
	complete []semaphore.Level
}

// defaultCalls is the default of Options.Calls. The programs of an implementation of package impls
// have about 10^5 schedules.
const defaultCalls = 5

// enumeratedCalls returns how many calls enumerated programs have at most; 0 means that none are
// played. By default they are played only if the time is the only bound, because a bound on
// schedules, or a strategy that draws, applies to each program, and there are thousands of
// programs.
func (o Options) enumeratedCalls() int {
	switch {
	case o.Scenario != "" || o.Schedule != "":
		return 0
	case o.Calls == 0 && o.Schedules == 0 && o.Strategy == "":
		return defaultCalls
	}
	return max(0, o.Calls)
}

// batchSize is the number of programs that one player process plays. The process keeps two
// executions of each program, so the number bounds its memory. To start a process takes as long as
// to play some tens of programs.
const batchSize = 1000

// play plays the levels until a program fails, the time is over, or all levels are complete. A
// level that came to another bound is left incomplete, and the next one begins.
func (e *enumeration) play(
	t *testing.T, call int, programs func(Options) ([]player.Program, error),
) *Result {
	t.Helper()
	began := time.Now()
	e.sum.Verdict = Pass
	for _, level := range semaphore.Levels(e.impl, e.calls) {
		batches, passed := 0, 0
		for batch := range level.Batches(e.impl, batchSize) {
			r := e.playBatch(t, call, batch, programs)
			e.add(r, len(batch))
			batches++
			if r.Verdict == Pass {
				passed++
			}
			if e.over() {
				break
			}
		}
		switch {
		case batches == 0: // the level is empty
		case passed == batches:
			e.complete = append(e.complete, level)
		default:
			e.sum.Text += "\nnot complete: " + level.String()
		}
		if e.over() {
			break
		}
	}
	e.conclude()
	parent.NewProgress(t.Name(), call).Joined((*verdict.Result)(&e.sum), time.Since(began))
	return &e.sum
}

// playBatch plays some programs of one level. All batches are one call of this package: a player
// finds the programs of its batch in its options, as scenarios.
func (e *enumeration) playBatch(
	t *testing.T, call int, batch []string, programs func(Options) ([]player.Program, error),
) *Result {
	t.Helper()
	o := e.options
	o.Scenario, o.Time = strings.Join(batch, "\n"), time.Until(e.deadline)
	if o.Time <= 0 {
		return &Result{Verdict: Unknown, Bound: verdict.BoundTime}
	}
	if o.Strategy == "" {
		o.Strategy = "dpor" // most programs have fewer schedules than would be drawn first
	}
	return exploreCall(t, call, o, programs, nil)
}

// over reports whether nothing more can be played.
func (e *enumeration) over() bool {
	v := e.sum.Verdict
	return v == Fail || v == Refused || e.sum.ends() || e.sum.Bound == verdict.BoundTime
}

// add adds the result of a batch. A failure takes the place of the sum, and so does a bound at which
// the exploration ends; the first of the other bounds stands.
func (e *enumeration) add(r *Result, programs int) {
	e.programs += programs
	schedules, pruned, endless := e.sum.Schedules, e.sum.Pruned, e.sum.Endless
	switch {
	case r.Verdict == Fail || r.Verdict == Refused:
		e.sum = *r
	case r.Verdict == Unknown && (e.sum.Verdict == Pass || r.ends() || r.Bound == verdict.BoundTime):
		e.sum.Verdict, e.sum.Bound, e.sum.What = Unknown, r.Bound, r.What
		if r.ends() {
			e.sum.Text = r.Text
		}
	}
	e.sum.Schedules, e.sum.Pruned, e.sum.Endless = schedules+r.Schedules, pruned+r.Pruned, endless+r.Endless
}

// conclude completes the text of a sum without a failure.
func (e *enumeration) conclude() {
	e.sum.Complete = e.sum.Verdict == Pass
	if e.sum.Verdict == Fail || e.sum.Verdict == Refused {
		return
	}
	e.sum.Text = fmt.Sprintf("%s of %s; %s%s", plural.Of(e.sum.Schedules, "schedule"),
		plural.Of(e.programs, "enumerated program"), semaphore.Completed(e.complete), e.sum.Text)
	if e.sum.Bound == verdict.BoundTime {
		e.sum.Text += fmt.Sprintf(": -explore.time=%v", e.options.withDefaults().Time)
	}
}
