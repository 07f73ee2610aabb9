package witness

import (
	"slices"
	"strings"

	"github.com/semabench/semabench/stress/explore/internal/source"
	"github.com/semabench/semabench/stress/explore/internal/story"
	"github.com/semabench/semabench/stress/explore/sched"
)

// A teller makes the story of an execution that was watched.
type teller struct {
	*Witness
	outcome  *sched.Outcome
	trace    *sched.Trace
	files    *source.Files
	last     moment
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
func (t *teller) read(s *story.Story) {
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
func (t *teller) loop() loop {
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

func (t *teller) alike(a, b int) bool {
	x, y := &t.trace.Steps[a], &t.trace.Steps[b]
	return x.G == y.G && x.Kind == y.Kind && t.trace.Places[a].Object == t.trace.Places[b].Object &&
		slices.Equal(t.trace.Places[a].PCs, t.trace.Places[b].PCs)
}

// before is the moment before a step.
func (t *teller) before(step int) *moment { return t.moments[step] }

// after is the moment after a step.
func (t *teller) after(step int) *moment {
	if step+1 < len(t.trace.Steps) {
		return t.before(step + 1)
	}
	return &t.last
}

func (t *teller) tellSteps(s *story.Story) {
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
			step.Switch = story.Preempted
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
func (t *teller) isHidden(i int) bool {
	if !t.sites[i].hidden {
		return t.sites[i].own
	}
	switch t.trace.Steps[i].Kind {
	case sched.OpAdd, sched.OpWaitGroup, sched.OpErr, sched.OpRegister:
		return true
	}
	return false
}

func (t *teller) step(i int) story.Step {
	event, at := &t.trace.Steps[i], &t.sites[i]
	step := story.Step{
		N: i + 1, G: int(event.G), Kind: event.Kind.String(), At: at.at, Func: at.function,
		Object: int(t.trace.Places[i].Object), Able: t.others(i),
		Races: t.after(i).races > t.before(i).races,
	}
	step.Text = t.text(event.Kind, int32(step.Object), at)
	if event.Kind == sched.OpCall || event.Kind == sched.OpReturn {
		step.Text = strings.TrimSpace(t.trace.Places[i].Note)
	}
	step.Result = t.result(i)
	t.changes(i, &step)
	t.seatChanges(i, &step)
	return step
}

// others are the goroutines that could have gone instead.
func (t *teller) others(i int) (able []int) {
	for _, g := range t.before(i).able {
		if g != int(t.trace.Steps[i].G) {
			able = append(able, g)
		}
	}
	return able
}

// passage says how the turn came from the step that is told before, if no turn was lost.
func (t *teller) passage(i int, told []story.Step) story.Switch {
	if len(told) == 0 {
		return story.Stays
	}
	last := told[len(told)-1].G
	if last == int(t.trace.Steps[i].G) {
		return story.Stays
	}
	switch t.before(i).seats[last].State {
	case sched.Stuck, sched.Gone:
		return story.Forced
	}
	return story.Free
}

// changes tells what the objects are like that the step has changed.
func (t *teller) changes(i int, step *story.Step) {
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
		step.State = append(step.State, story.State{Object: int(a.Object), Text: t.state(&now, after)})
	}
}

func (t *teller) word(m *moment, object int32) string {
	bits, ok := m.words[object]
	if !ok {
		return ""
	}
	return t.value(object, bits)
}

// seatChanges tells who cannot go on from here, who can again, and who has ended.
func (t *teller) seatChanges(i int, step *story.Step) {
	before, after := t.before(i), t.after(i)
	for g := range after.seats {
		now, was := &after.seats[g], sched.Seat{State: sched.Ready}
		if g < len(before.seats) {
			was = before.seats[g]
		}
		switch {
		case now.State == sched.Stuck && (was.State != sched.Stuck || g == step.G):
			at := siteOf(now.PCs)
			step.Blocks = append(step.Blocks, story.Block{G: g, Op: t.text(now.Op, now.Object, &at), At: at.at})
		case now.State == sched.Gone && was.State != sched.Gone && t.ends(g, i):
			step.Ends = append(step.Ends, g)
		case was.State == sched.Stuck && now.State != sched.Gone:
			step.Frees = append(step.Frees, g)
		}
	}
}

// ends reports whether a goroutine has come to its end by itself, and was not unwound.
func (t *teller) ends(g, i int) bool {
	if i+1 < len(t.trace.Steps) {
		return true
	}
	if (t.outcome.Kind == sched.Panicked || t.outcome.Kind == sched.Failed) && t.outcome.Goroutine == g {
		return false
	}
	for _, left := range t.outcome.Waiting {
		if left.G == g {
			return false
		}
	}
	return true
}
