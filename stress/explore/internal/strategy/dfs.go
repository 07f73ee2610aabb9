package strategy

import "github.com/semabench/semabench/stress/explore/schedrt"

// DFS plays every schedule, each once, the usual one first.
type DFS struct {
	// Preemptions bounds how often a goroutine loses its turn in one schedule; negative is no bound.
	Preemptions int

	path  []decision
	floor int // decisions before it are fixed
	at    int
	spent int
	Cut   bool // the bound kept it from some schedules
}

type decision struct {
	ways []int
	next int // index in ways
}

// Begin is that of Search.
func (d *DFS) Begin(*schedrt.Exec) { d.at, d.spent = 0, 0 }

// Pick is that of schedrt.Strategy.
func (d *DFS) Pick(p *schedrt.Point) int {
	i := d.take(func(ways []int) []int {
		usual := Usual(p)
		ways = append(ways, usual)
		for i := range p.Enabled {
			switch {
			case i == usual:
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

// Choose is that of schedrt.Strategy.
func (d *DFS) Choose(n int) int {
	return d.take(func(ways []int) []int {
		for i := range n {
			ways = append(ways, i)
		}
		return ways
	})
}

// take follows the path, and at its end goes the first of the ways.
func (d *DFS) take(ways func(scratch []int) []int) int {
	if d.at == len(d.path) {
		if d.at < cap(d.path) {
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

// Done is that of Search.
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
