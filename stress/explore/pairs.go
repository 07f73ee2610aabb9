package explore

import (
	"github.com/semabench/semabench/stress/explore/internal/observe"
	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// pairs are which dependent operations were seen one right after the other: two places in the source, in
// this order, of two goroutines, with no other between that conflicts with the second one on what
// both are on. A bug that takes one order of two operations is not found before that order was seen.
//
// Positions are too dear to be taken in every schedule. So in every schedule operations go by their
// goroutine and its how manieth they are, and one that has a new pair of these is
// played once more, with positions.
type pairs struct {
	exec   *schedrt.Exec
	seen   []map[pairKey]struct{} // of each program
	sites  map[string]bool
	fresh  []string
	misses int // schedules in a row that were played once more for nothing
	skip   int

	nth  []int32     // scratch: of each step, among those of its goroutine
	took []int32     // scratch: steps of each goroutine
	past [][]pastUse // scratch: of each object
}

type pairKey struct {
	g, h       int32
	nth, other int32
	kind, then schedrt.Kind
}

type pastUse struct {
	g, step int32
	mode    schedrt.Mode
}

func newPairs(o Options) *pairs {
	limits := o.limits()
	limits.Positions = true
	return &pairs{exec: schedrt.New(limits), sites: map[string]bool{}}
}

func (p *pairs) close() { p.exec.Close() }

// report returns what is new since the last one.
func (p *pairs) report() (fresh []string) {
	fresh, p.fresh = p.fresh, nil
	return fresh
}

// weary is after how many schedules with nothing new only one in weary is looked at: there are
// programs in which goroutines never take the same steps twice.
const weary = 64

// look looks at the schedule that was just played.
func (p *pairs) look(program int, s *search, st *strategy.Recorder) {
	if p.misses >= weary {
		if p.skip++; p.skip%weary != 0 {
			return
		}
	}
	x := s.exec
	if _, ok := st.Search.(*strategy.DPOR); ok {
		x = s.dpor
	}
	if x.Outcome.Kind == schedrt.Pruned || !p.isNew(program, &x.Trace) {
		return
	}
	before := len(p.sites)
	s.program.playOn(p.exec, &strategy.Replay{Schedule: st.Schedule})
	p.learn(&p.exec.Trace)
	if p.misses++; len(p.sites) > before {
		p.misses = 0
	}
}

// isNew notes the pairs of a schedule, and reports whether there was one that is new.
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

// each calls f with the steps of every pair.
func (p *pairs) each(t *schedrt.Trace, f func(first, second int32)) {
	for i := range p.past {
		p.past[i] = p.past[i][:0]
	}
	for i := range t.Steps {
		s := &t.Steps[i]
		if s.Kind == schedrt.OpCall || s.Kind == schedrt.OpReturn {
			continue // they are of whoever judges the program
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

// learn notes the places of the pairs of a schedule that was played with positions.
func (p *pairs) learn(t *schedrt.Trace) {
	p.each(t, func(first, second int32) {
		a, b := site(t, first), site(t, second)
		if a == "" || b == "" || p.sites[a+pairArrow+b] {
			return
		}
		p.sites[a+pairArrow+b] = true
		p.fresh = append(p.fresh, a+pairArrow+b)
	})
}

const pairArrow = " -> "

// site returns the operation and its place in the source, "" if it is none of the program's.
func site(t *schedrt.Trace, step int32) string {
	at := observe.CompilerPosition(t.Places[step].PCs)
	if at == "" {
		return ""
	}
	return t.Steps[step].Kind.String() + " " + at
}
