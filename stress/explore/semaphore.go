package explore

import (
	"fmt"
	"strings"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore/internal/story"
	"github.com/semabench/semabench/stress/explore/sched"
)

// Semaphore plays small programs on a semaphore under every schedule, or as many as the flags allow,
// and holds each history to the contract in package impls. It fails t if one breaks it.
func Semaphore(t *testing.T, impl impls.Impl) {
	t.Helper()
	tell(t, CheckSemaphore(t, flagOptions(), impl))
}

// CheckSemaphore is Semaphore with options of its own, and returns the result instead of failing t.
func CheckSemaphore(t *testing.T, o Options, impl impls.Impl) *Result {
	t.Helper()
	if err := impl.Validate(); err != nil {
		t.Fatal(err)
	}
	return explore(t, o, func(o Options) ([]program, error) { return programsOf(impl, o) })
}

// programsOf returns the scenarios to be played.
func programsOf(impl impls.Impl, o Options) (programs []program, err error) {
	all := scenarios
	if o.Scenario != "" {
		one, err := parseScenario(o.Scenario)
		if err != nil {
			return nil, err
		}
		all = []scenario{one}
	}
	for i := range all {
		if all[i].suits(impl) {
			programs = append(programs, all[i].program(impl))
		}
	}
	if len(programs) == 0 {
		return nil, fmt.Errorf("scenario %q breaks what %s declares: there is nothing to explore", o.Scenario, impl.Name)
	}
	return programs, nil
}

// program returns a scenario as something to explore.
func (sc *scenario) program(impl impls.Impl) program {
	j := newJudge(impl)
	var st *stage
	return program{
		name:    sc.text,
		subject: impl.Name,
		flag:    fmt.Sprintf("-explore.scenario='%s' ", sc.text),
		play:    func() { st.perform() },
		ready: func() {
			st = &stage{scenario: sc, impl: impl}
			for range sc.workers {
				st.workers = append(st.workers, &worker{stage: st})
			}
		},
		judge: func(out *sched.Outcome) string { return j.judge(st, out) },
		history: func(x *sched.Exec, wrong string) *story.History {
			return j.tell(st, &x.Outcome, &x.Trace, wrong)
		},
	}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
