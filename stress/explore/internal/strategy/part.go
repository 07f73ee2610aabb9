package strategy

import (
	"slices"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A Part is a set of schedules of a tree that are still to be played. Its schedules begin with the
// same steps; schedules that were played, or given to other parts, are excluded.
//
// A Part is a value that travels as JSON, so another process can continue with it. However a tree
// is split, its parts together have the schedules of the whole tree, each of them once.
//
// A new field changes what old processes understand, but parent and players of one exploration
// are always one version.
type Part struct {
	Floor int    // the steps, or the decisions of DFS, before this index are fixed
	Forks []Fork // the path of DFS
	Nodes []Node // the path of DPOR
}

// A Fork is a decision of DFS.
type Fork struct {
	Ways []int
	Next int // index in Ways
}

// A Node is a state of DPOR before a step; the unexported type node documents the fields.
type Node struct {
	Enabled, Backtrack []int32
	Sleep              []Sleeper
	Chosen             int32
	Choice, Choices    int
	Clock              int32
	Accesses           []schedrt.Access
}

// A Sleeper is a goroutine that DPOR need not try in a state.
type Sleeper struct {
	G        int32
	Accesses []schedrt.Access
}

// A Tree is a Search that comes to an end, and that several processes can share.
type Tree interface {
	Search

	// Rest returns the schedules that are left. It may be called only after Done has returned true.
	Rest(x *schedrt.Exec) *Part

	// Resume continues with a part.
	Resume(p *Part)
}

// Split takes up to most parts away from p and returns them, the largest first. The result depends
// on nothing but p.
//
// The largest parts are near the floor, where a schedule has most of its decisions still before
// it.
func (p *Part) Split(most int) (parts []*Part) {
	for len(parts) < most {
		var part *Part
		switch {
		case p.Floor < len(p.Forks)-1: // the last fork comes next, and stays
			part = p.splitForks()
		case p.Floor < len(p.Nodes)-1:
			n := &p.Nodes[p.Floor]
			if n.Choice < n.Choices-1 {
				return parts // it is not known yet which objects the other answers touch
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

// splitForks returns a part with the ways at the floor that were not taken, or nil if there are
// none.
func (p *Part) splitForks() *Part {
	fork := p.Forks[p.Floor]
	if fork.Next == len(fork.Ways)-1 {
		return nil
	}
	forks := slices.Clone(p.Forks[:p.Floor+1])
	forks[p.Floor].Next++
	return &Part{Floor: p.Floor, Forks: forks}
}

// splitNodes returns a part that tries another goroutine at the floor, or nil if none is left.
//
// Only the schedules that p keeps can show whether another goroutine has to be tried at all, and
// waiting for them would leave the other processes without work. So one is tried anyway, and the
// races in its schedules add further ones. That is sound: the new part begins like DPOR does when
// it comes to this state with the goroutine that p keeps asleep. It plays the schedules that p does
// not play, and none that p plays. At worst it is pruned at once.
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

// Rest implements Tree.
func (d *DFS) Rest(*schedrt.Exec) *Part {
	p := &Part{Floor: d.floor}
	for _, step := range d.path {
		p.Forks = append(p.Forks, Fork{slices.Clone(step.ways), step.next})
	}
	return p
}

// Resume implements Tree.
func (d *DFS) Resume(p *Part) {
	d.floor, d.path = p.Floor, d.path[:0]
	for _, f := range p.Forks {
		d.path = append(d.path, decision{slices.Clone(f.Ways), f.Next})
	}
}

// Rest implements Tree. It notes the accesses of each step now, while the execution that took the
// steps is at hand.
func (d *DPOR) Rest(x *schedrt.Exec) *Part {
	p := &Part{Floor: d.floor}
	for at := range d.nodes {
		n := &d.nodes[at]
		if at >= d.floor && at < len(d.nodes)-1 {
			n.addAccesses(x.Trace.Accesses(&x.Trace.Steps[at]))
		}
		p.Nodes = append(p.Nodes, n.export(at < d.floor))
	}
	return p
}

// export copies a node. A fixed node is only replayed, so its choices are all that is copied.
func (n *node) export(fixed bool) Node {
	if fixed {
		return Node{Chosen: n.chosen, Choice: n.choice, Choices: n.choices}
	}
	copied := Node{
		Enabled: slices.Clone(n.enabled), Backtrack: slices.Clone(n.backtrack), Chosen: n.chosen,
		Choice: n.choice, Choices: n.choices, Accesses: slices.Clone(n.accesses), Clock: n.clock,
	}
	for _, z := range n.sleep {
		copied.Sleep = append(copied.Sleep, Sleeper{z.g, slices.Clone(z.accesses)})
	}
	return copied
}

// Resume implements Tree.
func (d *DPOR) Resume(p *Part) {
	d.floor, d.nodes = p.Floor, d.nodes[:0]
	for _, n := range p.Nodes {
		own := node{
			enabled: slices.Clone(n.Enabled), backtrack: slices.Clone(n.Backtrack),
			chosen: n.Chosen,
			choice: n.Choice, choices: n.Choices, accesses: slices.Clone(n.Accesses), clock: n.Clock,
		}
		for _, z := range n.Sleep {
			own.sleep = append(own.sleep, sleeper{z.G, z.Accesses})
		}
		d.nodes = append(d.nodes, own)
	}
	d.from = max(0, len(d.nodes)-1) // the races of earlier steps were collected by the old owner
}
