package typeprog

import (
	"strings"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Program is a plan on fresh values. It is not safe for concurrent use.
type Program struct {
	spec  *Spec
	plan  plan
	run   *run // of the current schedule; Ready replaces it
	judge *judge
}

// Program returns the program of a text in the notation of Level.Programs.
func (s *Spec) Program(text string) (*Program, error) {
	p, err := s.parse(text)
	if err != nil {
		return nil, err
	}
	return &Program{spec: s, plan: p, judge: &judge{spec: s, plan: p}}, nil
}

// Text returns the program as -explore.scenario takes it.
func (p *Program) Text() string { return p.plan.String() }

// Ready prepares the next schedule.
// The probe is made here at the latest, under the control of the scheduler: a replay of one program comes
// to no enumeration that would have made it.
func (p *Program) Ready() {
	p.spec.probe()
	p.run = newRun(p.spec, p.plan)
}

// Play runs the program on the calling goroutine, which must be under the control of package
// schedrt.
func (p *Program) Play() { p.run.concurrently() }

// Judge returns in one line what is wrong with the schedule that was just played, or "".
// The source of the program is added to the message of a failure only: other schedules show no message.
func (p *Program) Judge(out *schedrt.Outcome) string {
	wrong := p.judge.judge(p.run, out)
	if wrong != "" {
		out.Message = strings.TrimSpace(out.Message + "\n" + p.plan.source(p.spec))
	}
	return wrong
}

// History returns the calls of the schedule that was just played. If wrong says that no order of
// them fits, it adds the order that fits best.
func (p *Program) History(x *schedrt.Exec, wrong string) *failure.History {
	return p.judge.explain(p.run, &x.Outcome, &x.Trace)
}
