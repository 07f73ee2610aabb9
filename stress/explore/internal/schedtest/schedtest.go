// Package schedtest plays programs for the tests of package schedrt and of the shims.
//
//	x := schedtest.PlayScript(t, []int{1, 2, 1}, program)      // one schedule, by goroutine IDs
//	n := schedtest.EverySchedule(t, schedrt.Limits{}, program) // how many have each result
//
// It knows nothing of package strategy, which is tested against the same counts.
//
// # What this does not show
//
// Tests that use it are skipped under the race detector: see SkipUnderRace.
package schedtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// SkipUnderRace skips a test in a binary with the race detector. Package rewrite compiles the
// engine without the detector; go test -race compiles it with, and the detector would then report
// the engine.
func SkipUnderRace(t testing.TB) {
	t.Helper()
	if schedrt.RaceEnabled {
		t.Skip("the engine is only used in builds that keep the race detector out of it")
	}
}

// A Script picks the goroutines of a list of IDs, one for each question. After the list it picks
// the lowest. A goroutine of the list that cannot move is an error of the test.
type Script struct {
	T       testing.TB
	Order   []int
	Choices []int   // the answers to Choose, 0 after the last
	Asked   [][]int // the IDs that each question offered
}

// Pick is the method of schedrt.Strategy.
func (s *Script) Pick(p *schedrt.Point) int {
	var ids []int
	for _, g := range p.Enabled {
		ids = append(ids, g.ID)
	}
	s.Asked = append(s.Asked, ids)
	if len(s.Order) == 0 {
		return 0
	}
	want := s.Order[0]
	s.Order = s.Order[1:]
	i := slices.Index(ids, want)
	if i < 0 {
		s.T.Errorf("step %d: goroutine %d of the script is not among %v", p.Step, want, ids)
		return -1
	}
	return i
}

// Choose is the method of schedrt.Strategy.
func (s *Script) Choose(n int) int {
	if len(s.Choices) == 0 {
		return 0
	}
	c := s.Choices[0]
	s.Choices = s.Choices[1:]
	return c
}

// PlayScript plays one schedule, with a question at every step.
func PlayScript(t testing.TB, order []int, program func()) *schedrt.Exec {
	t.Helper()
	return PlayChoices(t, schedrt.Limits{AskAlways: true}, order, nil, program)
}

// PlayChoices plays one schedule. It also answers the choices within steps.
func PlayChoices(
	t testing.TB, limits schedrt.Limits, order, choices []int, program func(),
) *schedrt.Exec {
	t.Helper()
	SkipUnderRace(t)
	x := schedrt.New(limits)
	t.Cleanup(x.Close)
	x.Play(&Script{T: t, Order: order, Choices: choices}, program)
	return x
}

// odometer is depth-first search: its digits are the answers to the questions of one execution, and
// next counts up. It uses no knowledge of the program, so it leaves out no schedule, and its counts
// can be compared with counts by hand.
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

// EverySchedule plays all schedules of a program. It counts them by their result: the ending, and
// what the program has written to the string that it is given.
func EverySchedule(
	t testing.TB, limits schedrt.Limits, program func(seen *strings.Builder),
) map[string]int {
	t.Helper()
	SkipUnderRace(t)
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

// MustResult compares the results of EverySchedule with the numbers that were counted by hand.
func MustResult(t testing.TB, got, want map[string]int) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) { // fmt sorts the keys
		t.Errorf("schedules by result: %v, want %v", got, want)
	}
}

// MustEnd checks how one execution ended.
func MustEnd(t testing.TB, x *schedrt.Exec, want schedrt.Ending) {
	t.Helper()
	if got := x.Outcome.Kind; got != want {
		t.Errorf("the execution ended as %v (%s), want %v", got, x.Outcome.Message, want)
	}
}
