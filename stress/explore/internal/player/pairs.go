package player

import (
	"slices"

	"github.com/semabench/semabench/stress/explore/internal/observe"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// pairs are the ordered pairs of dependent operations that this process has seen.
//
// A pair is two places in the source. In some schedule, the operation at the second place followed the operation at
// the first, in another goroutine and on the same object. No operation between them conflicts with the
// second. A bug that needs one order of two operations
// cannot be found before that order was seen, so the number of pairs tells how much of a large
// program was explored.
//
// Taking the positions of all operations would slow every schedule down. Therefore observe first
// identifies an operation by its goroutine and its number among the steps of that goroutine. Only a
// schedule with a new pair of these is played once more, with positions. exec is an execution of
// its own with positions switched on. It replays; it never explores.
type pairs struct {
	exec   *schedrt.Exec
	seen   []map[pairKey]struct{} // by program
	places map[string]bool        // pairs of places, as task.Answer.Pairs has them
	fresh  []string               // pairs of places since takeNew was called
	misses int                    // replays in a row that showed no new pair of places
	skip   int                    // schedules since misses reached sampleAfter

	positions map[stack]string // by stack, see place

	nth  []int32     // scratch: for each step, its number within its goroutine
	took []int32     // scratch: for each goroutine, its number of steps
	past [][]pastUse // scratch: for each object, its latest accesses
}

// A pairKey identifies a pair without positions.
type pairKey struct {
	g, h       int32
	nth, other int32
	kind, then schedrt.Kind
}

// A pastUse is the latest access of a goroutine to an object in one mode.
type pastUse struct {
	g, step int32
	mode    schedrt.Mode
}

func newPairs(o task.Options) *pairs {
	limits := limits(o)
	limits.Positions = true
	return &pairs{exec: schedrt.New(limits), places: map[string]bool{}, positions: map[stack]string{}}
}

func (p *pairs) close() { p.exec.Close() }

// takeNew returns the pairs that were first seen since the last call.
func (p *pairs) takeNew() (fresh []string) {
	fresh, p.fresh = p.fresh, nil
	return fresh
}

// sampleAfter bounds the cost of programs in which goroutines never take the same steps twice.
// After sampleAfter replays without a new pair of places, only one schedule in sampleAfter is
// analysed.
const sampleAfter = 64

// observe analyses the schedule that x has just played. It must run before the next schedule: the
// trace belongs to the execution. A failure of the replay is kept as s.extra, though the schedule
// passed before: the program then depends on more than the schedule.
func (p *pairs) observe(program int, s *search, x *schedrt.Exec, schedule strategy.Schedule) {
	if p.misses >= sampleAfter {
		if p.skip++; p.skip%sampleAfter != 0 {
			return
		}
	}
	if x.Outcome.Kind == schedrt.Pruned || !p.isNew(program, &x.Trace) {
		return
	}
	before := len(p.places)
	counted := s.sums
	p.exec.StopAt(s.deadline)
	what := s.play(p.exec, &strategy.Replay{Schedule: schedule})
	s.sums = counted // it was counted when it was played without positions
	if what != "" {
		s.extra = &failing{
			Finding:  task.Finding{What: what, Strategy: "replay", Nth: s.sums.Played},
			schedule: slices.Clone(schedule),
		}
		return
	}
	p.record(&p.exec.Trace)
	if p.misses++; len(p.places) > before {
		p.misses = 0
	}
}

// isNew notes the pairs of a schedule, and reports whether one of them is new. All pairs are noted
// even after a new one was found, since the replay records the pairs of the whole schedule.
func (p *pairs) isNew(program int, t *schedrt.Trace) (fresh bool) {
	for len(p.seen) <= program {
		p.seen = append(p.seen, map[pairKey]struct{}{})
	}
	seen := p.seen[program]
	p.number(t)
	p.each(t, func(first, second int32) {
		a, b := &t.Steps[first], &t.Steps[second]
		key := pairKey{a.G, b.G, p.nth[first], p.nth[second], a.Kind, b.Kind}
		if _, ok := seen[key]; !ok {
			seen[key] = struct{}{}
			fresh = true
		}
	})
	return fresh
}

// number sets p.nth for the steps of a trace.
func (p *pairs) number(t *schedrt.Trace) {
	p.nth, p.took = p.nth[:0], p.took[:0]
	for i := range t.Steps {
		g := t.Steps[i].G
		for int(g) >= len(p.took) {
			p.took = append(p.took, 0)
		}
		p.nth = append(p.nth, p.took[g])
		p.took[g]++
	}
}

// each calls f with the steps of every pair in a trace.
//
// For each access it looks for the latest conflicting access of another goroutine. Only the latest
// access of each goroutine and mode can be that one, so past stays as short as the number of
// goroutines. Its cost is the number of accesses times the number of goroutines and modes that use
// an object, and does not grow with the square of the steps. The scratch slices are reused, because
// it runs after every schedule.
func (p *pairs) each(t *schedrt.Trace, f func(first, second int32)) {
	for i := range p.past {
		p.past[i] = p.past[i][:0]
	}
	for i := range t.Steps {
		s := &t.Steps[i]
		if s.Kind == schedrt.OpCall || s.Kind == schedrt.OpReturn {
			continue // marks of a scenario's calls, which are no operations of the program
		}
		for _, a := range t.Accesses(s) {
			for int(a.Object) >= len(p.past) {
				p.past = append(p.past, nil)
			}
			last := int32(-1)
			for _, use := range p.past[a.Object] {
				if use.g != s.G && use.step > last && schedrt.Conflict(use.mode, a.Mode) {
					last = use.step
				}
			}
			if last >= 0 {
				f(last, int32(i))
			}
			p.use(a, s.G, int32(i))
		}
	}
}

// use notes an access as the latest one of its goroutine and mode.
func (p *pairs) use(a schedrt.Access, g, step int32) {
	past := p.past[a.Object]
	for i := range past {
		if past[i].g == g && past[i].mode == a.Mode {
			past[i].step = step
			return
		}
	}
	p.past[a.Object] = append(past, pastUse{g, step, a.Mode})
}

// record notes the pairs of places of a schedule that was played with positions. Different keys may
// have the same places, as in a loop, so this set is smaller than seen.
func (p *pairs) record(t *schedrt.Trace) {
	p.each(t, func(first, second int32) {
		a, b := p.place(t, first), p.place(t, second)
		pair := a + task.PairArrow + b
		if a == "" || b == "" || p.places[pair] {
			return
		}
		p.places[pair] = true
		p.fresh = append(p.fresh, pair)
	})
}

// A stack is the program counters of a step, as many as an operation notes, with zeros behind them.
type stack [12]uintptr

// place returns the operation of a step and its place in the source, or "" if the operation is not
// one of the program's. It keeps the position of each stack: a loop of a hundred thousand operations has
// a few stacks, and finding the source of one takes longer than some steps.
func (p *pairs) place(t *schedrt.Trace, step int32) string {
	var key stack
	copy(key[:], t.Places[step].PCs)
	at, known := p.positions[key]
	if !known {
		at = observe.CompilerPosition(t.Places[step].PCs)
		p.positions[key] = at
	}
	if at == "" {
		return ""
	}
	return t.Steps[step].Kind.String() + " " + at
}
