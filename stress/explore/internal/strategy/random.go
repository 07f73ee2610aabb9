package strategy

import (
	"math/rand/v2"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Random picks among the goroutines that can move, each with the same probability. On the bugs of
// SCTBench it does at least as well as bounding preemptions (Thomson, Donaldson and Betts, PPoPP
// 2014).
type Random struct{ rand *rand.Rand }

// NewRandom returns the sequence of schedules that belongs to a seed.
func NewRandom(seed uint64) *Random { return &Random{rand.New(rand.NewPCG(seed, 1))} }

// Begin implements Search.
func (r *Random) Begin(*schedrt.Exec) {}

// Pick implements schedrt.Strategy.
func (r *Random) Pick(p *schedrt.Point) int { return r.rand.IntN(len(p.Enabled)) }

// Choose implements schedrt.Strategy.
func (r *Random) Choose(n int) int { return r.rand.IntN(n) }

// Done implements Search.
func (r *Random) Done(*schedrt.Exec) bool { return true }

// PCT gives the goroutines random priorities, and always runs the goroutine with the highest priority. At depth-1
// random steps it lowers the priority of the goroutine that is running.
//
// Each schedule finds a bug with a guaranteed probability. If the bug takes depth ordering constraints, among n
// goroutines and k steps, the probability is at least 1/(n k^(depth-1)) (Burckhardt et al., ASPLOS 2010).
//
// The guarantee supposes that the length k is known. Change points beyond the end of an execution change nothing,
// so a length that is too large wastes schedules. Expect gives a first estimate, and Done corrects it upwards.
type PCT struct {
	depth    int
	rand     *rand.Rand
	priority []uint64 // by goroutine
	changes  []int    // steps at which a priority is lowered; -1 once that is done
	length   int      // of the longest execution so far, in steps
}

// NewPCT returns the sequence of schedules that belongs to a seed, for bugs of a depth from 1.
func NewPCT(depth int, seed uint64) *PCT {
	return &PCT{depth: depth, rand: rand.New(rand.NewPCG(seed, 2)), length: 20}
}

// Expect sets the expected number of steps of an execution, from which the change points of the
// first executions are drawn. If an execution is longer, its length takes the place of the estimate.
func (s *PCT) Expect(steps int) { s.length = steps }

// Begin implements Search.
func (s *PCT) Begin(*schedrt.Exec) {
	s.priority, s.changes = s.priority[:0], s.changes[:0]
	for range s.depth - 1 {
		s.changes = append(s.changes, s.rand.IntN(s.length))
	}
}

// Pick implements schedrt.Strategy.
func (s *PCT) Pick(p *schedrt.Point) int {
	i := s.highest(p)
	for n, change := range s.changes {
		if change >= 0 && p.Step >= change {
			s.changes[n] = -1
			s.priority[p.Enabled[i].ID] = uint64(s.depth - n) // below all priorities that are drawn
			i = s.highest(p)
		}
	}
	return i
}

// highest returns the index of the enabled goroutine with the highest priority.
func (s *PCT) highest(p *schedrt.Point) (best int) {
	for i, g := range p.Enabled {
		s.draw(g.ID)
		if g.Op.Kind == schedrt.OpFire {
			// Time passes when nothing else can move, or at a change point. With a high priority, a
			// ticker would keep all goroutines from running.
			s.priority[g.ID] = min(s.priority[g.ID], uint64(s.depth)+1)
		}
		if s.priority[g.ID] > s.priority[p.Enabled[best].ID] {
			best = i
		}
	}
	return best
}

// draw draws a priority for each goroutine up to g that has none yet. Drawn priorities are above
// the priorities that a change point gives, which are at most depth, and above the priority of
// time.
func (s *PCT) draw(g int) {
	for len(s.priority) <= g {
		s.priority = append(s.priority, uint64(s.depth)+2+s.rand.Uint64N(1<<62))
	}
}

// Choose implements schedrt.Strategy.
func (s *PCT) Choose(n int) int { return s.rand.IntN(n) }

// Done implements Search.
func (s *PCT) Done(x *schedrt.Exec) bool {
	s.length = max(s.length, len(x.Trace.Steps))
	return true
}

// POS gives every operation a random priority, and a new one to each operation that conflicts with
// the one taken. A class of equivalent schedules is therefore not more likely for having many
// members, as it is with Random (Yuan, Yang and Gu, “Partial order aware concurrency sampling”, CAV
// 2018).
type POS struct {
	rand     *rand.Rand
	priority []uint64 // by goroutine, of its next operation; 0 means that none is drawn yet
}

// NewPOS returns the sequence of schedules that belongs to a seed.
func NewPOS(seed uint64) *POS { return &POS{rand: rand.New(rand.NewPCG(seed, 3))} }

// Begin implements Search.
func (s *POS) Begin(*schedrt.Exec) { s.priority = s.priority[:0] }

// Pick implements schedrt.Strategy.
func (s *POS) Pick(p *schedrt.Point) int {
	best := 0
	for i, g := range p.Enabled {
		for len(s.priority) <= g.ID {
			s.priority = append(s.priority, 0)
		}
		if s.priority[g.ID] == 0 {
			s.priority[g.ID] = s.rand.Uint64() | 1
		}
		if s.priority[g.ID] > s.priority[p.Enabled[best].ID] {
			best = i
		}
	}
	taken := p.Enabled[best]
	for _, g := range p.Enabled {
		if g == taken || conflict(g.Op.Access, taken.Op.Access) {
			s.priority[g.ID] = 0
		}
	}
	return best
}

// Choose implements schedrt.Strategy.
func (s *POS) Choose(n int) int { return s.rand.IntN(n) }

// Done implements Search.
func (s *POS) Done(*schedrt.Exec) bool { return true }
