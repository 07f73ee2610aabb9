package explore

import (
	"slices"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
)

// A plan hands out tasks and sums up their answers, in the order of the tasks however they come in. What
// follows from an answer follows in that order, too: with the same options the same schedules
// are played and the same failure is reported, by one process or by eight, unless time is over.
type plan struct {
	options  Options
	tallies  []tally // by program
	queue    []task
	handed   int             // tasks, so far
	summed   int             // answers
	early    map[int]*answer // of which the turn has not come
	out      map[int]task    // handed out and not summed up
	drawing  func() (task, bool)
	total    sums
	found    *found
	pairs    map[string]bool
	deadline time.Time
	late     bool
}

// A tally is what became of one program.
type tally struct {
	sums
	parts  int  // of its tree that are not played to their end
	closed bool // it had its share of schedules
}

const (
	// drawnShare is how many schedules are drawn before all are gone through: a bug that has a chance
	// in each schedule is found sooner by them.
	drawnShare = 200

	// drawnTask is how many are drawn in one task. It takes some milliseconds, which is long enough for
	// handing it out to cost little, and short enough for Ctrl-C and for a failure of another process.
	drawnTask = 256

	// treeSteps is the same of a tree, where what is left over has to be told, too.
	treeSteps = 60_000

	// spare is how many parts there should be for others to take.
	spare = 32
)

// drawnFirst are the strategies for the start of an exploration.
var drawnFirst = []string{"random", "pct2", "pct3", "pos"}

func newPlan(o Options, programs int) *plan {
	p := &plan{
		options: o, tallies: make([]tally, programs), early: map[int]*answer{}, out: map[int]task{},
		pairs: map[string]bool{}, deadline: time.Now().Add(o.Time),
	}
	switch {
	case isTree(o.Strategy):
		p.plant(o.Strategy)
	case o.Strategy != "":
		p.drawing = p.draws([]string{o.Strategy}, o.Schedules)
	default:
		p.drawing = p.draws(drawnFirst, min(p.drawnEach(), o.Schedules/2))
	}
	return p
}

// drawnEach is how many schedules of each program are drawn at first. Where there are many programs, most
// bugs need but the right one.
func (p *plan) drawnEach() int {
	if len(p.tallies) > 1 {
		return 8 * len(drawnFirst)
	}
	return drawnShare
}

// draws returns tasks that draw so many schedules of each program: few at first, of all programs and
// by all strategies in turn, so that what needs but the right program is found at once.
func (p *plan) draws(names []string, each int) func() (task, bool) {
	drawn, turn, program := 0, 0, 0 // drawn is of each program
	return func() (task, bool) {
		if drawn >= each {
			return task{}, false
		}
		t := task{Strategy: names[turn%len(names)], Seed: p.options.Seed + uint64(turn)*0x9e3779b97f4a7c15}
		t.Schedules = 1
		if len(p.tallies) == 1 {
			t.Schedules = drawnShare / 8
		}
		if turn < 8*len(drawnFirst) {
			t.Programs = everyOf(len(p.tallies))
			turn++
		} else {
			t.Schedules, t.Programs = drawnTask, []int{program}
			t.Seed += uint64(program) * 0xd1b54a32d192ed03
			if program++; program == len(p.tallies) {
				program = 0
				turn++
			}
		}
		t.Schedules = min(t.Schedules, each-drawn)
		if program == 0 {
			drawn += t.Schedules
		}
		return t, true
	}
}

func everyOf(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

// plant begins the trees of all programs.
func (p *plan) plant(name string) {
	for i := range p.tallies {
		p.tallies[i].parts++
		p.append(task{Programs: []int{i}, Strategy: name, Part: &strategy.Part{}})
	}
}

// append puts a task of a tree at the end. Parts begin with little, so that what is left of them can
// be split soon, and never have much more than their bound.
func (p *plan) append(t task) {
	most := max(1, min(1024, p.options.Schedules/64))
	t.Schedules, t.Steps = most, treeSteps
	if t.Age < 2 {
		t.Schedules = min(most, 8<<(2*t.Age))
	}
	p.queue = append(p.queue, t)
}

// next returns a task that can be played now.
func (p *plan) next() (t task, ok bool) {
	p.late = p.late || time.Now().After(p.deadline)
	for p.found == nil && !p.late && !p.foundEarly() {
		if len(p.queue) == 0 && p.drawing != nil {
			if t, ok := p.drawing(); ok {
				p.queue = append(p.queue, t)
			} else if p.drawing = nil; p.options.Strategy == "" {
				p.plant("dpor")
			}
		}
		if len(p.queue) == 0 {
			return task{}, false
		}
		t, p.queue = p.queue[0], p.queue[1:]
		t.ID = p.handed
		p.handed++
		p.out[t.ID] = t
		if len(t.Programs) == 1 && p.tallies[t.Programs[0]].closed {
			p.take(&answer{ID: t.ID})
			continue
		}
		t.Seconds = max(0.001, time.Until(p.deadline).Seconds())
		return t, true
	}
	return task{}, false
}

// foundEarly reports whether something was found that only waits for its turn: what is handed out after it
// does not matter any more.
func (p *plan) foundEarly() bool {
	for _, a := range p.early {
		if a.Found != nil {
			return true
		}
	}
	return false
}

// take takes an answer, and sums up all whose turn has come.
func (p *plan) take(a *answer) {
	p.early[a.ID] = a
	for p.found == nil && p.early[p.summed] != nil {
		a, t := p.early[p.summed], p.out[p.summed]
		delete(p.early, p.summed)
		delete(p.out, p.summed)
		p.summed++
		p.sum(t, a)
	}
}

func (p *plan) sum(t task, a *answer) {
	var of *tally
	if len(t.Programs) == 1 {
		if of = &p.tallies[t.Programs[0]]; of.closed {
			return
		}
	}
	for _, pair := range a.Pairs {
		p.pairs[pair] = true
	}
	p.late = p.late || a.Late
	if a.Found != nil {
		p.found = a.Found
		p.found.Nth += p.total.Played
	}
	p.total.add(a.Sums)
	if of == nil {
		for _, i := range t.Programs {
			p.tallies[i].Played += t.Schedules
		}
		return
	}
	of.add(a.Sums)
	if t.Part == nil {
		return
	}
	of.parts--
	p.goOn(t, a, of)
}

// goOn puts what is left of a part at the end of the queue, in pieces if there are too few.
func (p *plan) goOn(t task, a *answer, of *tally) {
	if of.closed = of.Played >= p.options.Schedules; of.closed || a.Rest == nil {
		of.closed = of.closed && (a.Rest != nil || of.parts > 0)
		return
	}
	var parts []*strategy.Part
	if have := p.handed - p.summed + len(p.queue); have < spare {
		parts = a.Rest.Split(4)
	}
	for _, part := range slices.Concat([]*strategy.Part{a.Rest}, parts) {
		of.parts++
		p.append(task{Programs: t.Programs, Strategy: t.Strategy, Part: part, Age: t.Age + 1})
	}
}
