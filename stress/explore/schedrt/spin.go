package schedrt

import "runtime"

// spin recognises a goroutine that looks at the same things from the same places again and again
// while nothing changes. Letting it look once more shows nothing new, so it is passed over
// until something that it looked at has changed, or nothing else is left.
type spin struct {
	looks    []look
	yields   yields
	flagged  bool // the next look would be like an earlier one
	flags    int  // how often it was
	yielding bool // it has been flagged since it last made progress
}

// A look found an object in some state.
type look struct {
	object  *Object
	version uint32
	times   int
	pc      uintptr // of the last time that was asked for
	loop    bool    // it was the same twice
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
		if l.times++; l.times >= unrolled-1 && l.again() {
			g.spin.flag()
		}
		return
	}
	e.advance(g)
	g.spin.looks = push(g.spin.looks, look{object: o, version: o.version, times: 1})
}

func (s *spin) flag() {
	s.flagged, s.yielding = true, true
	s.flags++
}

// again reports whether the look was taken from where the last one was. Once it was, it is a loop.
func (l *look) again() bool {
	if l.times > unrolled && l.loop {
		return true
	}
	pc := caller()
	l.loop = l.pc == pc
	l.pc = pc
	return l.loop
}

// stuck reports whether g would look again at what it has seen already.
func (s *spin) stuck(g *G) bool {
	if g.Op.Kind == OpYield || g.Op.Kind == OpSleep {
		return s.yields.idle(g)
	}
	if !s.flagged {
		return false
	}
	for i := range s.looks {
		if l := &s.looks[i]; l.object.version != l.version {
			return false
		}
	}
	return true
}

// others counts the steps of other goroutines; that time passes is none.
func (g *G) others() int {
	n := len(g.exec.Trace.Steps) - g.steps
	if clock := g.exec.clock.g; clock != nil {
		n -= clock.steps
	}
	return n
}

// yields recognise a goroutine that calls Gosched or Sleep in a loop. It may lock and unlock something in each
// round, so that versions say nothing. It is idle when a whole round passed in which nobody took a
// step who is not in such a loop, too.
type yields struct {
	pc     uintptr
	rounds int
	others [2]int // steps of others at the last Gosched but one, and at the last
	step   [2]int // the number of these
}

func (y *yields) next(g *G) {
	if y.rounds < unrolled { // later it is a loop
		if pc := caller(); y.pc != pc {
			*y = yields{pc: pc}
		}
	}
	total := len(g.exec.Trace.Steps)
	y.rounds++
	y.others = [2]int{y.others[1], g.others()}
	y.step = [2]int{y.step[1], total}
}

func (y *yields) idle(g *G) bool {
	if y.rounds < unrolled {
		return false
	}
	if y.others[0] == g.others() {
		return true // alone
	}
	return y.rounds >= patience && y.step[0] > g.exec.lively
}

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
