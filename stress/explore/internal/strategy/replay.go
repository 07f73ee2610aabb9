package strategy

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Schedule is where an execution differs from the usual one, in the order of the decisions.
type Schedule []Turn

// A Turn is a decision that is not the usual one.
type Turn struct {
	At int // the number of the decision, from 0; one that has but one way is none
	To int // the goroutine, or the answer to a choice
}

// String writes a schedule as a word: for each turn how many decisions come before it since the last
// one, a dot, and its goroutine.
func (s Schedule) String() string {
	var b strings.Builder
	last := -1
	for i, t := range s {
		if i > 0 {
			b.WriteByte('_')
		}
		fmt.Fprintf(&b, "%s.%s", strconv.FormatInt(int64(t.At-last-1), 36), strconv.FormatInt(int64(t.To), 36))
		last = t.At
	}
	return "x" + b.String()
}

// Parse reads what String writes.
func Parse(text string) (Schedule, error) {
	rest, ok := strings.CutPrefix(text, "x")
	if !ok {
		return nil, fmt.Errorf("schedule %q: want it to begin with x", text)
	}
	var s Schedule
	last := -1
	for word := range strings.SplitSeq(rest, "_") {
		if rest == "" {
			break
		}
		skip, to, ok := strings.Cut(word, ".")
		n, err1 := strconv.ParseInt(skip, 36, 32)
		g, err2 := strconv.ParseInt(to, 36, 32)
		if !ok || err1 != nil || err2 != nil || n < 0 || g < 0 {
			return nil, fmt.Errorf("schedule %q: %q is not two numbers with a dot between", text, word)
		}
		last += int(n) + 1
		s = append(s, Turn{last, int(g)})
	}
	return s, nil
}

// A Recorder writes down what another strategy decides.
type Recorder struct {
	Search
	Schedule  Schedule
	Preempted []int // the steps at which a goroutine lost its turn
	at        int
}

// Begin is that of Search.
func (r *Recorder) Begin(x *schedrt.Exec) {
	r.Schedule, r.at, r.Preempted = r.Schedule[:0], 0, r.Preempted[:0]
	r.Search.Begin(x)
}

// Pick is that of schedrt.Strategy.
func (r *Recorder) Pick(p *schedrt.Point) int {
	i := r.Search.Pick(p)
	if i >= 0 && len(p.Enabled) > 1 {
		if i != Usual(p) {
			r.Schedule = append(r.Schedule, Turn{r.at, p.Enabled[i].ID})
		}
		if preempts(p, i) {
			r.Preempted = append(r.Preempted, p.Step)
		}
		r.at++
	}
	return i
}

// Choose is that of schedrt.Strategy.
func (r *Recorder) Choose(n int) int {
	i := r.Search.Choose(n)
	if i != 0 {
		r.Schedule = append(r.Schedule, Turn{r.at, i})
	}
	r.at++
	return i
}

// A Replay plays one schedule.
type Replay struct {
	Schedule Schedule
	Diverged string // where the program does not do what the schedule says, if so
	next, at int
}

// Begin is that of Search.
func (r *Replay) Begin(*schedrt.Exec) { r.next, r.at, r.Diverged = 0, 0, "" }

// turn returns where to go if this decision is not the usual one.
func (r *Replay) turn() (to int, ok bool) {
	at := r.at
	r.at++
	if r.next == len(r.Schedule) || r.Schedule[r.next].At != at {
		return 0, false
	}
	r.next++
	return r.Schedule[r.next-1].To, true
}

// Pick is that of schedrt.Strategy.
func (r *Replay) Pick(p *schedrt.Point) int {
	if len(p.Enabled) == 1 {
		return 0
	}
	to, ok := r.turn()
	if !ok {
		return Usual(p)
	}
	var can []string
	for i, g := range p.Enabled {
		if g.ID == to {
			return i
		}
		can = append(can, fmt.Sprintf("goroutine %d", g.ID))
	}
	r.diverge("goroutine %d cannot go on there, only %s", to, strings.Join(can, " and "))
	return Usual(p)
}

// Choose is that of schedrt.Strategy.
func (r *Replay) Choose(n int) int {
	to, ok := r.turn()
	if ok && to >= n {
		r.diverge("case %d is not ready there, only %d are", to, n)
		return 0
	}
	return to
}

func (r *Replay) diverge(format string, args ...any) {
	if r.Diverged == "" {
		r.Diverged = fmt.Sprintf("at decision %d, turn %d of the schedule: ", r.at, r.next) +
			fmt.Sprintf(format, args...)
	}
}

// Done is that of Search.
func (r *Replay) Done(*schedrt.Exec) bool {
	if r.next < len(r.Schedule) {
		r.diverge("the program had no more decisions")
	}
	return false
}
