package strategy

import (
	"slices"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// DPOR plays one schedule of each class. A class is a set of schedules that differ only in the
// order of independent steps, so that the program does the same in all of them.
//
// The algorithm is source-DPOR with sleep sets (Abdulla, Aronis, Jonsson and Sagonas, “Optimal
// dynamic partial order reduction”, POPL 2014). After each schedule it looks at every race, which
// is a pair of dependent steps that could have come in the other order. It makes sure that some
// schedule tries the second step first. Sleep sets keep it from playing a class twice; a schedule
// that only sleeping goroutines could continue is abandoned, and counted as pruned.
//
// The execution has to ask at every step (schedrt.Limits.AskAlways), because a step without a
// choice may still be part of a race.
//
// Correctness rests on two things outside of this file. The accesses of a step must name every
// object that it uses, and two modes may count as independent only if they commute in every
// state.
//
// With Twins, goroutines that are alike take their first steps in the order of their numbers; package
// schedrt argues in findTwin why no behaviour is lost. It takes two changes, and none in the backtrack
// sets or the sleep sets: to both, the rule is a part of the program. In a state in which a twin has
// not moved, the next goroutine is not enabled (extend). And the first step of a twin happens before
// the first step of the next one (happensBefore.twins), so the two are no race, and the next goroutine
// is an initial of a race only if its twin has moved by then. A goroutine that sleeps was enabled when
// it fell asleep, so its twin has moved, and waking needs no rule either. A class of schedules is one
// under the rule: two of its schedules that differ in the order of independent steps have the same
// order of first steps, so the further cause parts no class. Now and then a class is played twice under the
// rule, which costs a schedule and loses none; see TestTwinsOnRandomPrograms.
type DPOR struct {
	Twins   bool // let goroutines that are alike begin in the order of their numbers
	Reduced bool // some goroutine had to wait for its twin

	nodes   []node        // the states along the current schedule, one before each step
	order   happensBefore // of the schedule that was just played
	x       *schedrt.Exec
	blocked []*schedrt.G // scratch
	firsts  []int32      // scratch of initials
	between []int32      // scratch of initials
	from    int          // the first step that is new in this execution
	floor   int          // nodes before this index are fixed: other parts try the rest there
}

// A node is the state before a step.
//
// accesses grows while answers to Choose are tried, and goes to sleep with the goroutine: it
// must wake for each answer's objects.
type node struct {
	enabled   []int32
	backtrack []int32          // goroutines to try here, or tried before
	sleep     []sleeper        // goroutines that need not be tried here
	chosen    int32            // the goroutine whose step is being tried
	choice    int              // the answer to Choose in this step
	choices   int              // the number of possible answers; 0 if Choose was not called
	accesses  []schedrt.Access // what the step touches, with any answer to Choose
	slept     []schedrt.Access // the accesses of goroutines that fell asleep here, see advance
	clock     int32            // the enabled goroutine that stands for time, or -1
}

// A sleeper is a goroutine whose next step was tried first in an earlier schedule. Trying it again
// leads to a class that was played, until a dependent step of another goroutine wakes it.
type sleeper struct {
	g        int32
	accesses []schedrt.Access // of the next step
}

// Begin implements Search.
func (d *DPOR) Begin(x *schedrt.Exec) { d.x = x }

// Pick implements schedrt.Strategy. It returns -1 to abandon the schedule.
//
// A chosen goroutine that is not enabled means that the program did something else this time;
// the execution is given up and the check for determinism reports it.
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
	return -1 // the program is not deterministic
}

// extend appends the node of a new state. It reports false if every enabled goroutine sleeps.
//
// A state whose goroutines all sleep begins no new class: every continuation was played from
// another state.
func (d *DPOR) extend(p *schedrt.Point) bool {
	at := len(d.nodes)
	if at < cap(d.nodes) { // reuse the memory of an earlier node
		d.nodes = d.nodes[:at+1]
	} else {
		d.nodes = append(d.nodes, node{})
	}
	n := &d.nodes[at]
	n.enabled, n.backtrack, n.sleep, n.slept = n.enabled[:0], n.backtrack[:0], n.sleep[:0], n.slept[:0]
	n.choice, n.choices, n.accesses, n.clock = 0, 0, n.accesses[:0], -1
	for _, g := range p.Enabled {
		if d.Twins && awaitsTwin(g, p.Enabled) {
			d.Reduced = true
			continue
		}
		n.enabled = append(n.enabled, int32(g.ID))
		if g.Op.Kind == schedrt.OpFire {
			n.clock = int32(g.ID)
		}
	}
	if at > 0 {
		d.inheritSleep(n, &d.nodes[at-1], at-1)
	}
	if n.chosen = n.firstAwake(p); n.chosen < 0 {
		d.nodes = d.nodes[:at]
		return false
	}
	n.backtrack = append(n.backtrack, n.chosen)
	return true
}

// awaitsTwin reports whether the twin of a goroutine has to move first. A twin that cannot move now
// does not count: the rule about long schedules (fairness) may leave one goroutine only.
func awaitsTwin(g *schedrt.G, enabled []*schedrt.G) bool {
	if g.Moved() {
		return false
	}
	t := g.Twin()
	return t != nil && !t.Moved() && slices.Contains(enabled, t)
}

// inheritSleep copies the sleeping goroutines of the state before a step. The step wakes those
// whose next step depends on it. AwaitRest and synctest.Wait depend on everything, so they wake all.
//
// The goroutine of the step itself never stays asleep, since its next step is another one now.
func (d *DPOR) inheritSleep(n, parent *node, step int) {
	s := &d.x.Trace.Steps[step]
	if s.Kind == schedrt.OpAwaitRest || s.Kind == schedrt.OpBubbleWait {
		return
	}
	for _, z := range parent.sleep {
		if z.g != s.G && !conflict(z.accesses, d.x.Trace.Accesses(s)) {
			n.sleep = append(n.sleep, z)
		}
	}
}

// firstAwake returns an enabled goroutine that does not sleep, or -1. It prefers the default
// choice, because schedules with few preemptions are easier to read.
func (n *node) firstAwake(p *schedrt.Point) int32 {
	if first := int32(p.Enabled[Default(p)].ID); slices.Contains(n.enabled, first) && !n.asleep(first) {
		return first
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

// Choose implements schedrt.Strategy.
func (d *DPOR) Choose(count int) int {
	n := &d.nodes[len(d.x.Trace.Steps)-1]
	n.choices = count
	return n.choice
}

// Done implements Search. It adds to the backtrack sets what the races of the schedule require, and
// then moves on to the deepest state with a goroutine or an answer left to try.
//
// The deepest state comes first, so the prefix of the schedule stays as long as possible and its
// nodes are used again.
func (d *DPOR) Done(x *schedrt.Exec) bool {
	steps := len(x.Trace.Steps)
	d.nodes = d.nodes[:min(steps, len(d.nodes))]
	d.order.twins = d.Twins
	d.order.compute(&x.Trace, d.from)
	// A goroutine that is blocked at the end may have been able to move earlier, so the step that
	// it never took has races, too.
	d.blocked = x.Blocked(d.blocked[:0])
	for _, g := range d.blocked {
		// A goroutine whose twin has not moved is blocked by the rule, before any step of the trace.
		// The step that the twin never took stands for both.
		if t := g.Twin(); !d.Twins || g.Moved() || t == nil || t.Moved() {
			d.order.addPending(int32(g.ID), g.Op.Access)
		}
	}
	for _, r := range d.order.races {
		if int(r.first) >= d.floor {
			d.reverse(r)
		}
	}
	for at := d.from; at < len(d.nodes); at++ {
		d.tryClockFirst(&d.nodes[at], x.Trace.Steps[at].Kind)
	}
	for at := len(d.nodes) - 1; at >= d.floor; at-- {
		if d.advance(&d.nodes[at], at) {
			d.nodes = d.nodes[:at+1]
			d.from = at
			return true
		}
	}
	return false
}

// tryClockFirst makes time pass before a timer is stopped or reset, if it can. These two steps
// race, but the trace does not show it: a timer that was stopped never fires.
func (d *DPOR) tryClockFirst(n *node, next schedrt.Kind) {
	if next == schedrt.OpTimer && n.clock >= 0 && !n.asleep(n.clock) &&
		!slices.Contains(n.backtrack, n.clock) {
		n.backtrack = append(n.backtrack, n.clock)
	}
}

// advance selects the next thing to try in a state: another answer to Choose, or another goroutine
// of the backtrack set. It reports false if everything was tried.
//
// The accesses of a sleeper are in the memory of the node where it fell asleep. The states that inherit it
// come later on the path, and are gone when that node is used for another state.
func (d *DPOR) advance(n *node, at int) bool {
	n.addAccesses(d.x.Trace.Accesses(&d.x.Trace.Steps[at]))
	if n.choice++; n.choice < n.choices {
		return true
	}
	from := len(n.slept)
	n.slept = append(n.slept, n.accesses...)
	n.sleep = append(n.sleep, sleeper{n.chosen, n.slept[from:len(n.slept):len(n.slept)]})
	for _, g := range n.backtrack {
		if !n.asleep(g) {
			n.chosen, n.choice, n.choices, n.accesses = g, 0, 0, n.accesses[:0]
			return true
		}
	}
	return false
}

// reverse makes sure that a schedule is tried in which the second step of a race comes before the
// first. It is enough to begin, in the state before the first step, with any of the race's
// initials.
//
// If some initial is already there or asleep, a schedule with the other order is planned or was
// played, and nothing has to be added.
func (d *DPOR) reverse(r race) {
	n := &d.nodes[r.first]
	initials, chosen := d.initials(r), int32(-1)
	for _, g := range initials {
		if slices.Contains(n.backtrack, g) || n.asleep(g) {
			return
		}
		if slices.Contains(n.enabled, g) {
			chosen = g // the race's own goroutine is last, and preferred
		}
	}
	if chosen >= 0 {
		n.backtrack = append(n.backtrack, chosen)
		return
	}
	// No initial is enabled, and it is not known which goroutine enables one: try all.
	for _, g := range n.enabled {
		if !slices.Contains(n.backtrack, g) {
			n.backtrack = append(n.backtrack, g)
		}
	}
}

// initials returns the goroutines that can go first in a schedule that leads to the second step of
// a race without the first step. These are the goroutines whose step between the two depends
// neither on the first step nor on an earlier step between the two.
//
// The second step's own goroutine counts if nothing between the two steps has to come before it.
func (d *DPOR) initials(r race) []int32 {
	gs, steps := d.firsts[:0], d.between[:0] // steps between the two that do not come after the first
	for at := r.first + 1; at < min(r.second, int32(len(d.order.trace.Steps))); at++ {
		if d.order.before(r.first, at) {
			continue
		}
		after := slices.ContainsFunc(steps, func(earlier int32) bool {
			return d.order.before(earlier, at)
		})
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
	d.firsts, d.between = gs, steps
	return gs
}

// addAccesses adds to the accesses of the step that is being tried. Different answers to Choose may
// touch different objects, and a sleeping goroutine must be woken by a conflict with any of them.
func (n *node) addAccesses(accesses []schedrt.Access) {
	for _, a := range accesses {
		if !slices.Contains(n.accesses, a) {
			n.accesses = append(n.accesses, a)
		}
	}
}
