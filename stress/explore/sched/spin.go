package sched

import "runtime"

// spin recognises a goroutine that looks at the same things from the same places again and again
// while nothing changes. Letting it look once more shows nothing new, so it is passed over
// until something that it looked at has changed, or nothing else is left.
type spin struct {
	looks    []look
	stuckAt  int  // steps of others when it was found to spin; only of a Gosched
	flagged  bool // the next look would be like an earlier one
	flags    int  // how often it was
	yielding bool // it has been flagged since it last made progress
}

// A look found an object in some state.
type look struct {
	object  *Object
	version uint32
	times   int
	pc      uintptr // of the second time
}

func (s *spin) reset() { s.looks, s.flagged, s.yielding, s.flags = s.looks[:0], false, false, 0 }

// unrolled is how often the same look is taken before it counts as spinning. The second tells from
// where, the third that it is a loop.
const unrolled = 3

// patience is how often a spinner looks again before others take it for waiting: it may have a bound,
// and then do something else.
const patience = 128

// look notes that the running goroutine is about to look at o. It goes before the point.
func (e *Exec) look(g *G, o *Object) {
	g.spin.flagged = false
	for i := range g.spin.looks {
		l := &g.spin.looks[i]
		if l.object != o {
			continue
		}
		if l.version != o.version {
			*l = look{object: o, version: o.version, times: 1}
			return
		}
		l.times++
		if l.times < unrolled-1 {
			return
		}
		pc := caller()
		if l.pc != pc {
			l.pc = pc
			return
		}
		g.spin.flag(g)
		return
	}
	e.advance(g)
	g.spin.looks = push(g.spin.looks, look{object: o, version: o.version, times: 1})
}

func (s *spin) flag(g *G) {
	s.flagged, s.yielding = true, true
	s.flags++
	s.stuckAt = g.others()
}

// stuck reports whether g would look again at what it has seen already.
func (s *spin) stuck(g *G) bool {
	if !s.flagged {
		return false
	}
	if g.Op.Kind == OpYield {
		return s.stuckAt == g.others()
	}
	for i := range s.looks {
		if l := &s.looks[i]; l.object.version != l.version {
			return false
		}
	}
	return true
}

// others returns a number that changes when another goroutine takes a step.
func (g *G) others() int { return len(g.exec.Trace.Steps) - g.steps }

// caller returns a number for the place outside this package and its look-alikes, and how one came
// there.
func caller() uintptr {
	var pcs [6]uintptr
	var sum uintptr
	for i := range runtime.Callers(4, pcs[:]) {
		sum = sum*31 + pcs[i]
	}
	return sum
}
