package strategy

import (
	"slices"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// An order is the happens-before relation of a trace, as a vector clock for each step.
type order struct {
	trace   *schedrt.Trace
	clocks  [][]int32 // of a step: for each goroutine, one more than its last step that came before
	procs   []int32   // the last step of each goroutine, or -1
	past    [][]touch // of each object, the last of each goroutine and mode
	races   []race
	barrier int32   // the last step that everything later comes after, or -1
	found   []int32 // scratch
}

type touch struct {
	step, g int32
	mode    schedrt.Mode
}

// A race is two steps that conflict, with nothing between that orders them, and that could have come
// the other way round.
type race struct {
	first  int32
	second int32   // the number of steps if it was never taken
	g      int32   // of the second
	clock  []int32 // what is before the second, other than the first
}

// of computes the relation, and the races of which the second step is not before from.
func (o *order) of(t *schedrt.Trace, from int) {
	o.trace = t
	o.races = o.races[:0]
	o.procs, o.barrier = o.procs[:0], -1
	for i := range o.past {
		o.past[i] = o.past[i][:0]
	}
	for len(o.clocks) < len(t.Steps) {
		o.clocks = append(o.clocks, nil)
	}
	for i := range t.Steps {
		o.add(int32(i), i >= from)
	}
}

func (o *order) add(at int32, wanted bool) {
	s := &o.trace.Steps[at]
	for int(s.G) >= len(o.procs) {
		o.procs = append(o.procs, -1)
	}
	clock := o.clocks[at][:0]
	if last := o.procs[s.G]; last >= 0 {
		clock = append(clock, o.clocks[last]...)
	}
	if s.Cause >= 0 {
		clock = join(clock, o.clocks[s.Cause])
	}
	if o.barrier >= 0 {
		clock = join(clock, o.clocks[o.barrier])
	}
	if s.Kind == schedrt.OpAwaitRest { // everything was before
		for _, last := range o.procs {
			if last >= 0 {
				clock = join(clock, o.clocks[last])
			}
		}
	}
	clock = o.meet(at, clock, wanted)
	for int(s.G) >= len(clock) {
		clock = append(clock, 0)
	}
	clock[s.G] = at + 1
	o.clocks[at] = clock
	o.procs[s.G] = at
	if s.Kind == schedrt.OpAwaitRest { // and everything that follows is after
		o.barrier = at
	}
}

// meet joins the clocks of the earlier steps that conflict, and notes the races among them.
func (o *order) meet(at int32, clock []int32, wanted bool) []int32 {
	s := &o.trace.Steps[at]
	accesses := o.trace.Accesses(s)
	o.find(s.G, accesses)
	if wanted && len(o.found) > 0 {
		o.race(at, s.G, clock)
	}
	for _, key := range o.found {
		clock = join(clock, o.clocks[key>>1])
	}
	for _, a := range accesses {
		o.touch(a, s.G, at)
	}
	return clock
}

// touch remembers an access. An earlier one of the same goroutine and mode is of no more interest: who
// is after this one is after that one, too.
func (o *order) touch(a schedrt.Access, g, at int32) {
	past := o.past[a.Object]
	for i := range past {
		if past[i].g == g && past[i].mode == a.Mode {
			past[i].step = at
			return
		}
	}
	o.past[a.Object] = append(past, touch{at, g, a.Mode})
}

// find looks for earlier steps of others that conflict.
func (o *order) find(g int32, accesses []schedrt.Access) {
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

// pending finds the races of a step that was never possible, and might have been before another.
func (o *order) pending(g int32, accesses []schedrt.Access) {
	var clock []int32
	if int(g) < len(o.procs) && o.procs[g] >= 0 {
		clock = o.clocks[o.procs[g]]
	}
	o.find(g, accesses)
	o.race(int32(len(o.trace.Steps)), g, clock)
}

// race goes through what was found, the latest first: an earlier one is in a race of its own only if
// it is not before one of these.
func (o *order) race(at, g int32, before []int32) {
	slices.Sort(o.found)
	seen := slices.Clone(before)
	for i := len(o.found) - 1; i >= 0; i-- {
		step, could := o.found[i]>>1, o.found[i]&1 == 1
		if !could || covers(seen, o.trace.Steps[step].G, step) {
			continue
		}
		o.races = append(o.races, race{step, at, g, slices.Clone(seen)})
		seen = join(seen, o.clocks[step])
	}
}

// before reports whether one step happens before another.
func (o *order) before(a, b int32) bool { return covers(o.clocks[b], o.trace.Steps[a].G, a) }

func covers(clock []int32, g, step int32) bool { return int(g) < len(clock) && clock[g] > step }

func join(a, b []int32) []int32 {
	for len(a) < len(b) {
		a = append(a, 0)
	}
	for i, v := range b {
		a[i] = max(a[i], v)
	}
	return a
}
