package player

import (
	"slices"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A block is a run of consecutive steps of one goroutine.
type block struct {
	g     int32
	steps int
}

// blocksOf returns the blocks of a trace in their order.
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

// joinBlocks moves blocks of one goroutine together. It keeps a move if the failure stays the same
// and the schedule gets fewer preemptions, or as many preemptions in fewer blocks. It plays at most
// this many schedules.
//
// Dropping turns alone does not get as far. A goroutine that was preempted too early has to run on
// for some steps and be preempted later, which is a changed turn and not one turn less. The
// algorithm is from Jalbert and Sen, “A trace simplification technique for effective debugging of
// concurrent programs”, FSE 2010.
func (m *minimiser) joinBlocks(most int) {
	best, choices := m.replay()
	for again := true; again; {
		again = false
		for i := len(best) - 1; i > 0 && i < len(best); i-- {
			for _, moved := range [...][]block{movedUp(best, i), movedDown(best, i)} {
				if most == 0 || m.timeOver() {
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

// movedUp returns the blocks with block i appended to the previous block of its goroutine, or nil
// if there is none.
func movedUp(blocks []block, i int) []block {
	before := previous(blocks, i)
	if before < 0 {
		return nil
	}
	moved := slices.Delete(slices.Clone(blocks), i, i+1)
	moved[before].steps += blocks[i].steps
	return moved
}

// movedDown returns the blocks with the previous block of the goroutine of block i moved to the
// front of block i, or nil if there is none.
func movedDown(blocks []block, i int) []block {
	before := previous(blocks, i)
	if before < 0 {
		return nil
	}
	moved := slices.Clone(blocks)
	moved[i].steps += blocks[before].steps
	return slices.Delete(moved, before, before+1)
}

// previous returns the index of the last block before i of the same goroutine, or -1.
func previous(blocks []block, i int) int {
	for before := i - 1; before >= 0; before-- {
		if blocks[before].g == blocks[i].g {
			return before
		}
	}
	return -1
}

// replay plays the failing schedule. It returns its blocks, and for each goroutine the answers of
// the strategy to Choose.
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

// inOrder plays the blocks in this order, as far as that is possible. It returns nil if the failure
// is not the same, or the schedule is no better: it must have fewer preemptions, or as many and
// fewer blocks than most. Otherwise inOrder keeps the schedule and returns its blocks.
func (m *minimiser) inOrder(blocks []block, choices map[int32][]int, most int) []block {
	recorder := &strategy.Recorder{Search: &blockOrder{blocks: blocks, choices: choices}}
	if !m.sameFailure(m.play(m.exec, recorder)) {
		return nil
	}
	played := blocksOf(&m.exec.Trace)
	fewer := len(recorder.Preempted) - m.f.Preempted
	if fewer > 0 || fewer == 0 && len(played) >= most {
		return nil
	}
	m.keep(recorder)
	return played
}

// A blockOrder is a strategy that plays blocks one after the other. If the goroutine of a block
// cannot move, later blocks go first, and the goroutine continues with its block as soon as it can.
type blockOrder struct {
	blocks  []block
	choices map[int32][]int // answers to Choose, by goroutine

	x    *schedrt.Exec
	left []block       // the blocks, with the number of steps of each that are still to come
	done int           // steps of this execution that were taken from left
	next map[int32]int // index of the next answer in choices, by goroutine
}

// Begin implements strategy.Search.
func (o *blockOrder) Begin(x *schedrt.Exec) {
	o.x, o.left, o.done, o.next = x, slices.Clone(o.blocks), 0, map[int32]int{}
}

// Pick implements schedrt.Strategy: the first block whose goroutine can move goes next.
func (o *blockOrder) Pick(p *schedrt.Point) int {
	for ; o.done < p.Step; o.done++ {
		o.consume(o.x.Trace.Steps[o.done].G)
	}
	for _, b := range o.left {
		for i, g := range p.Enabled {
			if b.steps > 0 && int32(g.ID) == b.g {
				return i
			}
		}
	}
	return strategy.Default(p)
}

// consume takes one step of g from the first block of g that has steps left.
func (o *blockOrder) consume(g int32) {
	for i := range o.left {
		if b := &o.left[i]; b.g == g && b.steps > 0 {
			b.steps--
			return
		}
	}
}

// Choose implements schedrt.Strategy: a goroutine gets the answers that it got in the original
// schedule.
func (o *blockOrder) Choose(n int) int {
	g := int32(o.x.Current().ID)
	at := o.next[g]
	o.next[g]++
	if at < len(o.choices[g]) {
		return min(o.choices[g][at], n-1)
	}
	return 0
}

// Done implements strategy.Search: one schedule is all that a blockOrder plays.
func (o *blockOrder) Done(*schedrt.Exec) bool { return false }
