// Package semaphore holds the scenarios that explore.Semaphore plays, and the oracle that judges
// them.
//
//	programs, err := semaphore.Programs(impl, "")
//
// Each program is one scenario on one implementation. Some scenarios are chosen; [Levels] returns sets
// that are enumerated, and so have every scenario of a kind. The explorer calls Ready before each
// schedule, Play under its scheduler, and then Judge, which compares what was recorded with the
// contract in package impls. The notation, the model and the history are shared with package
// stress: see stress/internal/model.
//
// The package is never instrumented. Its goroutines call package schedrt directly, so that the
// steps between two calls of the implementation are no steps of the schedule.
//
// # What this does not show
//
// The scenarios have at most seven workers. Starvation is looked for in two rounds of calls only, see
// passed.go, and not where waiters spin.
//
// # How it judges
//
// An execution becomes a history of calls with stamps, and the model asks whether the calls could
// have taken effect one after another. What the model cannot see has rules of its own in the
// oracle: the error of a ctx, a call that waits though its ctx is done, a goroutine or a callback
// that is left. Each verdict begins with the clause of package stress that it belongs to.
package semaphore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Program is one scenario on one implementation. It is not safe for concurrent use. The oracle
// lives as long as the program, because it remembers histories; the execution lives for one
// schedule.
type Program struct {
	scenario  *scenario
	oracle    *oracle
	execution *execution // of the current schedule; Ready replaces it

	directed *directed // instead of a scenario, or nil
	stage    *stage    // of the current schedule of a directed program
}

// Programs returns the chosen scenarios that are legal for impl, or only the given ones if text is
// not empty: one in each line. The error says that a line is not a scenario, is too long to be
// judged, or that all of them break a policy that impl declares. An empty list is an error and not
// a pass: a test of nothing would look like a test.
func Programs(impl impls.Impl, text string) (programs []*Program, err error) {
	all := slices.Concat(scenarios(), extremes(impl))
	if text != "" {
		all = nil
		for line := range strings.SplitSeq(text, "\n") {
			if d := directedNamed(line); d != nil {
				if d.legal(impl) {
					programs = append(programs, &Program{directed: d, oracle: newOracle(impl)})
				}
				continue
			}
			one, err := parseScenario(line)
			if err != nil {
				return nil, err
			}
			all = append(all, one)
		}
	}
	for i := range all {
		if all[i].suits(impl) {
			programs = append(programs, &Program{scenario: &all[i], oracle: newOracle(impl)})
		}
	}
	if len(programs) == 0 {
		return nil, fmt.Errorf("scenario %q breaks what %s declares: there is nothing to explore",
			text, impl.Name)
	}
	return programs, nil
}

// Text returns the scenario in the notation of -explore.scenario, or the name of the directed program.
func (p *Program) Text() string {
	if p.directed != nil {
		return p.directed.text
	}
	return p.scenario.text
}

// Ready prepares the next schedule.
func (p *Program) Ready() {
	if p.directed != nil {
		p.stage = &stage{directed: p.directed, impl: p.oracle.impl}
		return
	}
	p.execution = newExecution(p.scenario, p.oracle.impl)
}

// Play runs the scenario on the calling goroutine, which must be under the control of package
// schedrt.
func (p *Program) Play() {
	if p.directed != nil {
		p.stage.run()
		return
	}
	p.execution.run()
}

// Judge returns in one line how the schedule that was just played breaks the contract, or "". It is
// called after the schedule, on a goroutine that is not under control, so nothing in it is a step.
func (p *Program) Judge(out *schedrt.Outcome) string {
	if p.directed != nil {
		return p.stage.judge(out)
	}
	return p.oracle.judge(p.execution, out)
}

// History returns the calls of the schedule that was just played. If wrong says that no order of
// the calls is legal, the history shows the longest legal beginning and why it cannot go on.
func (p *Program) History(x *schedrt.Exec, wrong string) *failure.History {
	if p.directed != nil {
		return nil // it is judged step by step
	}
	return p.execution.explain(&x.Outcome, &x.Trace, wrong)
}
