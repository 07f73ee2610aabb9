package explore

import (
	"slices"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A block is what a goroutine does before another one goes.
type block struct {
	g     int32
	steps int
}

func blocksOf(t *schedrt.Trace) (all []block) {
	for i := range t.Steps {
		g := t.Steps[i].G
		if last := len(all) - 1; last >= 0 && all[last].g == g {
			all[last].steps++
			continue
		}
		all = append(all, block{g, 1})
	}
	return all
}

// join moves blocks of a goroutine together, as long as the schedule goes on to show the same with
// fewer preemptions, or with as few and fewer blocks. To leave out turns does not come as far: a
// goroutine that lost its turn too early has to keep it for a while, not to lose none (Jalbert and Sen,
// “A trace simplification technique for effective debugging of concurrent programs”, FSE 2010).
func (m *minimiser) join(most int) {
	best, choices := m.replay()
	for again := true; again; {
		again = false
		for i := len(best) - 1; i > 0 && i < len(best); i-- {
			for _, moved := range [...][]block{movedUp(best, i), movedDown(best, i)} {
				if most == 0 || m.late() {
					return
				}
				if moved == nil {
					continue
				}
				most--
				if blocks := m.inOrder(moved, choices, len(best)); blocks != nil {
					best, again = blocks, true
					break
				}
			}
		}
	}
}

// movedUp appends block i to the one before of the same goroutine.
func movedUp(blocks []block, i int) []block {
	before := previous(blocks, i)
	if before < 0 {
		return nil
	}
	moved := slices.Delete(slices.Clone(blocks), i, i+1)
	moved[before].steps += blocks[i].steps
	return moved
}

// movedDown puts the block before of the same goroutine in front of block i.
func movedDown(blocks []block, i int) []block {
	before := previous(blocks, i)
	if before < 0 {
		return nil
	}
	moved := slices.Clone(blocks)
	moved[i].steps += blocks[before].steps
	return slices.Delete(moved, before, before+1)
}

func previous(blocks []block, i int) int {
	for before := i - 1; before >= 0; before-- {
		if blocks[before].g == blocks[i].g {
			return before
		}
	}
	return -1
}

// replay plays the finding and returns its blocks and what was chosen.
func (m *minimiser) replay() ([]block, map[int32][]int) {
	m.play(m.exec, &strategy.Replay{Schedule: m.f.schedule})
	choices := map[int32][]int{}
	for i := range m.exec.Trace.Steps {
		if s := &m.exec.Trace.Steps[i]; s.Choice > 0 {
			choices[s.G] = append(choices[s.G], int(s.Choice)-1)
		}
	}
	return blocksOf(&m.exec.Trace), choices
}

// inOrder plays blocks in an order, as far as that is possible, and returns those that were played if
// they are better.
func (m *minimiser) inOrder(blocks []block, choices map[int32][]int, most int) []block {
	recorder := &strategy.Recorder{Search: &order{blocks: blocks, choices: choices}}
	if !m.same(m.play(m.exec, recorder)) {
		return nil
	}
	played := blocksOf(&m.exec.Trace)
	fewer := len(recorder.Preempted) - m.f.preempted
	if fewer > 0 || fewer == 0 && len(played) >= most {
		return nil
	}
	m.keep(recorder)
	return played
}

// An order is a strategy that plays blocks one after the other. A step that is not possible when it is
// its turn comes as soon as it is.
type order struct {
	blocks  []block
	choices map[int32][]int

	x    *schedrt.Exec
	left []block
	done int // steps that were crossed out
	next map[int32]int
}

func (o *order) Begin(x *schedrt.Exec) {
	o.x, o.left, o.done, o.next = x, slices.Clone(o.blocks), 0, map[int32]int{}
}

func (o *order) Pick(p *schedrt.Point) int {
	for ; o.done < p.Step; o.done++ {
		o.crossOut(o.x.Trace.Steps[o.done].G)
	}
	for _, b := range o.left {
		for i, g := range p.Enabled {
			if b.steps > 0 && int32(g.ID) == b.g {
				return i
			}
		}
	}
	return strategy.Usual(p)
}

func (o *order) crossOut(g int32) {
	for i := range o.left {
		if b := &o.left[i]; b.g == g && b.steps > 0 {
			b.steps--
			return
		}
	}
}

func (o *order) Choose(n int) int {
	g := int32(o.x.Current().ID)
	at := o.next[g]
	o.next[g]++
	if at < len(o.choices[g]) {
		return min(o.choices[g][at], n-1)
	}
	return 0
}

func (o *order) Done(*schedrt.Exec) bool { return false }
