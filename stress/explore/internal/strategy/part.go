package strategy

import (
	"slices"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Part is some of the schedules of a tree: those that begin as its first steps do, without those
// that were played or given to other parts. It is a value, which another process can go on with.
// Between them, parts have the schedules of the whole, each of them once.
type Part struct {
	Floor int // steps before it are fixed
	Forks []Fork
	Nodes []Node
}

// A Fork is a decision of DFS.
type Fork struct {
	Ways []int
	Next int // index in Ways
}

// A Node is a state of DPOR before a step; see node.
type Node struct {
	Enabled, Backtrack []int32
	Sleep              []Sleeper
	Chosen             int32
	Choice, Choices    int
	Clock              int32
	Accesses           []schedrt.Access
}

// A Sleeper is that of DPOR.
type Sleeper struct {
	G        int32
	Accesses []schedrt.Access
}

// A Tree is a Search that comes to an end, and of which parts can be played by others.
type Tree interface {
	Search

	// Rest returns what is left to play. It is to be called when Done has returned true.
	Rest(x *schedrt.Exec) *Part

	// Resume goes on with a part.
	Resume(p *Part)
}

// Split takes up to most parts away from p, the largest first, so that others can play them. It
// depends on nothing but p.
func (p *Part) Split(most int) (parts []*Part) {
	for len(parts) < most {
		var part *Part
		switch {
		case p.Floor < len(p.Forks)-1: // the last one is what comes next
			part = p.splitForks()
		case p.Floor < len(p.Nodes)-1:
			n := &p.Nodes[p.Floor]
			if n.Choice < n.Choices-1 {
				return parts // what the other choices touch is not known yet
			}
			part = p.splitNodes()
		default:
			return parts
		}
		p.Floor++
		if part != nil {
			parts = append(parts, part)
		}
	}
	return parts
}

// splitForks returns the ways at the floor that were not gone.
func (p *Part) splitForks() *Part {
	fork := p.Forks[p.Floor]
	if fork.Next == len(fork.Ways)-1 {
		return nil
	}
	forks := slices.Clone(p.Forks[:p.Floor+1])
	forks[p.Floor].Next++
	return &Part{Floor: p.Floor, Forks: forks}
}

// splitNodes returns the goroutines at the floor that were not tried. Whether any of them has to be is
// known only when the schedules are played that p keeps, and nobody waits for that: one is tried, and
// races with it say who else. It is where DPOR would begin if it came to this state with
// the one that p keeps asleep, so it plays what p does not, and nothing that p does. At worst
// it gives up at once.
func (p *Part) splitNodes() *Part {
	nodes := slices.Clone(p.Nodes[:p.Floor+1])
	n := &nodes[p.Floor]
	n.Sleep = append(slices.Clip(n.Sleep), Sleeper{n.Chosen, n.Accesses})
	for _, g := range slices.Concat(n.Backtrack, n.Enabled) {
		if slices.ContainsFunc(n.Sleep, func(z Sleeper) bool { return z.G == g }) {
			continue
		}
		if !slices.Contains(n.Backtrack, g) {
			n.Backtrack = append(slices.Clip(n.Backtrack), g)
		}
		n.Chosen, n.Choice, n.Choices, n.Accesses = g, 0, 0, nil
		return &Part{Floor: p.Floor, Nodes: nodes}
	}
	return nil
}

// Rest is that of Tree.
func (d *DFS) Rest(*schedrt.Exec) *Part {
	p := &Part{Floor: d.floor}
	for _, step := range d.path {
		p.Forks = append(p.Forks, Fork{slices.Clone(step.ways), step.next})
	}
	return p
}

// Resume is that of Tree.
func (d *DFS) Resume(p *Part) {
	d.floor, d.path = p.Floor, d.path[:0]
	for _, f := range p.Forks {
		d.path = append(d.path, decision{slices.Clone(f.Ways), f.Next})
	}
}

// Rest is that of Tree. What a step touches is noted while the execution is there that has taken it.
func (d *DPOR) Rest(x *schedrt.Exec) *Part {
	p := &Part{Floor: d.floor}
	for at := range d.nodes {
		n := &d.nodes[at]
		if at >= d.floor && at < len(d.nodes)-1 {
			n.touches(x.Trace.Accesses(&x.Trace.Steps[at]))
		}
		p.Nodes = append(p.Nodes, n.export(at < d.floor))
	}
	return p
}

// export copies a node. Of one that is fixed little is needed any more.
func (n *node) export(fixed bool) Node {
	if fixed {
		return Node{Chosen: n.chosen, Choice: n.choice, Choices: n.choices}
	}
	copied := Node{
		Enabled: slices.Clone(n.enabled), Backtrack: slices.Clone(n.backtrack), Chosen: n.chosen,
		Choice: n.choice, Choices: n.choices, Accesses: slices.Clone(n.accesses), Clock: n.clock,
	}
	for _, z := range n.sleep {
		copied.Sleep = append(copied.Sleep, Sleeper{z.g, z.accesses})
	}
	return copied
}

// touches adds to what the step that was chosen touches.
func (n *node) touches(accesses []schedrt.Access) {
	for _, a := range accesses {
		if !slices.Contains(n.accesses, a) {
			n.accesses = append(n.accesses, a)
		}
	}
}

// Resume is that of Tree.
func (d *DPOR) Resume(p *Part) {
	d.floor, d.nodes = p.Floor, d.nodes[:0]
	for _, n := range p.Nodes {
		own := node{
			enabled: slices.Clone(n.Enabled), backtrack: slices.Clone(n.Backtrack), chosen: n.Chosen,
			choice: n.Choice, choices: n.Choices, accesses: slices.Clone(n.Accesses), clock: n.Clock,
		}
		for _, z := range n.Sleep {
			own.sleep = append(own.sleep, sleeper{z.G, z.Accesses})
		}
		d.nodes = append(d.nodes, own)
	}
	d.from = max(0, len(d.nodes)-1) // nothing before it is new
}
