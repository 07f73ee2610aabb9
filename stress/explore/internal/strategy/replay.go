package strategy

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Schedule is the list of decisions that differ from the default, in their order. All other
// decisions are the default; see Default.
type Schedule []Turn

// A Turn is a decision that differs from the default.
type Turn struct {
	At int // number of the decision, from 0; a point with one possibility is no decision
	To int // the goroutine that is picked, or the answer to Choose
}

// String returns the schedule as a word: an x, then for each turn the number of decisions since the
// previous turn, a dot, and the turn's goroutine. Turns are separated by underscores, and numbers
// have base 36, so that a word needs no quotes in a shell and no escapes in a file name.
func (s Schedule) String() string {
	var b strings.Builder
	last := -1
	for i, t := range s {
		if i > 0 {
			b.WriteByte('_')
		}
		fmt.Fprintf(&b, "%s.%s", strconv.FormatInt(int64(t.At-last-1), 36),
			strconv.FormatInt(int64(t.To), 36))
		last = t.At
	}
	return "x" + b.String()
}

// Parse reads a word that String has written.
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
			return nil, fmt.Errorf("schedule %q: %q is not two numbers with a dot between", text,
				word)
		}
		last += int(n) + 1
		s = append(s, Turn{last, int(g)})
	}
	return s, nil
}

// A Recorder notes what another strategy decides.
type Recorder struct {
	Search
	Schedule  Schedule // of the last execution; the next one overwrites it
	Preempted []int    // steps of the last execution at which a goroutine was preempted
	at        int      // number of the next decision
}

// Begin implements Search.
func (r *Recorder) Begin(x *schedrt.Exec) {
	r.Schedule, r.at, r.Preempted = r.Schedule[:0], 0, r.Preempted[:0]
	r.Search.Begin(x)
}

// Pick implements schedrt.Strategy.
func (r *Recorder) Pick(p *schedrt.Point) int {
	i := r.Search.Pick(p)
	if i >= 0 && len(p.Enabled) > 1 {
		if i != Default(p) {
			r.Schedule = append(r.Schedule, Turn{r.at, p.Enabled[i].ID})
		}
		if preempts(p, i) {
			r.Preempted = append(r.Preempted, p.Step)
		}
		r.at++
	}
	return i
}

// Choose implements schedrt.Strategy.
func (r *Recorder) Choose(n int) int {
	i := r.Search.Choose(n)
	if i != 0 {
		r.Schedule = append(r.Schedule, Turn{r.at, i})
	}
	r.at++
	return i
}

// A Replay plays one given schedule.
type Replay struct {
	Schedule Schedule
	Diverged string // where the program does not follow the schedule; "" if it does
	next     int    // index of the next turn
	at       int    // number of the next decision
}

// Begin implements Search.
func (r *Replay) Begin(*schedrt.Exec) { r.next, r.at, r.Diverged = 0, 0, "" }

// turn returns the next decision. It reports false if the decision is the default.
func (r *Replay) turn() (to int, ok bool) {
	at := r.at
	r.at++
	if r.next == len(r.Schedule) || r.Schedule[r.next].At != at {
		return 0, false
	}
	r.next++
	return r.Schedule[r.next-1].To, true
}

// Pick implements schedrt.Strategy.
func (r *Replay) Pick(p *schedrt.Point) int {
	if len(p.Enabled) == 1 {
		return 0
	}
	to, ok := r.turn()
	if !ok {
		return Default(p)
	}
	var can []string
	for i, g := range p.Enabled {
		if g.ID == to {
			return i
		}
		can = append(can, fmt.Sprintf("goroutine %d", g.ID))
	}
	r.diverge("goroutine %d cannot go on there, only %s", to, strings.Join(can, " and "))
	return Default(p)
}

// Choose implements schedrt.Strategy.
func (r *Replay) Choose(n int) int {
	to, ok := r.turn()
	if ok && to >= n {
		r.diverge("case %d is not ready there, only %d are", to, n)
		return 0
	}
	return to
}

// diverge notes the first decision at which the program does not follow the schedule.
func (r *Replay) diverge(format string, args ...any) {
	if r.Diverged == "" {
		r.Diverged = fmt.Sprintf("at decision %d, turn %d of the schedule: ", r.at, r.next) +
			fmt.Sprintf(format, args...)
	}
}

// Done implements Search.
func (r *Replay) Done(*schedrt.Exec) bool {
	if r.next < len(r.Schedule) {
		r.diverge("the program had no more decisions")
	}
	return false
}
