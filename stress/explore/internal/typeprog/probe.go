package typeprog

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Probe makes each call alone, and all calls one after the other.
// A type is probed before programs are drawn, because one call can spoil all programs. A program with a call that
// waits on a fresh value has no other call that counts. A call with hundreds of schedules alone uses the time of all
// programs. A call that ends the process ends each program with it.
func (s *Spec) Probe() *Probe { return s.probe() }

// probe is Probe once.
func (s *Spec) probe() *Probe {
	if s.probed != nil {
		return s.probed
	}
	s.probed = &Probe{} // so that programs of the probe have no observers
	p := &Probe{Text: s.leftOut}
	if s.sharesValue() {
		p.Problem = "newValue returns the same value twice: it must make a new one each time"
		s.probed = p
		return p
	}
	_, _, still := s.alone(nil, busyFrom, nil)
	// The steps of newValue are in every program, and no call can be blamed for them.
	made := s.steps
	if !still {
		p.Text = append(p.Text, "newValue starts goroutines or timers that have many schedules alone: with "+
			"-explore.lazyclock time passes only when nothing else can move")
	}
	for _, c := range s.calls {
		// Each call has a fresh value: an order of the probe would otherwise decide what a call finds.
		r, out, all := s.alone([]*call{c}, busyFrom, nil)
		if !all && still && !s.askedFor(c.method) {
			p.Busy = append(p.Busy, c.text)
		}
		if s.steps > made+longFrom {
			p.Long = append(p.Long, c.text)
		}
		switch e := r.before[0]; {
		case !r.made:
			p.Problem = fmt.Sprintf("newValue does not return a value: %s",
				cmp.Or(out.Message, out.Kind.String()))
			s.probed = p
			return p
		case out.Kind == schedrt.Refused:
			p.Problem = fmt.Sprintf("%s: %s. Leave it out with explore.Without(%q)", c.text, out.Message, c.method.name)
		case out.Kind == schedrt.Panicked || out.Kind == schedrt.Failed:
			line, _, _ := strings.Cut(out.Message, "\n")
			p.Text = append(p.Text, fmt.Sprintf("%s is left out: alone on a fresh value it ends the program (%s)",
				c.text, line))
			p.Fatal = append(p.Fatal, c.text)
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
	if len(p.Busy) > 0 {
		p.Text = append(p.Text, fmt.Sprintf("%s is left out: alone on a fresh value it has more than %d "+
			"schedules, because it starts goroutines. explore.Only or explore.Arguments asks for it",
			strings.Join(p.Busy, ", "), busyFrom))
	}
	// The observers were empty while s.probed was; from here on they are chosen among the calls that return.
	s.probed, s.seers = p, nil
	p.Problem = cmp.Or(p.Problem, s.depends())
	return p
}

// sharesValue reports whether newValue returns one pointer twice. The calls of one program would then
// find what the calls of another have left.
// A pointer to a type without size proves nothing: all of these may have one address.
func (s *Spec) sharesValue() (same bool) {
	s.everySchedule(1, func() {
		a, b := s.fresh(), s.fresh()
		same = a.IsValid() && a.Kind() == reflect.Pointer && !a.IsNil() && a.Type().Elem().Size() > 0 &&
			b.Kind() == reflect.Pointer && a.UnsafePointer() == b.UnsafePointer()
	}, func(*schedrt.Outcome) {})
	return same
}

// busyFrom is the number of schedules from which on a call alone is busy: a call that sums up 32 shards
// with a goroutine for each would use the time of all other programs.
const busyFrom = 20

// longFrom is the number of steps from which on a call alone is long. It is drawn, but it does not end
// every program.
const longFrom = 50

// askedFor reports whether the user has named a method.
func (s *Spec) askedFor(m *method) bool {
	return slices.Contains(s.options.Only, m.name) || s.options.Arguments[m.name] != nil
}

// alone makes calls in one goroutine on a fresh value, after what prepare does. It plays up to most
// schedules, returns the first one, and reports whether there are no more.
// The first schedule is the default one, without preemptions. Its results stand for the call. The outcome is
// copied, as the scheduler writes the next one to the same place.
func (s *Spec) alone(calls []*call, most int, prepare func()) (first *run, out *schedrt.Outcome, all bool) {
	var r *run
	all = s.everySchedule(most, func() {
		r = newRun(s, plan{before: calls})
		r.sequential, r.after = true, nil
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
		if first == nil {
			kept := *o
			first, out = r, &kept
			s.steps = len(s.exec.Trace.Steps)
		}
	})
	return first, out, all
}

// depends compares two sequential plays of the same calls that differ in random numbers and in the
// time at their begin. A result that differs depends on one of them, and no order can explain it.
// The order of a map cannot differ: the engine fixes it.
// The second play begins a million seconds later and some: a result that has only the time of day in it, or
// whole minutes, would agree after a round number of days.
func (s *Spec) depends() string {
	var calls []*call
	for range 2 { // a second call of each sees what the first ones have left
		calls = append(calls, s.quiet()...)
	}
	first, _, _ := s.alone(calls, 1, nil)
	second, _, _ := s.alone(calls, 1, func() {
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
