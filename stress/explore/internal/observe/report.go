package observe

import (
	"path"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// read chooses the steps of the report, and finds their positions. An execution that ends in a
// loop is reported from its begin to the end of the first round.
func (t *translator) read(s *failure.Report) {
	t.till = len(t.trace.Steps)
	t.from = max(0, t.till-most)
	if loop := t.loop(); loop.times > 0 && loop.from+loop.period < most {
		t.from, t.till = 0, loop.from+loop.period
		s.Period, s.Rounds = loop.period, loop.times
	}
	s.Skipped = t.from
	t.positions = make([]position, len(t.trace.Steps))
	for i := t.from; i < t.till; i++ {
		t.positions[i] = positionOf(t.trace.Places[i].PCs)
	}
}

// A loop is a run of steps that is repeated until the end.
type loop struct{ from, period, times int }

// loop finds the shortest loop, of at most longest steps, which has to be repeated at least fewest
// times. The shortest period comes first: a loop of 3 steps is also one of 6. Fewer repetitions may
// be chance. The cost is longest times the number of steps at worst, since each period stops at its
// first difference.
//
// The period is bounded, because a reader does not recognize a loop of many steps.
func (t *translator) loop() loop {
	const longest, fewest = 60, 4
	n := len(t.trace.Steps)
	for period := 1; period <= longest; period++ {
		same := 0
		for i := n - 1; i >= period && t.sameStep(i, i-period); i-- {
			same++
		}
		if times := same / period; times >= fewest {
			return loop{n - (times+1)*period, period, times}
		}
	}
	return loop{}
}

// sameStep reports whether two steps look the same: the same goroutine, operation, object and
// stack. Values are left out on purpose: a spinning loop may count its rounds.
func (t *translator) sameStep(a, b int) bool {
	x, y := &t.trace.Steps[a], &t.trace.Steps[b]
	return x.G == y.G && x.Kind == y.Kind && t.trace.Places[a].Object == t.trace.Places[b].Object &&
		slices.Equal(t.trace.Places[a].PCs, t.trace.Places[b].PCs)
}

// addSteps adds the steps, with the reasons why the turn changed and with the order between them.
// If the step at a preemption is hidden, the next shown step carries the preemption: a reader must
// see that the turn was taken away. Edges are added last, because they need the indexes of all
// steps.
func (t *translator) addSteps(s *failure.Report) {
	t.shown = map[int]int{}
	preempted := map[int]bool{}
	for _, at := range t.Preempted {
		preempted[at] = true
	}
	lost := false // a goroutine was preempted before a step that is not shown
	for i := t.from; i < t.till; i++ {
		lost = lost || preempted[i]
		if t.isHidden(i) {
			continue
		}
		step := t.step(i)
		if step.Switch = t.switchTo(i, s.Steps); lost {
			step.Switch = failure.Preempted
		}
		lost = false
		t.shown[i] = len(s.Steps)
		s.Steps = append(s.Steps, step)
	}
	for i, before := range t.edges() {
		if at, ok := t.shown[i]; ok {
			for _, b := range before {
				if from, ok := t.shown[b]; ok {
					s.Steps[at].After = append(s.Steps[at].After, from)
				}
			}
		}
	}
}

// isHidden reports whether a step is left out, because it is of package explore and not of the
// program. Of a scenario the calls and the waits stay.
func (t *translator) isHidden(i int) bool {
	if t.trace.Steps[i].Kind == schedrt.OpTestEnd { // a log that comes after it fails
		return false
	}
	if !t.positions[i].hidden {
		return t.positions[i].own
	}
	switch t.trace.Steps[i].Kind {
	case schedrt.OpAdd, schedrt.OpWaitGroup, schedrt.OpIsClosed, schedrt.OpRegister:
		return true
	}
	return false
}

// step returns one step of the report.
//
// Everything that a step shows comes from the trace and from the two snapshots around it. So a
// step can be described without those before it.
func (t *translator) step(i int) failure.Step {
	event, at := &t.trace.Steps[i], &t.positions[i]
	step := failure.Step{
		N: i + 1, G: int(event.G), Kind: event.Kind.String(), At: at.at, Func: at.function,
		Object: int(t.trace.Places[i].Object), Able: t.others(i),
		Races: t.after(i).races > t.before(i).races,
	}
	for g := len(t.before(i).goroutines); g < len(t.after(i).goroutines); g++ {
		step.Starts = append(step.Starts, g)
	}
	step.Text = t.text(event.Kind, int32(step.Object), at)
	switch event.Kind {
	case schedrt.OpTestEnd:
		step.Text, step.At = event.Kind.String(), failure.Step{}.At
	case schedrt.OpCall, schedrt.OpReturn, schedrt.OpOutside:
		step.Text = strings.TrimSpace(t.trace.Places[i].Note)
	}
	step.Result = t.result(i)
	t.changes(i, &step)
	t.goroutineChanges(i, &step)
	return step
}

// others returns the goroutines that could have taken a step instead.
func (t *translator) others(i int) (able []int) {
	for _, g := range t.before(i).able {
		if g != int(t.trace.Steps[i].G) {
			able = append(able, g)
		}
	}
	return able
}

// switchTo returns how the turn came from the step before in the report, unless a goroutine was
// preempted. Free is left when the goroutine before could go on and was not preempted: it yielded.
// It compares with the last shown step, and not with the step before: a hidden step between them
// would make the turn pass without a reason.
func (t *translator) switchTo(i int, told []failure.Step) failure.Switch {
	if len(told) == 0 {
		return failure.Stays
	}
	last := told[len(told)-1].G
	if last == int(t.trace.Steps[i].G) {
		return failure.Stays
	}
	switch t.before(i).goroutines[last].State {
	case schedrt.Blocked, schedrt.Ended:
		return failure.Forced
	}
	return failure.Free
}

// changes adds the states of the objects that a step has changed. The version of an object tells
// whether it changed. For words the value is compared as well, because it may become known only
// now. Only objects that the step accessed can have changed, so the others are not compared.
//
// An object that was made by this step has no state before, and counts as changed.
func (t *translator) changes(i int, step *failure.Step) {
	before, after := t.before(i), t.after(i)
	for _, a := range t.trace.Accesses(&t.trace.Steps[i]) {
		now, known := after.objects[a.Object]
		if !known {
			continue
		}
		if was, ok := before.objects[a.Object]; ok && was.Version == now.Version &&
			t.word(before, a.Object) == t.word(after, a.Object) {
			continue
		}
		step.State = append(step.State, failure.State{Object: int(a.Object), Text: t.state(&now, after)})
	}
}

// goroutineChanges adds the goroutines that a step has blocked, unblocked or brought to their end.
// A goroutine that did not exist before counts as runnable before. The goroutine of the step may
// block again at once, so it is reported though it was blocked before, too. It compares states and
// does not replay semantics, so it holds for each operation that the engine may get.
func (t *translator) goroutineChanges(i int, step *failure.Step) {
	before, after := t.before(i), t.after(i)
	for g := range after.goroutines {
		now, was := &after.goroutines[g], schedrt.GoroutineState{State: schedrt.Runnable}
		if g < len(before.goroutines) {
			was = before.goroutines[g]
		}
		switch {
		case now.State == schedrt.Blocked && (was.State != schedrt.Blocked || g == step.G):
			at := positionOf(now.PCs)
			step.Blocks = append(step.Blocks, failure.Block{
				G: g, Op: t.text(now.Op, now.Object, &at), At: at.at,
			})
		case now.State == schedrt.Ended && was.State != schedrt.Ended && t.ends(g, i):
			step.Ends = append(step.Ends, g)
		case was.State == schedrt.Blocked && now.State != schedrt.Ended:
			step.Frees = append(step.Frees, g)
		}
	}
}

// ends reports whether a goroutine ended by itself after a step, and was not unwound at the end of
// the execution.
func (t *translator) ends(g, i int) bool {
	if i+1 < len(t.trace.Steps) {
		return true
	}
	switch t.outcome.Kind {
	case schedrt.Panicked, schedrt.Failed:
		if t.outcome.Goroutine == g {
			return false
		}
	}
	for _, left := range t.outcome.Waiting {
		if left.G == g {
			return false
		}
	}
	return true
}

// addGoroutines adds the goroutines, each with the function that it runs. The stack of its first
// step in the report has that function at its bottom; without a step, the stack of its wait has
// it.
//
// All goroutines of the execution are listed, also those without a step in the report: a wait or
// a race may name them.
func (t *translator) addGoroutines(s *failure.Report) {
	for _, state := range t.last.goroutines {
		g := failure.Goroutine{ID: state.G, Clock: state.State == schedrt.StandsForClock}
		pcs := state.PCs
		for i := t.from; i < t.till; i++ {
			if int(t.trace.Steps[i].G) == state.G && len(t.trace.Places[i].PCs) > 0 {
				pcs = t.trace.Places[i].PCs
				break
			}
		}
		g.Func, g.At = entryFunction(pcs)
		s.Goroutines = append(s.Goroutines, g)
	}
}

// entryFunction returns the function that a goroutine began with, "" if the recorded stack is too
// short. The outermost frames are the engine's, then comes the function that a go statement
// started.
func entryFunction(pcs []uintptr) (function string, at failure.Place) {
	all := frames(pcs)
	end := slices.IndexFunc(all, func(f runtime.Frame) bool { return f.Function == goroutineMain })
	for end--; end >= 0; end-- {
		f := all[end]
		if f.Function == "" || IsEngine(f.Function) {
			continue
		}
		if entry := runtime.FuncForPC(f.Entry); entry != nil {
			file, line := entry.FileLine(f.Entry)
			at = failure.Place{File: relative(file), Line: line}
		}
		return ShortName(f.Function), at
	}
	return "", at
}

// addObjects adds the objects that a step or a wait of the report is on, each once and in the
// order of their numbers.
func (t *translator) addObjects(s *failure.Report) {
	var used []int32
	for _, step := range s.Steps {
		used = append(used, int32(step.Object))
	}
	for _, left := range t.outcome.Waiting {
		used = append(used, left.Object)
	}
	slices.Sort(used)
	for _, id := range slices.Compact(used) {
		if id > 0 {
			s.Objects = append(s.Objects, failure.Object{ID: int(id), Name: t.called(id), Kind: t.kind(id)})
		}
	}
}

// kind returns the kind of an object for a report.
func (t *translator) kind(object int32) string {
	if w := t.words[object]; w.kind != "" {
		return "atomic"
	}
	return t.kinds[object]
}

// addHolds adds the locks that are held at the end. They are listed at every end, after a panic
// too.
//
// A lock that is held at the end of a passing program is no defect. In a deadlock it is the
// other half of the answer.
func (t *translator) addHolds(s *failure.Report) {
	var ids []int32
	for id := range t.last.objects {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		lock := t.last.objects[id]
		if lock.Locked {
			s.Holds = append(s.Holds, t.hold(lock.Holder, id, "holds"))
		}
		if lock.Model == schedrt.ModelRWMutex && lock.Count > 0 {
			for _, g := range t.readers(id) {
				s.Holds = append(s.Holds, t.hold(g, id, "reads under"))
			}
		}
	}
}

// hold returns a lock that is held at the end, with the step that took it.
func (t *translator) hold(g int, object int32, how string) failure.Hold {
	h := failure.Hold{G: g, Object: t.called(object), How: how}
	if at, ok := t.taken(g, object); ok {
		h.At, h.Step = t.positions[at].at, at+1
	}
	return h
}

// addEnd adds the goroutine that panicked or failed, with its position.
func (t *translator) addEnd(s *failure.Report) {
	switch t.outcome.Kind {
	case schedrt.Panicked:
		s.Stack = framesOf(t.outcome.Stack)
		s.End = &failure.End{G: t.outcome.Goroutine, Text: "panics"}
		if len(s.Stack) > 0 {
			s.End.At = s.Stack[0].At
		}
	case schedrt.Failed:
		s.End = &failure.End{G: t.outcome.Goroutine, Text: "fails", At: t.failedAt()}
	}
}

// positioned matches the position in the message of a testing.T.
var positioned = regexp.MustCompile(`^(?:\S+: )?(\w[^:\s]*\.go):(\d+): `)

// failedAt returns the position in the message of a failure, which may have the name of a subtest
// in front. The message has no folder; if a step of the report is in a file of that name, it has
// the folder. Package testing writes the base name of the file only.
//
// Two files of one name in two folders are told apart only if a step was in one of them; the
// last such step wins.
func (t *translator) failedAt() failure.Place {
	m := positioned.FindStringSubmatch(t.outcome.Message)
	if m == nil {
		return failure.Place{}
	}
	line, _ := strconv.Atoi(m[2]) // the pattern matches digits only
	at := failure.Place{File: m[1], Line: line}
	for i := t.from; i < t.till; i++ {
		if known := &t.positions[i]; path.Base(known.at.File) == m[1] {
			at.File = known.at.File
			t.failed = &position{file: known.file, at: at}
		}
	}
	return at
}
