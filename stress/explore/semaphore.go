package explore

import (
	"fmt"
	"strings"
	"testing"
	"time"

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
	return explore(t, o.withDefaults(), func(o Options) *Result { return exploreSemaphore(t, impl, o) })
}

// A campaign plays all scenarios.
type campaign struct {
	options  Options
	searches []*search
	texts    []string
	open     []bool // there is more to play
	began    time.Time
}

func newCampaign(impl impls.Impl, o Options, scenarios []scenario) *campaign {
	c := &campaign{options: o.withDefaults(), began: time.Now()}
	for i := range scenarios {
		sc := &scenarios[i]
		if !sc.suits(impl) {
			continue
		}
		c.searches = append(c.searches, newSearch(c.options, sc.program(impl)))
		c.texts = append(c.texts, sc.text)
		c.open = append(c.open, true)
	}
	return c
}

func (c *campaign) close() {
	for _, s := range c.searches {
		s.close()
	}
}

// program returns a scenario as something to explore.
func (sc *scenario) program(impl impls.Impl) program {
	j := newJudge(impl)
	var st *stage
	return program{
		flag: fmt.Sprintf("-explore.scenario='%s' ", sc.text),
		play: func() { st.perform() },
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

func (c *campaign) played() (n int) {
	for _, s := range c.searches {
		n += s.played
	}
	return n
}

// run plays a few schedules of every scenario in turn, more each time, until one fails or all are
// complete.
func (c *campaign) run() (found *finding, in int) {
	for _, r := range c.rounds() {
		for i, s := range c.searches {
			if !c.open[i] {
				continue
			}
			s.deadline = c.began.Add(c.options.Time)
			found, complete := s.phase(r.strategy, r.schedules)
			if found != nil {
				return found, i
			}
			c.open[i] = !complete
		}
	}
	return nil, 0
}

// A round is so many schedules of a strategy for every scenario.
type round struct {
	strategy  string
	schedules int
}

// rounds are short at first, so that what needs but the right scenario is found at once, and long in
// the end, so that scenarios with few schedules are complete before time runs out in one with many.
func (c *campaign) rounds() (all []round) {
	names := []string{"random", "pct2", "pct3", "pos"}
	if c.options.Strategy != "" {
		names = []string{c.options.Strategy}
	}
	for range 8 {
		for _, name := range names {
			all = append(all, round{name, 1})
		}
	}
	last := "dpor"
	if c.options.Strategy != "" {
		last = c.options.Strategy
	}
	for n, left := 250, c.options.Schedules; left > 0; n *= 4 {
		all = append(all, round{last, min(n, left)})
		left -= n
	}
	return all
}

func exploreSemaphore(t *testing.T, impl impls.Impl, o Options) *Result {
	all := scenarios
	if o.Scenario != "" {
		one, err := parseScenario(o.Scenario)
		if err != nil {
			return &Result{Verdict: "fail", Text: err.Error()}
		}
		all = []scenario{one}
	}
	if o.Schedule != "" {
		if len(all) > 1 {
			return &Result{Verdict: "fail", Text: "a schedule fits one scenario: add -explore.scenario"}
		}
		return replayOne(all[0].program(impl), o)
	}
	c := newCampaign(impl, o, all)
	defer c.close()
	found, in := c.run()
	if found != nil {
		nth := c.played()
		s := c.searches[in]
		r := s.failure(t, found)
		r.Schedules = nth
		r.Story.Subject, r.Story.Scenario = impl.Name, c.texts[in]
		r.Text = textOf(r.Story)
		return r
	}
	return c.passed()
}

func (c *campaign) passed() *Result {
	open := 0
	var b strings.Builder
	for i, s := range c.searches {
		if c.open[i] {
			open++
			fmt.Fprintf(&b, "\nnot complete: %s (%d schedules)", c.texts[i], s.played)
		}
	}
	if open > 0 {
		return &Result{Verdict: "unknown", Schedules: c.played(), Text: fmt.Sprintf(
			"%d schedules of %d scenarios played and none failed; %d scenarios are not complete%s",
			c.played(), len(c.searches), open, b.String())}
	}
	classes := 0
	for _, s := range c.searches {
		classes += s.classes
	}
	return &Result{Verdict: "pass", Schedules: c.played(), Text: fmt.Sprintf(
		"complete: all %d schedules of %d scenarios (%d played)", classes, len(c.searches), c.played())}
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
