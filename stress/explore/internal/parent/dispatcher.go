package parent

import (
	"slices"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/strategy"
	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
)

// A dispatcher hands out tasks and merges their answers. It starts no process and decides no
// verdict.
//
// Answers arrive in any order, and are merged in the order of their tasks. New tasks follow from
// merged answers, so they are made in that order, too. Therefore the same options play the same
// schedules and report the same failure, with one process or with eight, unless the time is over
// first. It belongs to the goroutine of the coordinator. Between two calls, merged <= nextID holds;
// every task with a number from merged to nextID-1 is in handedOut, and early has the answers among
// them that have arrived.
type dispatcher struct {
	options  task.Options
	programs []programState
	queue    []task.Task // tasks to hand out next

	// The tasks that were handed out are numbered from 0. Those before merged have their answers in
	// the totals; the others are in handedOut until their turn comes.
	nextID    int
	merged    int
	handedOut map[int]task.Task
	early     map[int]*task.Answer // answers that arrived before the answer of an earlier task

	// drawn returns the next task of drawn schedules. It is nil if no more are drawn.
	drawn func() (task.Task, bool)

	long   bool // no schedule ended within Options.StepBound, so long ones are played
	length int  // the steps of the first long one; 0 until it was played

	shards sharing // which tasks are played here, and what they answered

	total    task.Sums
	pairs    map[string]bool // ordered pairs that any process has seen
	found    *task.Finding   // the first failure, in the order of the tasks
	deadline time.Time
	late     bool
}

// A programState counts what was played of one program.
type programState struct {
	task.Sums
	parts  int  // parts of its tree with schedules that were not played
	closed bool // it reached the bound on schedules, with more to play
	plain  bool // goroutines that are alike may begin in any order
}

// The sizes of tasks.
const (
	// drawnFirst is the number of schedules of a program that are drawn before all schedules are
	// played in order. Bugs that have a chance in each schedule are found sooner by drawing.
	drawnFirst = 200

	// drawnTask is the number of schedules in one task of drawn ones. Such a task takes some
	// milliseconds: long enough for the cost of handing it out not to matter, and short enough to
	// end soon after Ctrl-C, or after another process has found a failure.
	drawnTask = 256

	// treeTask is the number of steps of a task that plays a part of a tree. It is counted in steps
	// because the schedules of a part differ in length. The part that is left has to be sent back,
	// so the task is larger than a drawn one.
	treeTask = 60_000
)

// firstStrategies are the strategies that an exploration draws from before it plays all schedules.
var firstStrategies = []string{"random", "pct2", "pct3", "pos"}

func newDispatcher(o task.Options, programs int) *dispatcher {
	d := &dispatcher{
		options: o, programs: make([]programState, programs),
		handedOut: map[int]task.Task{}, early: map[int]*task.Answer{},
		pairs: map[string]bool{}, deadline: time.Now().Add(o.Time), shards: newSharing(o, programs),
	}
	switch {
	case strategy.IsStarve(o.Strategy): // no tasks: the first process does all when it prepares
	case strategy.IsTree(o.Strategy):
		d.startTrees(o.Strategy)
	case o.Strategy != "":
		d.drawn = d.draw([]string{o.Strategy}, o.Schedules)
	default:
		d.drawn = d.draw(firstStrategies, min(d.drawnEach(), o.Schedules/2))
	}
	return d
}

// drawnEach returns the number of schedules that are drawn of each program at first. With many
// programs it is small, because most bugs then need only the right program.
func (d *dispatcher) drawnEach() int {
	if len(d.programs) > 1 {
		return 8 * len(firstStrategies)
	}
	return drawnFirst
}

// The mixing constants give the tasks of each turn and each program seeds of their own. They are
// odd, so multiplying by them maps different numbers to different seeds.
const (
	mixTurn    = 0x9e3779b97f4a7c15
	mixProgram = 0xd1b54a32d192ed03
)

// draw returns a function that makes tasks to draw each schedules of every program. The first tasks
// are small, cover all programs, and take the strategies in turn: a bug that needs only the right
// program or the right strategy is found at once. Later tasks are large, for one program each. Each
// task has a seed that follows from the options, the turn and the program. So neither the number of
// processes nor their speed has a part in which schedules are drawn.
func (d *dispatcher) draw(strategies []string, each int) func() (task.Task, bool) {
	perProgram, turn, program, nth := 0, 0, 0, 0
	return func() (task.Task, bool) {
		if perProgram >= each {
			return task.Task{}, false
		}
		t := task.Task{
			Strategy: strategies[turn%len(strategies)], Seed: d.options.Seed + uint64(turn)*mixTurn,
		}
		d.shards.ofDrawn(&t, "drawn", nth)
		nth++
		t.Schedules = 1
		if len(d.programs) == 1 {
			t.Schedules = drawnFirst / 8
		}
		if turn < 8*len(firstStrategies) {
			t.Programs = upTo(len(d.programs))
			turn++
		} else {
			t.Schedules, t.Programs = drawnTask, []int{program}
			t.Seed += uint64(program) * mixProgram
			if program++; program == len(d.programs) {
				program = 0
				turn++
			}
		}
		t.Schedules = min(t.Schedules, each-perProgram)
		// The schedules count for each program, so a turn counts once, after its last program.
		if program == 0 {
			perProgram += t.Schedules
		}
		return t, true
	}
}

// playLong has long schedules played from now on, because no schedule came to its end within the bound
// for others. Those say nothing, so they do not count. The first long one is the default schedule, over
// whose length the next ones spread their preemptions.
//
// A strategy that the options name plays the long schedules, too.
func (d *dispatcher) playLong() {
	d.long, d.total, d.programs[0].Sums = true, task.Sums{}, task.Sums{}
	first := task.Task{Programs: []int{0}, Strategy: strategy.DefaultName, Schedules: 1, Long: true}
	d.shards.ofDrawn(&first, "long", 0)
	d.queue = []task.Task{first}
	name := d.options.Strategy
	if name == "" {
		name = strategy.SparseName
	}
	turn := 0
	d.drawn = func() (task.Task, bool) {
		turn++
		t := task.Task{
			Programs: []int{0}, Strategy: name, Schedules: 1, Long: true, Length: d.length,
			Seed: d.options.Seed + uint64(turn)*mixTurn,
		}
		d.shards.ofDrawn(&t, "long", turn)
		return t, turn < d.options.Schedules
	}
}

// playPlain plays the tree of a program once more, now with goroutines that are alike in any order,
// because the program may tell them apart. The schedules so far were schedules of the program, so they
// count as played. They are no classes of the tree that is played now. Tasks that are under way change
// nothing any more.
func (d *dispatcher) playPlain(t task.Task, program *programState) {
	d.total.Classes -= program.Classes
	program.plain, program.Classes, program.parts, program.Alike = true, 0, 1, false
	d.total.Alike = slices.ContainsFunc(d.programs, func(p programState) bool { return p.Alike })
	d.queue = slices.DeleteFunc(d.queue, func(q task.Task) bool {
		return q.Part != nil && slices.Equal(q.Programs, t.Programs)
	})
	root := task.Task{Programs: t.Programs, Strategy: t.Strategy, Part: &strategy.Part{}, Plain: true}
	d.shards.open[t.Lane] = 0 // its parts are dropped
	if d.shards.programs >= fewPrograms {
		root.Lane = t.Lane // it is played where its program was
	}
	d.shards.ofTree(&root)
	d.enqueue(root)
}

// onlyEndless reports whether no schedule so far came to its end within the bound on steps. A single
// program is asked for: of the scenarios of a semaphore, each is a few hundred steps.
func (d *dispatcher) onlyEndless() bool {
	return d.options.PlaysLong() && !d.long && len(d.programs) == 1 &&
		d.total.Endless > 0 && d.total.Endless == d.total.Played
}

// upTo returns the numbers from 0 to n-1.
func upTo(n int) (all []int) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

// startTrees queues the whole tree of each program. A tree is split later, when its first tasks
// have shown where it branches.
func (d *dispatcher) startTrees(name string) {
	for i := range d.programs {
		d.programs[i].parts++
		t := task.Task{Programs: []int{i}, Strategy: name, Part: &strategy.Part{}}
		d.shards.ofTree(&t)
		d.enqueue(t)
	}
}

// enqueue queues a task of a tree. A part that few tasks have played gets few schedules, so that
// the rest of it can soon be split among the processes.
func (d *dispatcher) enqueue(t task.Task) {
	most := max(1, min(1024, d.options.Schedules/64))
	t.Schedules, t.Steps = most, treeTask
	if t.Age < 2 {
		t.Schedules = min(most, 8<<(2*t.Age))
	}
	d.queue = append(d.queue, t)
}

// next returns a task to play now. It reports false if there is none, for now or for ever. The time
// is read when a task is handed out: a task that waits in the queue has no deadline yet.
func (d *dispatcher) next() (t task.Task, ok bool) {
	d.late = d.late || time.Now().After(d.deadline)
	for d.found == nil && !d.late && !d.foundEarly() {
		if len(d.queue) == 0 && d.drawn != nil {
			if d.long && d.length == 0 && d.busy() {
				return task.Task{}, false // the length is a part of the next task
			}
			if t, ok := d.drawn(); ok {
				d.queue = append(d.queue, t)
			} else if d.drawn = nil; d.options.Strategy == "" && !d.long {
				d.startTrees("dpor")
			}
		}
		if len(d.queue) == 0 {
			return task.Task{}, false
		}
		t, d.queue = d.queue[0], d.queue[1:]
		t.ID = d.nextID
		d.nextID++
		d.handedOut[t.ID] = t
		// The task still gets its number and an empty answer, so that numbers have no gap.
		if len(t.Programs) == 1 && d.programs[t.Programs[0]].closed {
			d.merge(&task.Answer{ID: t.ID})
			continue
		}
		if !d.shards.plays(t) { // numbered as well, so that every shard merges in the same order
			d.merge(&task.Answer{ID: t.ID, Elsewhere: true})
			continue
		}
		t.Seconds = max(0.001, time.Until(d.deadline).Seconds())
		return t, true
	}
	return task.Task{}, false
}

// busy reports whether an answer is missing.
func (d *dispatcher) busy() bool { return d.merged < d.nextID }

// foundEarly reports whether an answer with a failure waits to be merged. Tasks that were not
// handed out yet come after it, so they cannot change the result.
func (d *dispatcher) foundEarly() bool {
	for _, a := range d.early {
		if a.Found != nil {
			return true
		}
	}
	return false
}

// merge takes an answer, and merges all answers whose turn has come. An answer of a task after the
// first failure is not merged: whether it comes in time depends on the speed of its process, and
// the counts of the result must not.
func (d *dispatcher) merge(a *task.Answer) {
	d.early[a.ID] = a
	for d.found == nil && d.early[d.merged] != nil {
		a, t := d.early[d.merged], d.handedOut[d.merged]
		delete(d.early, d.merged)
		delete(d.handedOut, d.merged)
		d.merged++
		d.add(t, a)
	}
}

// add adds the answer of a task to the totals, and queues what is left of the task. It runs in the
// order of the task numbers. Whatever it decides from the totals so far is therefore the same in
// each exploration with these options.
func (d *dispatcher) add(t task.Task, a *task.Answer) {
	var program *programState // nil if the task is of several programs
	if len(t.Programs) == 1 {
		if program = &d.programs[t.Programs[0]]; program.closed {
			return
		}
	}
	if program != nil && program.plain && t.Part != nil && !t.Plain {
		return // was handed out before
	}
	if a.Elsewhere { // so what was left of it stays open here
		return
	}
	d.shards.record(t, a)
	for _, pair := range a.Pairs {
		d.pairs[pair] = true
	}
	d.late = d.late || a.Late
	if a.Found != nil {
		d.found = a.Found
		// The number within the task becomes a number in the exploration, before the task itself is
		// added.
		d.found.Nth += d.total.Played
	}
	if d.long && !t.Long {
		return // was handed out before the schedules were known to have no end
	}
	if t.Strategy == strategy.DefaultName {
		d.length = max(1, a.Sums.Longest)
	}
	d.total.Add(a.Sums)
	if program == nil {
		for _, i := range t.Programs {
			d.programs[i].Played += t.Schedules
		}
		return
	}
	program.Add(a.Sums)
	if d.onlyEndless() {
		d.playLong()
		return
	}
	if t.Part != nil {
		program.parts--
		d.shards.open[t.Lane]--
		if a.Told && a.Found == nil {
			d.playPlain(t, program)
			return
		}
		d.requeue(t, a, program)
	}
}

// requeue queues what is left of a part. If there are too few parts for the processes, it splits
// the rest in up to five. Splitting into more parts than processes can use would send longer
// messages for nothing. Whether it splits depends on nothing but the lane of the task, because a
// shard does not know the other lanes and must come to the same parts.
func (d *dispatcher) requeue(t task.Task, a *task.Answer, program *programState) {
	if program.Played >= d.options.Schedules {
		program.closed = a.Rest != nil || program.parts > 0
		return
	}
	if a.Rest == nil {
		return
	}
	for _, part := range d.shards.split(t, a) {
		program.parts++
		rest := task.Task{Programs: t.Programs, Strategy: t.Strategy, Part: part, Plain: t.Plain, Lane: t.Lane, Age: t.Age + 1}
		d.shards.ofTree(&rest)
		d.enqueue(rest)
	}
}

// exploration returns everything that was counted, for the verdict.
func (d *dispatcher) exploration(names []string, interrupted bool) *verdict.Exploration {
	e := &verdict.Exploration{
		Options: d.options, Total: d.total, Pairs: d.pairs, Interrupted: interrupted, Late: d.late,
		Long: d.long, Elsewhere: d.shards.elsewhere(),
	}
	for i, p := range d.programs {
		e.Programs = append(e.Programs, verdict.Program{
			Name: names[i], Sums: p.Sums, Unplayed: p.closed || p.parts > 0 || d.drawn != nil,
		})
	}
	return e
}
