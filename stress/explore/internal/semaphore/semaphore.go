// Package semaphore holds the programs that explore.Semaphore plays, and the oracle that judges them.
//
//	programs, err := semaphore.Programs(impl, "")
//
// Each program is one scenario: some workers that call one semaphore. The explorer calls Ready before
// each schedule, Play under its scheduler, and then Judge. Judge compares the recorded history with
// the contract in package impls.
package semaphore

import (
	"fmt"
	"strings"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Program is one scenario on one implementation. It is not safe for concurrent use.
type Program struct {
	scenario *scenario
	judge    *judge
	stage    *stage // of the current schedule; Ready replaces it
}

// Programs returns the scenarios that are legal for impl, or only the given one if text is not empty.
// The error says that text is not a scenario, or that it breaks a policy that impl declares.
func Programs(impl impls.Impl, text string) (programs []*Program, err error) {
	all := scenarios
	if text != "" {
		one, err := parseScenario(text)
		if err != nil {
			return nil, err
		}
		all = []scenario{one}
	}
	for i := range all {
		if all[i].suits(impl) {
			programs = append(programs, &Program{scenario: &all[i], judge: newJudge(impl)})
		}
	}
	if len(programs) == 0 {
		return nil, fmt.Errorf("scenario %q breaks what %s declares: there is nothing to explore", text, impl.Name)
	}
	return programs, nil
}

// Text returns the scenario in the notation of -explore.scenario.
func (p *Program) Text() string { return p.scenario.text }

// Ready prepares the next schedule.
func (p *Program) Ready() {
	p.stage = &stage{scenario: p.scenario, impl: p.judge.impl}
	for range p.scenario.workers {
		p.stage.workers = append(p.stage.workers, &worker{stage: p.stage})
	}
}

// Play runs the scenario. The caller must have called Ready, and must control the scheduler.
func (p *Program) Play() { p.stage.perform() }

// Judge returns in one line how the schedule that was just played breaks the contract, or "".
func (p *Program) Judge(out *schedrt.Outcome) string { return p.judge.judge(p.stage, out) }

// History returns the calls of the schedule that was just played, and why they are wrong.
func (p *Program) History(x *schedrt.Exec, wrong string) *failure.History {
	return p.judge.tell(p.stage, &x.Outcome, &x.Trace, wrong)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
