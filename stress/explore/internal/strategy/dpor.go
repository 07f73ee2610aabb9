package strategy

import (
	"slices"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// DPOR plays one schedule of each class: of those that differ only in the order of steps that
// commute. It is source-DPOR with sleep sets (Abdulla, Aronis, Jonsson and Sagonas, POPL 2014): after each
// schedule, every race in it has its second step tried first, unless an earlier schedule did
// that. No class is played to its end twice; some schedules are given up half way.
//
// The execution has to ask at every step (schedrt.Limits.AskAlways).
type DPOR struct {
	nodes   []node
	order   order
	x       *schedrt.Exec
	blocked []*schedrt.G // scratch
	from    int          // the first step that is new in this execution
	floor   int          // nodes before it are fixed: what is to be tried there is of other parts
}

// A node is the state before a step.
type node struct {
	enabled   []int32
	backtrack []int32   // goroutines to be tried, those tried already included
	sleep     []sleeper // those that need not be tried, or were
	chosen    int32
	choice    int // the answer to Choose in this step
	choices   int // of so many
	accesses  []schedrt.Access
	clock     int32 // the one of enabled that is time, or -1
}

// A sleeper is a goroutine whose next step was tried first in an earlier schedule. Until something
// conflicts with that step, trying it comes to the same.
type sleeper struct {
	g        int32
	accesses []schedrt.Access
}

// Begin is that of Search.
func (d *DPOR) Begin(x *schedrt.Exec) { d.x = x }

// Pick is that of schedrt.Strategy.
func (d *DPOR) Pick(p *schedrt.Point) int {
	if p.Step >= len(d.nodes) && !d.extend(p) {
		return -1
	}
	chosen := d.nodes[p.Step].chosen
	for i, g := range p.Enabled {
		if int32(g.ID) == chosen {
			return i
		}
	}
	return -1 // the program is not deterministic; the replay says where
}

// extend adds the node of a state that is new, and reports whether anybody is awake in it.
func (d *DPOR) extend(p *schedrt.Point) bool {
	at := len(d.nodes)
	if at < cap(d.nodes) {
		d.nodes = d.nodes[:at+1]
	} else {
		d.nodes = append(d.nodes, node{})
	}
	n := &d.nodes[at]
	n.enabled, n.backtrack, n.sleep = n.enabled[:0], n.backtrack[:0], n.sleep[:0]
	n.choice, n.choices, n.accesses, n.clock = 0, 0, n.accesses[:0], -1
	for _, g := range p.Enabled {
		n.enabled = append(n.enabled, int32(g.ID))
		if g.Op.Kind == schedrt.OpFire {
			n.clock = int32(g.ID)
		}
	}
	if at > 0 {
		d.inherit(n, &d.nodes[at-1], at-1)
	}
	if n.chosen = d.awake(n, p); n.chosen < 0 {
		d.nodes = d.nodes[:at]
		return false
	}
	n.backtrack = append(n.backtrack, n.chosen)
	return true
}

// inherit lets those sleep on whose step does not conflict with the one before.
func (d *DPOR) inherit(n, parent *node, step int) {
	s := &d.x.Trace.Steps[step]
	if s.Kind == schedrt.OpAwaitRest {
		return
	}
	for _, z := range parent.sleep {
		if z.g != s.G && !conflict(z.accesses, d.x.Trace.Accesses(s)) {
			n.sleep = append(n.sleep, z)
		}
	}
}

// awake returns a goroutine that can move and does not sleep, the usual one if it may, or -1.
func (d *DPOR) awake(n *node, p *schedrt.Point) int32 {
	if usual := n.enabled[Usual(p)]; !n.asleep(usual) {
		return usual
	}
	for _, g := range n.enabled {
		if !n.asleep(g) {
			return g
		}
	}
	return -1
}

func (n *node) asleep(g int32) bool {
	return slices.ContainsFunc(n.sleep, func(z sleeper) bool { return z.g == g })
}

// Choose is that of schedrt.Strategy.
func (d *DPOR) Choose(count int) int {
	n := &d.nodes[len(d.x.Trace.Steps)-1]
	n.choices = count
	return n.choice
}

// Done is that of Search.
func (d *DPOR) Done(x *schedrt.Exec) bool {
	steps := len(x.Trace.Steps)
	d.nodes = d.nodes[:min(steps, len(d.nodes))]
	d.order.of(&x.Trace, d.from)
	d.blocked = x.Blocked(d.blocked[:0])
	for _, g := range d.blocked {
		d.order.pending(int32(g.ID), g.Op.Access)
	}
	for _, r := range d.order.races {
		if int(r.first) >= d.floor {
			d.reverse(r)
		}
	}
	for at := d.from; at < len(d.nodes); at++ {
		d.hurry(&d.nodes[at], x.Trace.Steps[at].Kind)
	}
	for at := len(d.nodes) - 1; at >= d.floor; at-- {
		if d.retry(&d.nodes[at], at) {
			d.nodes = d.nodes[:at+1]
			d.from = at
			return true
		}
	}
	return false
}

// hurry has time pass before a timer is stopped or set anew, if it could. The race of the two may
// not be in the trace, as a timer that was stopped never fires.
func (d *DPOR) hurry(n *node, next schedrt.Kind) {
	if next == schedrt.OpTimer && n.clock >= 0 && !n.asleep(n.clock) && !slices.Contains(n.backtrack, n.clock) {
		n.backtrack = append(n.backtrack, n.clock)
	}
}

// retry chooses what has still to be tried in a state, and reports whether there is anything.
func (d *DPOR) retry(n *node, at int) bool {
	n.touches(d.x.Trace.Accesses(&d.x.Trace.Steps[at]))
	if n.choice++; n.choice < n.choices {
		return true
	}
	n.sleep = append(n.sleep, sleeper{n.chosen, slices.Clone(n.accesses)})
	for _, g := range n.backtrack {
		if !n.asleep(g) {
			n.chosen, n.choice, n.choices, n.accesses = g, 0, 0, n.accesses[:0]
			return true
		}
	}
	return false
}

// reverse sees to it that a schedule is played in which the second step of a race comes first.
func (d *DPOR) reverse(r race) {
	n := &d.nodes[r.first]
	first, chosen := d.initials(r), int32(-1)
	for _, g := range first {
		if slices.Contains(n.backtrack, g) || n.asleep(g) {
			return
		}
		if slices.Contains(n.enabled, g) {
			chosen = g // the last is the one of the race, if it is among them
		}
	}
	if chosen >= 0 {
		n.backtrack = append(n.backtrack, chosen)
		return
	}
	for _, g := range n.enabled { // who makes it possible is not known
		if !slices.Contains(n.backtrack, g) {
			n.backtrack = append(n.backtrack, g)
		}
	}
}

// initials returns who can go first in what leads to the second step without the first.
func (d *DPOR) initials(r race) (gs []int32) {
	var steps []int32 // that are not after the first
	for at := r.first + 1; at < min(r.second, int32(len(d.order.trace.Steps))); at++ {
		if d.order.before(r.first, at) {
			continue
		}
		after := slices.ContainsFunc(steps, func(earlier int32) bool { return d.order.before(earlier, at) })
		steps = append(steps, at)
		if g := d.order.trace.Steps[at].G; !after && !slices.Contains(gs, g) {
			gs = append(gs, g)
		}
	}
	after := slices.ContainsFunc(steps, func(earlier int32) bool {
		return covers(r.clock, d.order.trace.Steps[earlier].G, earlier)
	})
	if !after && !slices.Contains(gs, r.g) {
		gs = append(gs, r.g)
	}
	return gs
}
