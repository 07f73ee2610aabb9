package strategy

import "github.com/semabench/semabench/stress/explore/schedrt"

// A Fixed is a step that a Prefix plays: a goroutine, and the answer to Choose if the step asks.
type Fixed struct {
	G      int32
	Choice int
}

// FixedOf returns the steps of a trace.
func FixedOf(t *schedrt.Trace) (all []Fixed) {
	for i := range t.Steps {
		s := &t.Steps[i]
		all = append(all, Fixed{s.G, max(0, int(s.Choice)-1)})
	}
	return all
}

// A Prefix plays the first steps of a schedule as they are given, and leaves all later steps to another
// search: the continuations of these steps.
//
// DPOR and DFS come to an end under it when every continuation was played. DPOR takes the steps by
// Continue instead, because it analyses the races of a whole trace by the number of the step.
type Prefix struct {
	Search
	Steps []Fixed
	x     *schedrt.Exec
}

// Begin implements Search.
func (s *Prefix) Begin(x *schedrt.Exec) {
	s.x = x
	s.Search.Begin(x)
}

// Pick implements schedrt.Strategy. A goroutine that cannot move means that the program did something
// else this time; the execution is given up.
func (s *Prefix) Pick(p *schedrt.Point) int {
	if p.Step >= len(s.Steps) {
		return s.Search.Pick(p)
	}
	for i, g := range p.Enabled {
		if int32(g.ID) == s.Steps[p.Step].G {
			return i
		}
	}
	return -1
}

// Choose implements schedrt.Strategy. The question belongs to the last step of the trace.
func (s *Prefix) Choose(n int) int {
	if at := len(s.x.Trace.Steps) - 1; at < len(s.Steps) {
		return min(s.Steps[at].Choice, n-1)
	}
	return s.Search.Choose(n)
}

// Continue makes d play the continuations of some steps only, one of each class.
//
// The nodes of the steps are fixed, and nothing sleeps after them: no continuation was played before.
func (d *DPOR) Continue(steps []Fixed) {
	p := &Part{Floor: len(steps)}
	for _, s := range steps {
		p.Nodes = append(p.Nodes, Node{Chosen: s.G, Choice: s.Choice, Choices: s.Choice + 1})
	}
	d.Resume(p)
}
