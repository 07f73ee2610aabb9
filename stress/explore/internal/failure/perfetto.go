package failure

import (
	"encoding/json"
	"fmt"
	"io"
)

// A traceEvent is an event in the JSON trace format that ui.perfetto.dev and chrome://tracing open.
// Times are microseconds.
type traceEvent struct {
	Name     string         `json:"name,omitempty"`
	Category string         `json:"cat,omitempty"`
	Phase    string         `json:"ph"`
	At       int            `json:"ts"`
	Duration int            `json:"dur,omitempty"`
	Process  int            `json:"pid"`
	Thread   int            `json:"tid"`
	ID       int            `json:"id,omitempty"`
	Scope    string         `json:"s,omitempty"`
	Binding  string         `json:"bp,omitempty"`
	Args     map[string]any `json:"args,omitempty"`
}

// Schedules have an order and no durations, so each step is a millisecond. A step fills the most of its
// millisecond, and the gap behind it keeps two steps of one goroutine apart.
const (
	stepLength = 1000
	stepFilled = 800
)

// A tracer collects the events of one report.
type tracer struct {
	report *Report
	events []traceEvent
	flows  int
}

// WriteTrace writes the schedule as a trace for ui.perfetto.dev. Each goroutine has a track, and each step and each
// wait is a slice. Arrows lead from a step to the steps of other goroutines that had to come after it, and a mark
// shows where a goroutine was preempted. The names are the names of WriteText.
func (s *Report) WriteTrace(w io.Writer) error {
	t := &tracer{report: s}
	t.tracks()
	for i := range s.Steps {
		t.step(i)
	}
	t.add(traceEvent{Name: s.What, Phase: "i", At: t.end(), Scope: "g"})
	about := map[string]string{"test": s.Test, "what": s.What, "replay": s.Replay, "found": s.Found}
	if s.Decision != nil {
		about["decision"] = s.Decision.String()
	}
	return json.NewEncoder(w).Encode(map[string]any{"traceEvents": t.events, "otherData": about})
}

// add adds an event. All are of one process; its number must not be 0, which viewers take for none.
func (t *tracer) add(e traceEvent) {
	e.Process = 1
	t.events = append(t.events, e)
}

// thread is the number of a goroutine's track. Goroutine 0 would be the idle thread of a viewer.
func thread(g int) int { return g + 1 }

// at is the time at which a step begins. Steps before the first of the report have passed, too.
func (t *tracer) at(i int) int { return t.report.Steps[i].N * stepLength }

// end is the time after the last step.
func (t *tracer) end() int {
	if len(t.report.Steps) == 0 {
		return 0
	}
	return t.at(len(t.report.Steps)-1) + stepLength
}

// tracks names the process after the test, and each track after its goroutine and the function that it
// began with.
func (t *tracer) tracks() {
	t.add(traceEvent{Name: "process_name", Phase: "M", Args: map[string]any{"name": t.report.Test}})
	for _, g := range t.report.Goroutines {
		name := fmt.Sprintf("goroutine %d", g.ID)
		switch {
		case g.Clock:
			name = "the clock"
		case g.Func != "":
			name += ": " + g.Func
		}
		t.add(traceEvent{Name: "thread_name", Phase: "M", Thread: thread(g.ID), Args: map[string]any{"name": name}})
		t.add(traceEvent{Name: "thread_sort_index", Phase: "M", Thread: thread(g.ID), Args: map[string]any{"sort_index": g.ID}})
	}
}

// step adds a step, its arrows and the waits that begin with it.
func (t *tracer) step(i int) {
	step := &t.report.Steps[i]
	args := map[string]any{"step": step.N, "at": step.At.String(), "function": step.Func}
	for _, state := range step.State {
		args[fmt.Sprintf("object %d", state.Object)] = state.Text
	}
	t.add(traceEvent{
		Name: step.Says(), Category: step.Kind, Phase: "X", At: t.at(i), Duration: stepFilled, Thread: thread(step.G), Args: args,
	})
	if step.Switch == Preempted && i > 0 {
		lost := t.report.Steps[i-1].G
		t.add(traceEvent{Name: "preempted", Phase: "i", At: t.at(i), Thread: thread(lost), Scope: "t"})
	}
	for _, from := range step.After {
		t.flows++
		t.add(traceEvent{Name: "before", Category: "order", Phase: "s", At: t.at(from) + stepFilled/2, ID: t.flows,
			Thread: thread(t.report.Steps[from].G)})
		t.add(traceEvent{Name: "before", Category: "order", Phase: "f", At: t.at(i) + stepFilled/2, ID: t.flows, Binding: "e",
			Thread: thread(step.G)})
	}
	for _, b := range step.Blocks {
		t.wait(i, b)
	}
	if i == t.report.decidedAt() {
		t.add(traceEvent{Name: t.report.Decision.here(), Phase: "i", At: t.at(i) + stepFilled, Scope: "g"})
	}
}

// wait adds a wait that begins with step i. It lasts until the goroutine has its next step, or until the
// end of the trace.
func (t *tracer) wait(i int, b Block) {
	till := t.end()
	for j := i + 1; j < len(t.report.Steps); j++ {
		if t.report.Steps[j].G == b.G {
			till = t.at(j)
			break
		}
	}
	from := t.at(i) + stepFilled
	t.add(traceEvent{
		Name: "waits in " + b.Op, Category: "wait", Phase: "X", At: from, Duration: max(1, till-from), Thread: thread(b.G),
		Args: map[string]any{"at": b.At.String()},
	})
}
