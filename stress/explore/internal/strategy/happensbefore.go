package strategy

import (
	"slices"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// happensBefore is the happens-before relation of a trace, and the races in it.
//
// Each step has a vector clock: for each goroutine, one more than the index of its last step that
// happens before, or 0. A step happens after the previous step of its goroutine, after the step
// that started its goroutine or made it possible, and after each earlier step that conflicts with
// it.
//
// Neighbouring schedules of a search begin with the same steps, nearly always all but the last few. The
// relation of these steps is kept: compute takes back the steps of the earlier trace that the new one does
// not have, and adds only the others. Slices are used again, too.
type happensBefore struct {
	twins   bool // the first steps of goroutines that are alike are ordered, see DPOR.Twins
	trace   *schedrt.Trace
	clocks  [][]int32 // by step
	last    []int32   // by goroutine: its last step, or -1
	past    [][]touch // by object: the last access of each goroutine in each mode
	races   []race
	barrier int32   // the last step before everything that follows it, or -1
	found   []int32 // scratch: conflicting earlier steps, see findConflicts
	seen    []int32 // scratch of collectRaces
	arena   []int32 // the clocks of races

	added   []added          // the steps that were added so far
	touched []schedrt.Access // the accesses of these steps
	undone  []replaced       // the changes of past, in their order
}

// An added is a step whose clock is known, and what its adding replaced.
type added struct {
	event    schedrt.Event
	accesses int   // before this step: the length of touched
	undone   int   // before this step: the length of undone
	last     int32 // before this step: the last step of its goroutine
	barrier  int32 // before this step
}

// A replaced is a change of an entry of past. An entry that was new has a step of -1.
type replaced struct {
	object, at int32
	before     touch
}

// A touch is an access of an object.
type touch struct {
	step, g int32
	mode    schedrt.Mode
}

// A race is a pair of conflicting steps that could have come in the other order: no third step
// orders them, and the program allows both orders.
type race struct {
	first  int32
	second int32   // the number of steps if this step was never taken
	g      int32   // goroutine of the second step
	clock  []int32 // what happens before the second step without the first
}

// compute computes the relation of a trace. It collects the races whose second step is not before
// from; earlier ones were collected from an earlier trace with the same beginning.
//
// The common beginning is found by comparing the steps with their accesses. So no clock depends on the
// caller's word that a program does the same under the same schedule.
func (o *happensBefore) compute(t *schedrt.Trace, from int) {
	o.trace = t
	o.races, o.arena = o.races[:0], o.arena[:0]
	if len(o.added) == 0 {
		o.barrier = -1
	}
	known := o.common(min(from, len(o.added)))
	for len(o.added) > known {
		o.takeBack()
	}
	for len(o.clocks) < len(t.Steps) {
		o.clocks = append(o.clocks, nil)
	}
	for i := known; i < len(t.Steps); i++ {
		o.addStep(int32(i), i >= from)
	}
}

// common returns how many of the first steps of the trace, at most most, were added before.
func (o *happensBefore) common(most int) int {
	for i := range min(most, len(o.trace.Steps)) {
		a, s := &o.added[i], &o.trace.Steps[i]
		end := len(o.touched)
		if i+1 < len(o.added) {
			end = o.added[i+1].accesses
		}
		if a.event != *s || !slices.Equal(o.touched[a.accesses:end], o.trace.Accesses(s)) {
			return i
		}
	}
	return min(most, len(o.trace.Steps))
}

// takeBack removes the step that was added last. Changes are taken back in the opposite order, so an
// entry of past that was new is the last one of its object again.
func (o *happensBefore) takeBack() {
	a := o.added[len(o.added)-1]
	o.added = o.added[:len(o.added)-1]
	o.touched = o.touched[:a.accesses]
	for len(o.undone) > a.undone {
		u := o.undone[len(o.undone)-1]
		o.undone = o.undone[:len(o.undone)-1]
		past := o.past[u.object]
		if u.before.step < 0 {
			o.past[u.object] = past[:u.at]
		} else {
			past[u.at] = u.before
		}
	}
	o.last[a.event.G], o.barrier = a.last, a.barrier
}

// addStep computes the clock of a step. Steps are added in the order of the trace.
func (o *happensBefore) addStep(at int32, collect bool) {
	s := &o.trace.Steps[at]
	for int(s.G) >= len(o.last) {
		o.last = append(o.last, -1)
	}
	o.added = append(o.added, added{*s, len(o.touched), len(o.undone), o.last[s.G], o.barrier})
	o.touched = append(o.touched, o.trace.Accesses(s)...)
	clock := o.clocks[at][:0]
	if last := o.last[s.G]; last >= 0 {
		clock = append(clock, o.clocks[last]...)
	}
	if s.Cause >= 0 {
		clock = join(clock, o.clocks[s.Cause])
	}
	if o.twins && s.Prior >= 0 {
		clock = join(clock, o.clocks[s.Prior])
	}
	if o.barrier >= 0 {
		clock = join(clock, o.clocks[o.barrier])
	}
	if s.Kind == schedrt.OpAwaitRest { // happens after everything so far
		for _, last := range o.last {
			if last >= 0 {
				clock = join(clock, o.clocks[last])
			}
		}
	}
	clock = o.joinConflicts(at, clock, collect)
	for int(s.G) >= len(clock) {
		clock = append(clock, 0)
	}
	clock[s.G] = at + 1
	o.clocks[at] = clock
	o.last[s.G] = at
	if s.Kind == schedrt.OpAwaitRest { // happens before everything that follows
		o.barrier = at
	}
}

// joinConflicts joins the clocks of the earlier steps that conflict with a step, and collects its
// races.
func (o *happensBefore) joinConflicts(at int32, clock []int32, collect bool) []int32 {
	s := &o.trace.Steps[at]
	accesses := o.trace.Accesses(s)
	o.findConflicts(s.G, accesses)
	if collect && len(o.found) > 0 {
		o.collectRaces(at, s.G, clock)
	}
	for _, key := range o.found {
		clock = join(clock, o.clocks[key>>1])
	}
	for _, a := range accesses {
		o.remember(a, s.G, at)
	}
	return clock
}

// remember notes an access. It replaces the earlier access of the same goroutine in the same mode:
// a step that happens after the later one also happens after the earlier one.
//
// So the list of an object is at most as long as goroutines times modes, however long the trace
// is.
func (o *happensBefore) remember(a schedrt.Access, g, at int32) {
	past := o.past[a.Object]
	for i := range past {
		if past[i].g == g && past[i].mode == a.Mode {
			o.undone = append(o.undone, replaced{a.Object, int32(i), past[i]})
			past[i].step = at
			return
		}
	}
	o.undone = append(o.undone, replaced{a.Object, int32(len(past)), touch{step: -1}})
	o.past[a.Object] = append(past, touch{at, g, a.Mode})
}

// findConflicts sets o.found to the earlier steps of other goroutines that conflict with the
// accesses. Each is twice the index of the step, plus one if the two could come in the other order.
// In one integer they sort by step without a comparison function.
func (o *happensBefore) findConflicts(g int32, accesses []schedrt.Access) {
	o.found = o.found[:0]
	for _, a := range accesses {
		for int(a.Object) >= len(o.past) {
			o.past = append(o.past, nil)
		}
		for _, p := range o.past[a.Object] {
			if schedrt.Conflict(p.mode, a.Mode) && p.g != g {
				key := p.step << 1
				if schedrt.Reversible(p.mode, a.Mode) {
					key |= 1
				}
				o.found = append(o.found, key)
			}
		}
	}
}

// addPending collects the races of a step that was never possible, but might have been possible
// before some step of the trace.
func (o *happensBefore) addPending(g int32, accesses []schedrt.Access) {
	var clock []int32
	if int(g) < len(o.last) && o.last[g] >= 0 {
		clock = o.clocks[o.last[g]]
	}
	o.findConflicts(g, accesses)
	o.collectRaces(int32(len(o.trace.Steps)), g, clock)
}

// collectRaces collects the races of a step with the steps in o.found. It goes through these from
// the latest to the earliest: an earlier step is no race of its own if it happens before a later
// one of them, because then that one orders the pair.
func (o *happensBefore) collectRaces(at, g int32, before []int32) {
	slices.Sort(o.found)
	seen := append(o.seen[:0], before...)
	for i := len(o.found) - 1; i >= 0; i-- {
		step, reversible := o.found[i]>>1, o.found[i]&1 == 1
		if !reversible || covers(seen, o.trace.Steps[step].G, step) {
			continue
		}
		from := len(o.arena)
		o.arena = append(o.arena, seen...)
		o.races = append(o.races, race{step, at, g, o.arena[from:len(o.arena):len(o.arena)]})
		seen = join(seen, o.clocks[step])
	}
	o.seen = seen
}

// before reports whether step a happens before step b.
func (o *happensBefore) before(a, b int32) bool {
	return covers(o.clocks[b], o.trace.Steps[a].G, a)
}

// covers reports whether a clock includes a step of goroutine g.
func covers(clock []int32, g, step int32) bool { return int(g) < len(clock) && clock[g] > step }

// join sets each entry of a to the larger one of a and b, and returns a.
func join(a, b []int32) []int32 {
	for len(a) < len(b) {
		a = append(a, 0)
	}
	for i, v := range b {
		a[i] = max(a[i], v)
	}
	return a
}
