package semaphore

import (
	"fmt"
	"math"
	"strings"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/internal/model"
)

// history tells the calls of an execution and, if the verdict is about their order, how far one goes
// and why it goes no further.
func (j *judge) tell(st *stage, out *schedrt.Outcome, trace *schedrt.Trace, wrong string) *failure.History {
	h := &failure.History{}
	names := map[*entry]string{}
	for _, w := range append(st.workers[:len(st.workers):len(st.workers)], &st.closing) {
		for i := range w.log {
			e := &w.log[i]
			c := callOf(e, trace)
			names[e] = fmt.Sprintf("%s of goroutine %d", c.Text, c.G)
			if e.kind != 'w' {
				h.Calls = append(h.Calls, c)
			}
		}
	}
	if strings.HasPrefix(wrong, "C34") || strings.HasPrefix(wrong, "C17") {
		linearize(j.impl, st, out).whyNot(h, names)
	}
	return h
}

// callOf takes the words of a call from the steps at which it began and returned.
func callOf(e *entry, trace *schedrt.Trace) failure.Call {
	c := failure.Call{From: e.call, Till: e.returned}
	if e.call > 0 && e.call <= len(trace.Steps) {
		c.G = int(trace.Steps[e.call-1].G)
		c.Text = trace.Places[e.call-1].Note
	}
	if e.returned > 0 {
		c.Result = trace.Places[e.returned-1].Note
	}
	return c
}

// An attempt is an order of some of the events.
type attempt struct {
	*linearization
	path, longest []int
	done          uint64 // of the longest
}

// whyNot finds the longest beginning of an order that the model allows, and says of everything that
// could come next why it cannot.
func (l *linearization) whyNot(h *failure.History, names map[*entry]string) {
	if len(l.events) > 64 {
		return
	}
	l.seen = map[spot]bool{}
	a := &attempt{linearization: l}
	a.extend(spot{0, l.model.Init()})
	state := l.model.Init()
	for _, i := range a.longest {
		e, free := &l.events[i], state.Free
		state, _ = l.model.Step(state, e.Event)
		text := e.text(names)
		if state.Free != free {
			text += fmt.Sprintf("; %d of %d are free", state.Free, l.model.Size)
		}
		h.Order = append(h.Order, text)
	}
	for _, i := range l.next(a.done) {
		e := &l.events[i]
		h.Stuck = append(h.Stuck, e.text(names)+": "+l.refusal(state, e, names))
	}
	h.Reason = fmt.Sprintf("no order of these calls is one of a semaphore of size %d; the longest beginning of one:",
		l.model.Size)
	if len(h.Order) == 0 {
		h.Reason = fmt.Sprintf("no call can be the first one of a semaphore of size %d:", l.model.Size)
	}
}

// next are the events of which none that is left has to be before them.
func (l *linearization) next(done uint64) (all []int) {
	first := math.MaxInt
	for i := range l.events {
		if done>>i&1 == 0 {
			first = min(first, l.events[i].till)
		}
	}
	for i := range l.events {
		if done>>i&1 == 0 && l.events[i].from <= first {
			all = append(all, i)
		}
	}
	return all
}

func (a *attempt) extend(at spot) {
	if a.seen[at] {
		return
	}
	a.seen[at] = true
	if len(a.path) > len(a.longest) {
		a.longest, a.done = append(a.longest[:0], a.path...), at.done
	}
	for _, i := range a.next(at.done) {
		if next, ok := a.model.Step(at.state, a.events[i].Event); ok {
			a.path = append(a.path, i)
			a.extend(spot{at.done | 1<<i, next})
			a.path = a.path[:len(a.path)-1]
		}
	}
}

func (e *span) text(names map[*entry]string) string {
	who := names[e.by]
	switch e.Kind {
	case model.Join:
		return who + " asks"
	case model.Grant:
		return who + " is granted"
	case model.Withdraw:
		return who + " gives up"
	case model.Leave:
		return who + " has given up"
	case model.Try:
		return fmt.Sprintf("%s = %v", who, e.OK)
	case model.Quiet:
		return "nothing can move any more"
	}
	return who
}

// refusal says why an event cannot be next.
func (l *linearization) refusal(s model.State, e *span, names map[*entry]string) string {
	free := fmt.Sprintf("%d are free", s.Free)
	switch e.Kind {
	case model.Grant:
		if n := l.model.Requests[e.Request].N; n > s.Free {
			return free
		}
		if !s.Waiting.Has(e.Request) {
			return "it has not asked"
		}
		return "others were seen to wait before"
	case model.Try:
		switch {
		case !e.OK:
			return free + ", and nobody has a right to them"
		case e.N > s.Free:
			return free
		}
		return "others wait, whom it may not pass"
	case model.Release:
		return "more than were held"
	case model.Quiet:
		for _, owed := range l.model.Owed(s) {
			return fmt.Sprintf("%s, and %s could have them", free, l.requester(owed, names))
		}
		return "somebody is about to give up"
	}
	return "not before it was granted or was withdrawn"
}

func (l *linearization) requester(request int, names map[*entry]string) string {
	for i := range l.events {
		if e := &l.events[i]; e.Kind == model.Join && e.Request == request {
			return names[e.by]
		}
	}
	return "somebody"
}
