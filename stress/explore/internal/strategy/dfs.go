package strategy

import "github.com/semabench/semabench/stress/explore/schedrt"

// DFS plays every schedule exactly once, in depth-first order, beginning with the default schedule.
//
// The search keeps the path to the current schedule and nothing else, so its memory grows with
// the length of a schedule and not with their number.
type DFS struct {
	// Preemptions bounds how often a goroutine is preempted in one schedule; negative means no
	// bound.
	Preemptions int

	// Cut is set once the bound on preemptions kept the search from some schedules.
	Cut bool

	path  []decision // the decisions of the current schedule
	floor int        // decisions before this index are fixed; see Part
	at    int        // index of the next decision
	spent int        // preemptions so far in the current schedule
}

// A decision is a node on the current path of the tree.
type decision struct {
	ways []int // the answers that are possible
	next int   // index in ways of the answer of the current schedule
}

// Begin implements Search.
func (d *DFS) Begin(*schedrt.Exec) { d.at, d.spent = 0, 0 }

// Pick implements schedrt.Strategy. The default choice is the first way that is tried. With a bound
// on preemptions the first schedules then are the ones with the fewest, and a failure that is found
// is easy to read.
func (d *DFS) Pick(p *schedrt.Point) int {
	i := d.take(func(ways []int) []int {
		first := Default(p)
		ways = append(ways, first)
		for i := range p.Enabled {
			switch {
			case i == first:
			case d.Preemptions >= 0 && d.spent >= d.Preemptions && preempts(p, i):
				d.Cut = true
			default:
				ways = append(ways, i)
			}
		}
		return ways
	})
	if preempts(p, i) {
		d.spent++
	}
	return i
}

// Choose implements schedrt.Strategy.
func (d *DFS) Choose(n int) int {
	return d.take(func(ways []int) []int {
		for i := range n {
			ways = append(ways, i)
		}
		return ways
	})
}

// take follows the path. At the end of the path it appends a decision and takes its first way.
//
// A node is made at the first visit only. Later visits of the same prefix find it, because the
// program is deterministic under one schedule.
func (d *DFS) take(ways func(scratch []int) []int) int {
	if d.at == len(d.path) {
		if d.at < cap(d.path) { // reuse the memory of an earlier decision
			d.path = d.path[:d.at+1]
			d.path[d.at].next = 0
		} else {
			d.path = append(d.path, decision{})
		}
		d.path[d.at].ways = ways(d.path[d.at].ways[:0])
	}
	step := &d.path[d.at]
	d.at++
	return step.ways[step.next]
}

// Done implements Search: it changes the last decision that has an untried way, and drops the
// decisions after it.
//
// A part of the search (see Part) ends at its floor: the decisions before it belong to the search
// from which the part was split.
func (d *DFS) Done(*schedrt.Exec) bool {
	d.path = d.path[:d.at]
	for len(d.path) > d.floor {
		last := &d.path[len(d.path)-1]
		if last.next++; last.next < len(last.ways) {
			return true
		}
		d.path = d.path[:len(d.path)-1]
	}
	return false
}
