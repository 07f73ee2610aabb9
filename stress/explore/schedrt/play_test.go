package schedrt_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// skipUnderRace skips a test in a binary with the race detector. Package rewrite compiles the
// engine without the detector; go test -race compiles it with, and the detector would then report
// the engine.
func skipUnderRace(t *testing.T) {
	t.Helper()
	if schedrt.RaceEnabled {
		t.Skip("the engine is only used in builds that keep the race detector out of it")
	}
}

// scripted picks the goroutines of a list of IDs, one for each question. After the list it picks
// the lowest. A goroutine of the list that cannot move is an error of the test.
type scripted struct {
	t       *testing.T
	order   []int
	choices []int
	asked   [][]int // the IDs that each question offered
}

func (s *scripted) Pick(p *schedrt.Point) int {
	var ids []int
	for _, g := range p.Enabled {
		ids = append(ids, g.ID)
	}
	s.asked = append(s.asked, ids)
	if len(s.order) == 0 {
		return 0
	}
	want := s.order[0]
	s.order = s.order[1:]
	i := slices.Index(ids, want)
	if i < 0 {
		s.t.Errorf("step %d: goroutine %d of the script is not among %v", p.Step, want, ids)
		return -1
	}
	return i
}

func (s *scripted) Choose(n int) int {
	if len(s.choices) == 0 {
		return 0
	}
	c := s.choices[0]
	s.choices = s.choices[1:]
	return c
}

// playScript plays one schedule, with a question at every step.
func playScript(t *testing.T, order []int, program func()) *schedrt.Exec {
	t.Helper()
	return playChoices(t, schedrt.Limits{AskAlways: true}, order, nil, program)
}

func playChoices(
	t *testing.T, limits schedrt.Limits, order, choices []int, program func(),
) *schedrt.Exec {
	t.Helper()
	skipUnderRace(t)
	x := schedrt.New(limits)
	t.Cleanup(x.Close)
	x.Play(&scripted{t: t, order: order, choices: choices}, program)
	return x
}

// odometer is depth-first search: its digits are the answers to the questions of one execution,
// and next counts up. It needs no knowledge of the program, so it is the measure of what is
// counted here.
type odometer struct {
	digits, sizes []int
	at            int
}

func (o *odometer) answer(n int) int {
	if o.at == len(o.digits) {
		o.digits, o.sizes = append(o.digits, 0), append(o.sizes, n)
	}
	o.at++
	return o.digits[o.at-1]
}

func (o *odometer) Pick(p *schedrt.Point) int { return o.answer(len(p.Enabled)) }
func (o *odometer) Choose(n int) int          { return o.answer(n) }

// next prepares the next execution and reports whether there is one.
func (o *odometer) next() bool {
	o.at = 0
	for last := len(o.digits) - 1; last >= 0; last-- {
		if o.digits[last]++; o.digits[last] < o.sizes[last] {
			return true
		}
		o.digits, o.sizes = o.digits[:last], o.sizes[:last]
	}
	return false
}

// everySchedule plays all schedules of a program. It counts them by their result: the ending, and
// what the program has written to the string that it is given.
func everySchedule(
	t *testing.T, limits schedrt.Limits, program func(seen *strings.Builder),
) map[string]int {
	t.Helper()
	skipUnderRace(t)
	x := schedrt.New(limits)
	defer x.Close()
	results := map[string]int{}
	for o := (&odometer{}); ; {
		var seen strings.Builder
		out := x.Play(o, func() { program(&seen) })
		results[strings.TrimSpace(out.Kind.String()+" "+seen.String())]++
		if !o.next() {
			return results
		}
		if o.at = 0; len(results) > 10_000 {
			t.Fatal("more than 10000 results")
		}
	}
}

// mustResult compares the results of everySchedule with those that were counted by hand.
func mustResult(t *testing.T, got, want map[string]int) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) { // fmt sorts the keys
		t.Errorf("schedules by result: %v, want %v", got, want)
	}
}

// mustEnd checks how one execution ended.
func mustEnd(t *testing.T, x *schedrt.Exec, want schedrt.Ending) {
	t.Helper()
	if got := x.Outcome.Kind; got != want {
		t.Errorf("the execution ended as %v (%s), want %v", got, x.Outcome.Message, want)
	}
}
