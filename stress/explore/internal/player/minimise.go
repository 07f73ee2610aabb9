package player

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// The bounds of minimising. Bounds on schedules give the same answer on every machine. The bound on
// time is only reached by programs with very long schedules. The report names a bound that was
// reached.
const (
	shrinkBound   = 2_000            // schedules with turns dropped, and as many with blocks moved
	fewerBound    = 20_000           // schedules for each smaller number of preemptions
	minimiseBound = 10 * time.Second // for everything
)

// A minimiser looks for the schedule with the fewest preemptions that fails like a given one. Each
// step of it keeps a schedule only if it was played and failed in the same way. So whatever bound
// ends the search, the schedule in f is a failing one.
type minimiser struct {
	*search
	x     *schedrt.Exec // plays schedules as long as the failing one
	f     *failing
	what  string // what the failure is called, without the parts that differ from run to run
	most  time.Duration
	until time.Time // when most is over

	// fewer counts the schedules with fewer preemptions than the last complete bound, none of which
	// fails in this way.
	fewer int
}

// minimise replaces the schedule of f by a simpler one with the same failure. It returns a line
// that says whether any schedule with fewer preemptions fails in the same way.
//
// It drops turns first, because most turns of a randomly drawn schedule have nothing to do with the
// bug. It then joins the blocks of each goroutine. At last it plays all schedules with no
// preemption, then with one, and so on. Exhausting these is cheaper than it sounds, because most
// known bugs need only one or two preemptions (Musuvathi and Qadeer, PLDI 2007).
//
// It takes at most as long as most says. A schedule that is played then is given up in the middle:
// a long one alone may take longer than all that is left.
func (s *search) minimise(f *failing, most time.Duration) (least string) {
	m := &minimiser{
		search: s, f: f, what: stable(f.What), most: most, until: time.Now().Add(most),
	}
	m.x = s.again(&f.Finding)
	m.x.StopAt(m.until)
	defer m.x.StopAt(time.Time{})
	m.dropTurns(shrinkBound)
	switch {
	case f.Long && f.Preempted == 0:
		return verdict.Fewest(0, 0)
	case f.Long: // the schedules with fewer preemptions are too many, and so are the blocks
		return verdict.PerhapsFewest(f.Preempted, f.Preempted-1, m.most.Round(time.Millisecond).String())
	}
	m.joinBlocks(shrinkBound)
	for bound := 0; bound < f.Preempted; bound++ {
		switch m.exhaust(bound, fewerBound) {
		case foundSame:
			return verdict.Fewest(bound, m.fewer)
		case boundReached:
			return verdict.PerhapsFewest(f.Preempted, bound, m.boundText())
		}
	}
	m.preferDefault()
	return verdict.Fewest(f.Preempted, m.fewer)
}

// preferDefault replaces the schedule by the first one of DFS with as many preemptions, if that one
// has no more turns. DFS follows the default schedule as long as it can, so its first schedule is
// the easiest to read.
func (m *minimiser) preferDefault() {
	old, preempted := m.f.schedule, m.f.Preempted
	fewer := m.fewer
	if m.exhaust(preempted, shrinkBound) == foundSame && len(m.f.schedule) > len(old) {
		m.f.schedule, m.f.Preempted = old, preempted
	}
	m.fewer = fewer
}

// boundText names the bound that ended exhaust.
func (m *minimiser) boundText() string {
	if m.timeOver() {
		return m.most.Round(time.Millisecond).String()
	}
	return fmt.Sprintf("%d schedules", fewerBound)
}

func (m *minimiser) timeOver() bool { return time.Now().After(m.until) }

// An exhaustion is how exhaust ended.
type exhaustion int

const (
	foundNone    exhaustion = iota // all schedules were played, and none fails in this way
	foundSame                      // a schedule fails in this way, and is kept
	boundReached                   // not all schedules were played
)

// exhaust plays the schedules with at most the given number of preemptions, and at most most
// schedules, until one fails like the given schedule. It enumerates with DFS and not DPOR: DPOR
// leaves out schedules that equal others, and an equal schedule may have fewer preemptions.
func (m *minimiser) exhaust(preemptions, most int) exhaustion {
	recorder := &strategy.Recorder{Search: &strategy.DFS{Preemptions: preemptions}}
	for played := 0; ; {
		if played == most || m.timeOver() {
			return boundReached
		}
		played++
		if m.sameFailure(m.play(m.x, recorder)) {
			m.keep(recorder)
			return foundSame
		}
		if !recorder.Done(m.x) {
			m.fewer = played // includes the schedules of all smaller bounds
			return foundNone
		}
	}
}

// dropTurns drops halves of the schedule, then quarters and so on, and at last single turns, until
// no single turn can be dropped. This is delta debugging (Zeller and Hildebrandt, TSE 2002) from
// the end, because a turn that is dropped changes only the steps after it. It plays at most most
// schedules. A replay takes every list of turns, even where it does not fit the program any more.
// So dropping from the middle needs no repair.
func (m *minimiser) dropTurns(most int) {
	for size := max(1, len(m.f.schedule)/2); ; {
		shorter := false
		for at := len(m.f.schedule) - size; at >= 0 && most > 0 && !m.timeOver(); at -= size {
			most--
			if m.drop(at, at+size) {
				shorter = true
				at = min(at, len(m.f.schedule))
			}
		}
		switch {
		case most == 0 || m.timeOver() || size == 1 && !shorter:
			return
		case size > 1:
			size /= 2
		}
	}
}

// drop plays the schedule without the turns from one index to another. If the failure is the same,
// and the schedule that was really played is shorter and has no more preemptions, it keeps that
// one. The recorder's schedule is kept and not the shortened list: the replay may have dropped or
// added turns.
func (m *minimiser) drop(from, till int) bool {
	if till > len(m.f.schedule) {
		return false
	}
	shorter := slices.Delete(slices.Clone(m.f.schedule), from, till)
	recorder := &strategy.Recorder{Search: &strategy.Replay{Schedule: shorter}}
	if !m.sameFailure(m.play(m.x, recorder)) {
		return false
	}
	if len(recorder.Schedule) >= len(m.f.schedule) || len(recorder.Preempted) > m.f.Preempted {
		return false
	}
	m.keep(recorder)
	return true
}

// keep copies the schedule of a recorder, which reuses its storage in the next execution.
func (m *minimiser) keep(r *strategy.Recorder) {
	m.f.schedule, m.f.Preempted = slices.Clone(r.Schedule), len(r.Preempted)
}

func (m *minimiser) sameFailure(what string) bool { return what != "" && stable(what) == m.what }

var address = regexp.MustCompile(`0x[0-9a-f]+`)

// stable replaces addresses, which differ from run to run.
func stable(what string) string { return address.ReplaceAllString(what, "0x…") }

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
// most schedules.
//
// Dropping turns alone does not get as far. A goroutine that was preempted too early has to run on
// for some steps and be preempted later, which is a changed turn and not one turn less. The
// algorithm is from Jalbert and Sen, “A trace simplification technique for effective debugging of
// concurrent programs”, FSE 2010. A round that improves nothing ends it. Each kept move lowers the
// number of preemptions, or keeps it and lowers the number of blocks, so there are finitely many.
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
// the strategy to Choose. Choices are per goroutine, because a moved block takes its answers along.
func (m *minimiser) replay() ([]block, map[int32][]int) {
	m.play(m.x, &strategy.Replay{Schedule: m.f.schedule})
	choices := map[int32][]int{}
	for i := range m.x.Trace.Steps {
		if s := &m.x.Trace.Steps[i]; s.Choice > 0 {
			choices[s.G] = append(choices[s.G], int(s.Choice)-1)
		}
	}
	return blocksOf(&m.x.Trace), choices
}

// inOrder plays the blocks in this order, as far as that is possible. It returns nil if the failure
// is not the same, or the schedule is no better: it must have fewer preemptions, or as many and
// fewer blocks than most. Otherwise inOrder keeps the schedule and returns its blocks.
func (m *minimiser) inOrder(blocks []block, choices map[int32][]int, most int) []block {
	recorder := &strategy.Recorder{Search: &blockOrder{blocks: blocks, choices: choices}}
	if !m.sameFailure(m.play(m.x, recorder)) {
		return nil
	}
	played := blocksOf(&m.x.Trace)
	fewer := len(recorder.Preempted) - m.f.Preempted
	if fewer > 0 || fewer == 0 && len(played) >= most {
		return nil
	}
	m.keep(recorder)
	return played
}

// A blockOrder is a strategy that plays blocks one after the other. If the goroutine of a block
// cannot move, later blocks go first, and the goroutine continues with its block as soon as it can.
// It is a wish and no schedule: a goroutine that is blocked cannot take its block, and steps that
// the program takes in addition are in no block. The recorder around it notes what really happened.
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

// Pick implements schedrt.Strategy: the first block whose goroutine can move goes next. It costs
// blocks times enabled goroutines for each step.
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
