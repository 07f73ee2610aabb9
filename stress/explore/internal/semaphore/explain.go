package semaphore

import (
	"fmt"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/internal/model"
)

// explain returns the calls of an execution. If the verdict is about their order, it adds the
// longest legal beginning of an order, and why each event that could come next may not. It runs
// once for a failure, after a replay with positions; nothing here has to be fast. Rests are left
// out: they are instants of the harness, and a reader looks for calls of the program.
func (x *execution) explain(
	out *schedrt.Outcome, trace *schedrt.Trace, wrong string,
) *failure.History {
	h := &failure.History{}
	for _, w := range append(x.workers[:len(x.workers):len(x.workers)], &x.final) {
		for i := range w.log {
			if e := &w.log[i]; e.kind != restEntry {
				h.Calls = append(h.Calls, callOf(e, trace))
			}
		}
	}
	if wrong == noOrder || wrong == lostWakeup {
		x.explainOrder(h, out.Kind, trace)
	}
	return h
}

// callOf takes the words of a call from the steps of the schedule at which it began and returned.
// The words were noted by MarkCall and MarkReturn while the schedule ran, so the trace has them. A
// stamp is the number of a step counted from 1, so the step is one before it in the slice.
func callOf(e *entry, trace *schedrt.Trace) failure.Call {
	c := failure.Call{From: int(e.Begin)}
	if e.Begin > 0 && int(e.Begin) <= len(trace.Steps) {
		c.G = int(trace.Steps[e.Begin-1].G)
		c.Text = trace.Places[e.Begin-1].Note
	}
	if e.End != model.Never {
		c.Till = int(e.End)
		c.Result = trace.Places[e.End-1].Note
	}
	return c
}

// An orderText writes the events of one history as sentences. It asks the model again, step by
// step, so the sentences cannot disagree with the verdict.
type orderText struct {
	model model.Model
	spans []model.Span
	calls []string // the words for each call of the history
}

// explainOrder adds the longest order that the model allows, event by event, and then for each
// event that could come next the rule that forbids it. All of these refusals together are the proof
// that the order ends here. The longest order is one of possibly several. Any of them is a proof,
// because none is longer.
func (x *execution) explainOrder(h *failure.History, ending schedrt.Ending, trace *schedrt.Trace) {
	history, entries := x.history(ending)
	m, spans := history.Spans()
	t := &orderText{model: m, spans: spans}
	for _, e := range entries {
		c := callOf(e, trace)
		t.calls = append(t.calls, fmt.Sprintf("%s of goroutine %d", c.Text, c.G))
	}
	order, next := m.LongestOrder(spans)
	state := m.Init()
	for _, i := range order {
		free := state.Free
		state, _ = m.Step(state, spans[i].Event)
		text := t.event(&spans[i])
		if state.Free != free {
			text += fmt.Sprintf("; %d of %d are free", state.Free, m.Size)
		}
		h.Order = append(h.Order, text)
	}
	for _, i := range next {
		h.Stuck = append(h.Stuck, t.event(&spans[i])+": "+t.refusal(state, &spans[i]))
	}
	h.Reason = fmt.Sprintf("no order of these calls is one of a semaphore of size %d; "+
		"the longest beginning of one:", m.Size)
	if len(h.Order) == 0 {
		h.Reason = fmt.Sprintf("no call can be the first one of a semaphore of size %d:", m.Size)
	}
}

func (t *orderText) event(s *model.Span) string {
	if s.Kind == model.Quiet {
		return "nothing can move any more"
	}
	call := t.calls[s.Call]
	switch s.Kind {
	case model.Requested:
		return call + " asks"
	case model.Granted:
		return call + " is granted"
	case model.Withdrawn:
		return call + " gives up"
	case model.Left:
		return call + " has given up"
	case model.Tried:
		return fmt.Sprintf("%s = %v", call, s.OK)
	}
	return call
}

// refusal says why an event cannot come next in a state. It asks the same state as the model did,
// in words. It need not be complete: a rule that it does not know gets the general sentence at its
// end. The rules are asked in the order in which a reader would: whether there are permits, whether
// it asked, whether others come first.
func (t *orderText) refusal(s model.State, span *model.Span) string {
	free := fmt.Sprintf("%d are free", s.Free)
	switch span.Kind {
	case model.Granted:
		switch {
		case span.N > s.Free:
			return free
		case !s.Waiting.Has(span.Request):
			return "it has not asked"
		}
		return "others were seen to wait before"
	case model.Tried:
		switch {
		case !span.OK:
			return free + ", and no waiting request has a right to them"
		case span.N > s.Free:
			return free
		}
		return "requests wait that it may not pass"
	case model.Released:
		return "more than were held"
	case model.Quiet:
		for _, owed := range t.model.Owed(s) {
			return fmt.Sprintf("%s, and %s could have them", free, t.request(owed))
		}
		return "a request is about to give up"
	}
	return "not before it was granted or was withdrawn"
}

// request returns the words for the call that made a request.
func (t *orderText) request(request int) string {
	for i := range t.spans {
		if s := &t.spans[i]; s.Kind == model.Requested && s.Request == request {
			return t.calls[s.Call]
		}
	}
	panic("semaphore: a request of no call")
}
