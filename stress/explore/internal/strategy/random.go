package strategy

import (
	"math/rand/v2"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Random picks any goroutine that can move, each as likely as another. In the bugs of SCTBench it does
// at least as well as schedules with few preemptions (Thomson, Donaldson and Betts, PPoPP 2014).
type Random struct{ rand *rand.Rand }

// NewRandom returns the schedules of a seed.
func NewRandom(seed uint64) *Random { return &Random{rand.New(rand.NewPCG(seed, 1))} }

// Begin is that of Search.
func (r *Random) Begin(*schedrt.Exec) {}

// Pick is that of schedrt.Strategy.
func (r *Random) Pick(p *schedrt.Point) int { return r.rand.IntN(len(p.Enabled)) }

// Choose is that of schedrt.Strategy.
func (r *Random) Choose(n int) int { return r.rand.IntN(n) }

// Done is that of Search.
func (r *Random) Done(*schedrt.Exec) bool { return true }

// PCT gives goroutines priorities at random and lowers that of whoever runs at depth-1 moments. A bug
// that takes depth ordering constraints among n goroutines and k steps is found with a probability of
// at least 1/(n k^(depth-1)) in each schedule (Burckhardt et al., ASPLOS 2010).
type PCT struct {
	depth    int
	rand     *rand.Rand
	priority []uint64 // by goroutine; 0 has none yet
	changes  []int
	length   int // of the longest execution so far
}

// NewPCT returns the schedules of a seed for bugs of a depth.
func NewPCT(depth int, seed uint64) *PCT {
	return &PCT{depth: depth, rand: rand.New(rand.NewPCG(seed, 2)), length: 20}
}

// Expect says how many steps an execution has, for where the first changes are.
func (s *PCT) Expect(steps int) { s.length = steps }

// Begin is that of Search.
func (s *PCT) Begin(*schedrt.Exec) {
	s.priority, s.changes = s.priority[:0], s.changes[:0]
	for range s.depth - 1 {
		s.changes = append(s.changes, s.rand.IntN(s.length))
	}
}

// Pick is that of schedrt.Strategy.
func (s *PCT) Pick(p *schedrt.Point) int {
	i := s.highest(p)
	for n, change := range s.changes {
		if change >= 0 && p.Step >= change {
			s.changes[n] = -1
			s.priority[p.Enabled[i].ID] = uint64(s.depth - n) // below all that are drawn
			i = s.highest(p)
		}
	}
	return i
}

func (s *PCT) highest(p *schedrt.Point) (best int) {
	for i, g := range p.Enabled {
		if g.Op.Kind == schedrt.OpFire {
			s.clock(g.ID)
		}
		for len(s.priority) <= g.ID {
			s.priority = append(s.priority, uint64(s.depth)+2+s.rand.Uint64N(1<<62))
		}
		if s.priority[g.ID] > s.priority[p.Enabled[best].ID] {
			best = i
		}
	}
	return best
}

// clock makes time pass when nobody else can move, or by a change: a ticker of high priority would never
// let anybody else.
func (s *PCT) clock(g int) {
	for len(s.priority) <= g {
		s.priority = append(s.priority, uint64(s.depth)+2+s.rand.Uint64N(1<<62))
	}
	s.priority[g] = min(s.priority[g], uint64(s.depth)+1)
}

// Choose is that of schedrt.Strategy.
func (s *PCT) Choose(n int) int { return s.rand.IntN(n) }

// Done is that of Search.
func (s *PCT) Done(x *schedrt.Exec) bool {
	s.length = max(s.length, len(x.Trace.Steps))
	return true
}

// POS gives every operation a priority at random, and a new one to each that conflicts with the one
// taken. Schedules that differ only in the order of operations that commute weigh no more for
// being many (Yuan, Yang and Gu, CAV 2018).
type POS struct {
	rand     *rand.Rand
	priority []uint64 // of the operation that a goroutine is about to perform; 0 has none yet
}

// NewPOS returns the schedules of a seed.
func NewPOS(seed uint64) *POS { return &POS{rand: rand.New(rand.NewPCG(seed, 3))} }

// Begin is that of Search.
func (s *POS) Begin(*schedrt.Exec) { s.priority = s.priority[:0] }

// Pick is that of schedrt.Strategy.
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

// Choose is that of schedrt.Strategy.
func (s *POS) Choose(n int) int { return s.rand.IntN(n) }

// Done is that of Search.
func (s *POS) Done(*schedrt.Exec) bool { return true }

func conflict(a, b []schedrt.Access) bool {
	for _, x := range a {
		for _, y := range b {
			if x.Object == y.Object && schedrt.Conflict(x.Mode, y.Mode) {
				return true
			}
		}
	}
	return false
}
