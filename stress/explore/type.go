package explore

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/plural"
	"github.com/semabench/semabench/stress/explore/internal/parent"
	"github.com/semabench/semabench/stress/explore/internal/player"
	"github.com/semabench/semabench/stress/explore/internal/task"
	"github.com/semabench/semabench/stress/explore/internal/typeprog"
	"github.com/semabench/semabench/stress/explore/internal/verdict"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// Type draws small concurrent programs over the exported methods of T, plays them under every
// schedule, and fails t if a history of one has no explanation: if no sequential order of the same
// calls, on a fresh value, gives the same results. The type is its own specification.
//
// NewValue returns a fresh value, in the same state each time. If T is not a pointer, the methods of *T
// are called. Programs have two and three goroutines with one and two calls, and up to two calls
// before. The smallest come first, and all programs of a shape are played before larger ones. The
// result names the shapes of which all programs were played.
//
// Arguments are 1, 2 and 0, "a" and "b", true and false, structs, slices, maps and pointers of these,
// errors, and contexts. Methods with other parameters are left out by name; [Values], [Make] and
// [Arguments] declare what to call them with. A panic and a call that waits for ever are right if a
// sequential order of the calls has them, too. Arguments that Type draws mean nothing to it: a method
// that panics on them is named in the result, and [Without] leaves it out.
//
// Results are compared by content, and errors by type and text, unless [Equal] declares something else.
//
// Use go test -race. A lock that is missing around plain variables is a data race, and only the race detector sees it.
func Type[T any](t *testing.T, newValue func() T, options ...TypeOption) {
	t.Helper()
	report(t, CheckType(t, flagOptions(), newValue, options...))
}

// CheckType is Type with options of its own instead of flags. It returns the result instead of
// failing t. It fails t if there is nothing to explore, for example because no method can be called,
// an option names no method, or a result depends on random numbers.
func CheckType[T any](t *testing.T, o Options, newValue func() T, options ...TypeOption) *Result {
	t.Helper()
	if newValue == nil {
		t.Fatal("explore: Type needs a function that returns a fresh value, and it is nil")
	}
	var declared typeprog.Options
	for _, option := range options {
		option.apply(&declared)
	}
	spec, err := typeprog.New(reflect.TypeFor[T](), func() reflect.Value {
		return reflect.ValueOf(newValue())
	}, declared)
	if err != nil {
		t.Fatalf("explore: %v", err)
	}
	return checkType(t, o, spec)
}

// probeProgram is the scenario that stands for the probe. No call has this text.
const probeProgram = "?"

// checkType plays the probe of a type, and then its programs. All are one call of this package: a
// player finds what to play in its options.
func checkType(t *testing.T, o Options, spec *typeprog.Spec) *Result {
	t.Helper()
	call := callNumber(t)
	programs := func(o Options) ([]player.Program, error) { return typePrograms(spec, o) }
	if o.Steps == 0 {
		o.Steps = stepsOfProgram
	}
	switch {
	case inPlayer():
		return exploreCall(t, call, o, programs, nil)
	case o.Schedule != "" && o.Scenario == "":
		t.Fatal("explore: a schedule of Type fits one program: add -explore.scenario")
	case o.Scenario != "":
		return exploreCall(t, call, o, programs, parent.NewProgress(t.Name(), call))
	}
	if o.Join == "" {
		builtTest(t) // the time of the build does not count; explore returns its error
	}
	began := time.Now()
	asked := o
	asked.Scenario = probeProgram
	r := exploreCall(t, call, asked, programs, nil)
	if r.Verdict != Pass {
		return r
	}
	var probe typeprog.Probe
	if err := json.Unmarshal([]byte(r.Text), &probe); err != nil {
		t.Fatalf("explore: reading the probe of %s: %v", spec.Name(), err)
	}
	if probe.Problem != "" {
		t.Fatalf("explore: %s: %s", spec.Name(), probe.Problem)
	}
	e := &typeEnumeration{spec: spec, probe: &probe}
	e.options = o
	e.deadline = began.Add(o.withDefaults().Time)
	if e.options.Schedules == 0 {
		e.options.Schedules = schedulesOfProgram
	}
	return e.play(t, call, programs)
}

// stepsOfProgram is the default of Options.Steps for Type. Programs are small. A call that waits in a
// loop without an end takes that many steps in every schedule until it is known to wait.
const stepsOfProgram = 3_000

// schedulesOfProgram is the default of Options.Schedules for Type. A program with more schedules is
// not complete, and leaves its time to the other ones: most bugs show in the smallest program that
// has them, in few of its schedules.
const schedulesOfProgram = 5_000

// typePrograms returns the programs that the options name, for the explorer. The parent calls it, too, for
// the names; nothing of the type runs there.
func typePrograms(spec *typeprog.Spec, o Options) (programs []player.Program, err error) {
	spec.Prepare(player.Limits(task.Options(o)))
	if o.Scenario == probeProgram {
		return []player.Program{{Known: func() *verdict.Result { return probed(spec) }}}, nil
	}
	for text := range strings.SplitSeq(o.Scenario, "\n") {
		p, err := spec.Program(text)
		if err != nil {
			return nil, err
		}
		programs = append(programs, player.Program{
			Name:    text,
			Subject: spec.Name(),
			Flag:    fmt.Sprintf("-explore.scenario='%s' ", text),
			Ready:   p.Ready,
			Play:    p.Play,
			Judge:   p.Judge,
			History: p.History,
		})
	}
	return programs, nil
}

// probed returns the probe of a type as the text of a result, which the parent reads.
func probed(spec *typeprog.Spec) *verdict.Result {
	text, err := json.Marshal(spec.Probe())
	if err != nil {
		return verdict.ProcessEnded(err) // cannot happen: a Probe has only strings
	}
	return &verdict.Result{Verdict: Pass, Text: string(text)}
}

// A typeEnumeration plays the programs of a type, level by level.
type typeEnumeration struct {
	enumeration
	spec  *typeprog.Spec
	probe *typeprog.Probe
	all   int      // programs of the complete levels
	whole []string // the complete levels
}

// batchBytes bounds the programs that one player gets. They are in its environment, in which a
// string has 128 KB at most on Linux.
const batchBytes = 60_000

// play plays the levels until a program fails, the time is over, or all are complete. A level with a
// program that came to its bound on schedules is left incomplete, and the next one begins: larger
// programs of other methods may still fail.
func (e *typeEnumeration) play(
	t *testing.T, call int, programs func(Options) ([]player.Program, error),
) *Result {
	t.Helper()
	began := time.Now()
	e.sum.Verdict = Pass
	for _, level := range e.spec.Levels(e.probe, e.options.Calls) {
		texts, total := e.spec.Programs(level)
		played, whole := 0, len(texts) == total
		for _, batch := range batches(texts) {
			r := e.playBatch(t, call, batch, programs)
			e.add(r, len(batch))
			whole = whole && r.Verdict == Pass
			if r.Verdict == Pass {
				played += len(batch)
			}
			if e.over() {
				break
			}
		}
		switch {
		case e.sum.Verdict == Fail || e.sum.Verdict == Refused:
		case whole && total > 0:
			e.all += total
			e.whole = append(e.whole, level.String())
		case total > 0:
			e.sum.Text += fmt.Sprintf("\nnot complete: %s (%d of %s)", level, played,
				plural.Of(total, "program"))
			if e.sum.Bound == "schedules" {
				e.sum.Text += fmt.Sprintf(": -explore.schedules=%d in a program", e.options.Schedules)
			}
			if e.sum.Verdict == Pass {
				e.sum.Verdict, e.sum.Bound = Unknown, "programs"
			}
		}
		if e.over() {
			break
		}
	}
	e.conclude()
	parent.NewProgress(t.Name(), call).Joined((*verdict.Result)(&e.sum), time.Since(began))
	return &e.sum
}

// typeBatch is the number of programs that one player process plays. To start a process takes as long
// as to play a few programs, and programs of a batch that the time cuts off count as not played.
const typeBatch = 250

// batches cuts programs into lists that fit into the environment of a player.
func batches(texts []string) (all [][]string) {
	for len(texts) > 0 {
		n, bytes := 0, 0
		for n < len(texts) && n < typeBatch && bytes+len(texts[n]) < batchBytes {
			bytes += len(texts[n]) + 1
			n++
		}
		all = append(all, texts[:max(n, 1)])
		texts = texts[max(n, 1):]
	}
	return all
}

// conclude completes the text of a sum without a failure.
func (e *typeEnumeration) conclude() {
	e.sum.Complete = e.sum.Verdict == Pass
	if e.sum.Verdict == Fail || e.sum.Verdict == Refused || e.sum.ends() {
		return
	}
	text := "no set of programs is complete"
	if len(e.whole) > 0 {
		text = fmt.Sprintf("all %s of %s", plural.Of(e.all, "program"), strings.Join(e.whole, "; "))
	}
	e.sum.Text = fmt.Sprintf("%s, over the methods %s of %s; %s%s", text,
		strings.Join(e.spec.Methods(), ", "), e.spec.Name(), plural.Of(e.sum.Schedules, "schedule"), e.sum.Text)
	if e.sum.Bound == verdict.BoundTime {
		e.sum.Text += fmt.Sprintf(": -explore.time=%v", e.options.withDefaults().Time)
	}
	for _, line := range e.probe.Text {
		e.sum.Text += "\n" + line
	}
	if !schedrt.RaceEnabled {
		// Goroutines change turns at operations on locks, channels and atomic variables. A method without its lock
		// has none, so no other call comes between its steps, and its results look right.
		e.sum.Text += "\nplayed without the race detector: a lock that is missing around plain variables is not noticed. " +
			"go test -race notices it"
	}
}
