package verdict_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// options have a value for every bound, which the texts must show.
var options = task.Options{
	Schedules: 300, Time: time.Second, Steps: 50, Seed: 1, Strategy: "dfs", Preemptions: 2,
}

// Each bound makes an exploration unknown, is named by its flag, and leaves the test passing.
// Without a bound the exploration is complete.
func TestBounds(t *testing.T) {
	open := []verdict.Program{{Unplayed: true}}
	for _, c := range []struct {
		bound string
		e     verdict.Exploration
		text  string
		ends  verdict.Ending
	}{
		{"", verdict.Exploration{Programs: []verdict.Program{{}}}, "all 7 schedules", verdict.Passes},
		{"schedules", verdict.Exploration{Programs: open}, "-explore.schedules=300", verdict.Passes},
		{"time", verdict.Exploration{Programs: open, Late: true}, "-explore.time=1s", verdict.Passes},
		{"time", verdict.Exploration{Programs: open, Late: true, Total: task.Sums{Endless: 7}},
			"no schedule came to its end: -explore.time=1s", verdict.Passes},
		{"time", verdict.Exploration{Programs: open, Late: true, Long: true, Total: task.Sums{Longest: 300_000}},
			"of up to 300000 operations: a sample, as no schedule ends within 50: -explore.time=1s", verdict.Passes},
		{"steps", verdict.Exploration{Programs: open, Total: task.Sums{Endless: 1}},
			"-explore.steps=50", verdict.Passes},
		{"preemptions", verdict.Exploration{Programs: open, Total: task.Sums{Cut: true}},
			"-explore.preemptions=2", verdict.Passes},
		{"interrupted", verdict.Exploration{Programs: open, Interrupted: true}, "interrupted", verdict.Skips},
	} {
		t.Run("bound="+c.bound, func(t *testing.T) {
			c.e.Options, c.e.Total.Played = options, 7
			r := c.e.Result()
			want := verdict.Unknown
			if c.bound == "" {
				want = verdict.Pass
			}
			if r.Verdict != want || r.Bound != c.bound || r.Complete != (want == verdict.Pass) {
				t.Errorf("%s, bound %q, complete %v; want %s, bound %q",
					r.Verdict, r.Bound, r.Complete, want, c.bound)
			}
			if !strings.Contains(r.Text, c.text) {
				t.Errorf("the text does not contain %q: %s", c.text, r.Text)
			}
			if got := r.Ending(); got != c.ends {
				t.Errorf("the test ends as %d, want %d", got, c.ends)
			}
		})
	}
}

// A result about which nothing is known skips the test, and a failure fails it.
func TestEndings(t *testing.T) {
	f := &task.Finding{What: "leak"}
	for name, c := range map[string]struct {
		result *verdict.Result
		want   verdict.Ending
	}{
		"refused":                    {verdict.OfRefused("os.ReadFile", "a_test.go:3"), verdict.Skips},
		"interrupted at once":        {verdict.NotStarted(), verdict.Skips},
		"without a bound":            {&verdict.Result{Verdict: verdict.Unknown}, verdict.Skips},
		"without a verdict":          {&verdict.Result{}, verdict.Fails},
		"failure":                    {verdict.Failure(f, "", &failure.Report{}), verdict.Fails},
		"replay that passes":         {verdict.Replayed(""), verdict.Passes},
		"replay that does not fit":   {verdict.Replayed("at decision 3"), verdict.Fails},
		"schedule with a bad word":   {verdict.BadSchedule("", errors.New("bad")), verdict.Fails},
		"nondeterminism":             {verdict.Nondeterministic(3, "a", "b"), verdict.Skips},
		"nondeterminism in a suite":  {verdict.OfSuite(verdict.Nondeterministic(3, "a", "b")), verdict.Skips},
		"out of control":             {verdict.OutOfControl("m.f at m.go:3", "running", "stacks"), verdict.Fails},
		"out of control, in a suite": {verdict.OfSuite(verdict.OutOfControl("m.f at m.go:3", "running", "stacks")), verdict.Skips},
		"dead process":               {verdict.ProcessEnded(errors.New("exit status 2")), verdict.Fails},
	} {
		if got := c.result.Ending(); got != c.want {
			t.Errorf("%s: the test ends as %d, want %d: %+v", name, got, c.want, c.result)
		}
	}
}

// The strings of verdicts are part of files that users keep.
func TestVerdictsInJSON(t *testing.T) {
	text, err := json.Marshal([]verdict.Verdict{
		verdict.Pass, verdict.Fail, verdict.Unknown, verdict.Refused,
	})
	if want := `["pass","fail","unknown","refused"]`; err != nil || string(text) != want {
		t.Errorf("%s, %v; want %s", text, err, want)
	}
}

// A race is reported before a broken clause, a broken clause before the outcome that the scheduler
// saw, and nothing is reported of a schedule that was abandoned or cut off.
func TestOfSchedule(t *testing.T) {
	broken := func(*schedrt.Outcome) string { return "C34: no order" }
	missed := []schedrt.Waiting{{Missed: true}}
	for name, c := range map[string]struct {
		out   schedrt.Outcome
		raced bool
		judge func(*schedrt.Outcome) string
		want  string
	}{
		"passed":         {schedrt.Outcome{Kind: schedrt.Passed}, false, nil, ""},
		"pruned":         {schedrt.Outcome{Kind: schedrt.Pruned}, true, broken, ""},
		"endless":        {schedrt.Outcome{Kind: schedrt.Endless}, false, nil, ""},
		"race":           {schedrt.Outcome{Kind: schedrt.Leak}, true, broken, "data race"},
		"clause":         {schedrt.Outcome{Kind: schedrt.Leak}, false, broken, "C34: no order"},
		"leak":           {schedrt.Outcome{Kind: schedrt.Leak}, false, nil, "leak"},
		"refused":        {schedrt.Outcome{Kind: schedrt.Refused, Message: "os.Exit"}, false, nil, "refused: os.Exit"},
		"panic":          {schedrt.Outcome{Kind: schedrt.Panicked, Message: "panic: a\nstack"}, false, nil, "panic: a"},
		"deadlock":       {schedrt.Outcome{Kind: schedrt.Deadlock}, false, nil, "deadlock"},
		"missed wake-up": {schedrt.Outcome{Kind: schedrt.Deadlock, Waiting: missed}, false, nil, "lost wake-up"},
	} {
		if got := verdict.OfSchedule(&c.out, c.raced, c.judge); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// A pair counts as reversed if its reverse was seen, and a place with itself is no such pair.
func TestReversedPairs(t *testing.T) {
	e := verdict.Exploration{Pairs: map[string]bool{
		"a -> b": true, "b -> a": true, "a -> c": true, "a -> a": true,
	}}
	var r verdict.Result
	if e.Count(&r); r.Pairs != 4 || r.Reversed != 2 {
		t.Errorf("%d pairs, %d reversed; want 4 and 2", r.Pairs, r.Reversed)
	}
}

// The statement is conditional if the players do not have the race detector, whatever this process has.
func TestCompleteWithDetector(t *testing.T) {
	for detector, want := range map[bool]string{true: "complete: all", false: "complete if free of data races: run with -race"} {
		e := verdict.Exploration{
			Options: options, Programs: []verdict.Program{{}}, Total: task.Sums{Played: 3, Classes: 2}, Detector: detector,
		}
		if r := e.Result(); !strings.HasPrefix(r.Text, want) {
			t.Errorf("with the detector %v: %q, want %q first", detector, r.Text, want)
		}
	}
}

// A program with one schedule has a sentence of its own: most tests of a suite have one goroutine.
func TestOneSchedule(t *testing.T) {
	o := options
	o.Strategy = ""
	for classes, want := range map[int]string{
		1: "all schedules differ in the order of independent operations only (2 played, 0 given up half way)",
		3: "all 3 schedules that differ in more than the order of independent operations (4 played, 0 given up half way)",
	} {
		e := verdict.Exploration{
			Options: o, Programs: []verdict.Program{{}}, Total: task.Sums{Played: classes + 1, Classes: classes},
		}
		if r := e.Result(); !r.Complete || !strings.Contains(r.Text, want) {
			t.Errorf("%d classes: complete %v, %q; want %q", classes, r.Complete, r.Text, want)
		}
	}
}
