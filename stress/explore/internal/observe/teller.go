package observe

import (
	"slices"
	"strings"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/internal/source"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// A builder makes the story of an execution that was watched.
type builder struct {
	*Observer
	outcome  *schedrt.Outcome
	trace    *schedrt.Trace
	files    *source.Files
	last     snapshot
	from     int    // the first step that is told
	till     int    // the first one that is not told any more
	sites    []site // of each step
	names    map[int32]string
	kinds    map[int32]string
	failed   *site       // where a T was told to fail, if that is known
	shown    map[int]int // from a step to its index in the story
	pointers map[uint64]int
}

// read finds out what is told, and where each step is in the source.
func (t *builder) read(s *failure.Report) {
	t.till = len(t.trace.Steps)
	t.from = max(0, t.till-most)
	if loop := t.loop(); loop.times > 0 && loop.from+loop.period < most {
		t.from, t.till = 0, loop.from+loop.period
		s.Period, s.Rounds = loop.period, loop.times
	}
	s.Skipped = t.from
	t.sites = make([]site, len(t.trace.Steps))
	for i := t.from; i < t.till; i++ {
		t.sites[i] = siteOf(t.trace.Places[i].PCs)
	}
}

// A loop is the same steps again and again until the end.
type loop struct{ from, period, times int }

// loop finds the shortest one.
func (t *builder) loop() loop {
	const longest, fewest = 60, 4
	n := len(t.trace.Steps)
	for period := 1; period <= longest; period++ {
		same := 0
		for i := n - 1; i >= period && t.alike(i, i-period); i-- {
			same++
		}
		if times := same / period; times >= fewest {
			return loop{n - (times+1)*period, period, times}
		}
	}
	return loop{}
}

func (t *builder) alike(a, b int) bool {
	x, y := &t.trace.Steps[a], &t.trace.Steps[b]
	return x.G == y.G && x.Kind == y.Kind && t.trace.Places[a].Object == t.trace.Places[b].Object &&
		slices.Equal(t.trace.Places[a].PCs, t.trace.Places[b].PCs)
}

// before is the snapshot before a step.
func (t *builder) before(step int) *snapshot { return t.snapshots[step] }

// after is the snapshot after a step.
func (t *builder) after(step int) *snapshot {
	if step+1 < len(t.trace.Steps) {
		return t.before(step + 1)
	}
	return &t.last
}

func (t *builder) tellSteps(s *failure.Report) {
	t.shown = map[int]int{}
	preempted := map[int]bool{}
	for _, at := range t.Preempted {
		preempted[at] = true
	}
	lost := false // a turn was, before a step that is not shown
	for i := t.from; i < t.till; i++ {
		lost = lost || preempted[i]
		if t.isHidden(i) {
			continue
		}
		step := t.step(i)
		if step.Switch = t.passage(i, s.Steps); lost {
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

// isHidden reports whether a step is of package explore and says nothing.
func (t *builder) isHidden(i int) bool {
	if !t.sites[i].hidden {
		return t.sites[i].own
	}
	switch t.trace.Steps[i].Kind {
	case schedrt.OpAdd, schedrt.OpWaitGroup, schedrt.OpIsClosed, schedrt.OpRegister:
		return true
	}
	return false
}

func (t *builder) step(i int) failure.Step {
	event, at := &t.trace.Steps[i], &t.sites[i]
	step := failure.Step{
		N: i + 1, G: int(event.G), Kind: event.Kind.String(), At: at.at, Func: at.function,
		Object: int(t.trace.Places[i].Object), Able: t.others(i),
		Races: t.after(i).races > t.before(i).races,
	}
	step.Text = t.text(event.Kind, int32(step.Object), at)
	if event.Kind == schedrt.OpCall || event.Kind == schedrt.OpReturn {
		step.Text = strings.TrimSpace(t.trace.Places[i].Note)
	}
	step.Result = t.result(i)
	t.changes(i, &step)
	t.seatChanges(i, &step)
	return step
}

// others are the goroutines that could have gone instead.
func (t *builder) others(i int) (able []int) {
	for _, g := range t.before(i).able {
		if g != int(t.trace.Steps[i].G) {
			able = append(able, g)
		}
	}
	return able
}

// passage says how the turn came from the step that is told before, if no turn was lost.
func (t *builder) passage(i int, told []failure.Step) failure.Switch {
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

// changes tells what the objects are like that the step has changed.
func (t *builder) changes(i int, step *failure.Step) {
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

func (t *builder) word(m *snapshot, object int32) string {
	bits, ok := m.words[object]
	if !ok {
		return ""
	}
	return t.value(object, bits)
}

// seatChanges tells who cannot go on from here, who can again, and who has ended.
func (t *builder) seatChanges(i int, step *failure.Step) {
	before, after := t.before(i), t.after(i)
	for g := range after.goroutines {
		now, was := &after.goroutines[g], schedrt.GoroutineState{State: schedrt.Runnable}
		if g < len(before.goroutines) {
			was = before.goroutines[g]
		}
		switch {
		case now.State == schedrt.Blocked && (was.State != schedrt.Blocked || g == step.G):
			at := siteOf(now.PCs)
			step.Blocks = append(step.Blocks, failure.Block{G: g, Op: t.text(now.Op, now.Object, &at), At: at.at})
		case now.State == schedrt.Ended && was.State != schedrt.Ended && t.ends(g, i):
			step.Ends = append(step.Ends, g)
		case was.State == schedrt.Blocked && now.State != schedrt.Ended:
			step.Frees = append(step.Frees, g)
		}
	}
}

// ends reports whether a goroutine has come to its end by itself, and was not unwound.
func (t *builder) ends(g, i int) bool {
	if i+1 < len(t.trace.Steps) {
		return true
	}
	if (t.outcome.Kind == schedrt.Panicked || t.outcome.Kind == schedrt.Failed) && t.outcome.Goroutine == g {
		return false
	}
	for _, left := range t.outcome.Waiting {
		if left.G == g {
			return false
		}
	}
	return true
}
