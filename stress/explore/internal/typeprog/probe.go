package typeprog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Probe is what each call does alone on a fresh value. A player makes it, because only there a call
// that waits for ever is seen, and the parent draws programs with it.
type Probe struct {
	Problem string   // what keeps the type from being explored, and what to declare; "" if nothing does
	Waits   []string // calls that wait for ever
	Panics  []string // calls that panic, with the panic after a blank
	Text    []string // what to tell the user
}

// Probe makes each call alone, and all calls one after the other.
func (s *Spec) Probe() *Probe { return s.probe() }

// probe is Probe once.
func (s *Spec) probe() *Probe {
	if s.probed != nil {
		return s.probed
	}
	s.probed = &Probe{} // so that programs of the probe have no observers
	p := &Probe{Text: s.leftOut}
	for _, c := range s.calls {
		r, out := s.alone([]*call{c}, nil)
		switch e := r.before[0]; {
		case !r.made:
			p.Problem = fmt.Sprintf("newValue does not return a value: %s",
				cmp.Or(out.Message, out.Kind.String()))
			s.probed = p
			return p
		case out.Kind == schedrt.Refused:
			p.Problem = fmt.Sprintf("%s: %s. Leave it out with explore.Without(%q)", c.text, out.Message, c.method.name)
		case e.end == 0:
			p.Waits = append(p.Waits, c.text)
		case e.panicked:
			p.Panics = append(p.Panics, c.text)
			p.Text = append(p.Text, fmt.Sprintf("%s %s, alone on a fresh value: a panic that a sequential "+
				"order has is allowed. explore.Without(%q) leaves it out", c.text, e.texts[0], c.method.name))
		}
	}
	if len(p.Waits) > 0 {
		p.Text = append(p.Text, fmt.Sprintf("%s alone on a fresh value waits for ever: a program in which it "+
			"waits is right if it waits in a sequential order as well. explore.Without leaves it out",
			strings.Join(p.Waits, " or ")))
	}
	s.probed = p
	p.Problem = cmp.Or(p.Problem, s.depends())
	return p
}

// alone makes calls in one goroutine on a fresh value, after what prepare does. It plays one
// schedule.
func (s *Spec) alone(calls []*call, prepare func()) (r *run, out *schedrt.Outcome) {
	r = newRun(s, plan{before: calls})
	r.sequential, r.after = true, nil
	s.everySchedule(1, func() {
		if prepare != nil {
			prepare()
		}
		if !r.begin() {
			return
		}
		for _, e := range r.before {
			r.do(e)
		}
	}, func(o *schedrt.Outcome) {
		kept := *o
		out = &kept
	})
	return r, out
}

// depends compares two sequential plays of the same calls that differ in random numbers and in the
// time at their begin. A result that differs depends on one of them, and no order can explain it.
// The order of a map cannot differ: the engine fixes it.
func (s *Spec) depends() string {
	var calls []*call
	for range 2 { // a second call of each sees what the first ones have left
		calls = append(calls, s.quiet()...)
	}
	first, _ := s.alone(calls, nil)
	second, _ := s.alone(calls, func() {
		schedrt.Reseed(time.Now().UnixNano() | 1)
		schedrt.Sleep(1_000_003 * time.Second)
	})
	j := &judge{spec: s}
	for i, e := range first.before {
		if other := second.before[i]; !j.equal(e, other) {
			return fmt.Sprintf("%s differs between two sequential plays, which differ in random numbers "+
				"and in the time only: %s and %s. Leave it out with explore.Without(%q), or declare with "+
				"explore.Equal which results are equal", e.call.text, ending(e), ending(other), e.call.method.name)
		}
	}
	return ""
}

// quiet returns the calls that return on a fresh value.
func (s *Spec) quiet() (calls []*call) {
	p := s.probed
	for _, c := range s.calls {
		if !slices.Contains(p.Waits, c.text) && !slices.Contains(p.Panics, c.text) {
			calls = append(calls, c)
		}
	}
	return calls
}

// mostObservers bounds the calls at the end of a program. They have no other call beside them, so
// they cost steps, and no schedules.
const mostObservers = 6

// observers returns the calls that end every program, because they have results that show what the
// calls before have left. The calls with the fewest arguments come first: they say most about the
// whole value.
func (s *Spec) observers() (calls []*call) {
	if s.probed == nil || len(s.probed.Waits) == len(s.calls) {
		return nil
	}
	for _, c := range s.quiet() {
		if len(c.method.out) > 0 {
			calls = append(calls, c)
		}
	}
	slices.SortStableFunc(calls, func(a, b *call) int { return cmp.Compare(len(a.args), len(b.args)) })
	return calls[:min(len(calls), mostObservers)]
}
