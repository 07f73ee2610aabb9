package model

import (
	"math"

	"github.com/semabench/semabench/impls"
)

// A History records one run as seen from outside: when each call began, when it returned and
// with what. Stamps are integers that grow with real time. Stamps of different observations differ,
// unless the clock of the observer could not tell them apart.
type History struct {
	Size      int64
	Order     impls.Order
	TryBarges bool
	Calls     []Call  // the calls of one goroutine stand together, in their order
	Quiet     []int64 // stamps at which no goroutine could move, ascending
}

// A Call is one call of a method.
type Call struct {
	Method     Method
	N          int64
	Result     Result
	Begin, End int64 // End is Never if no return was observed
}

// Never is the End of a call whose return was not observed. Such a call may take effect at any time
// after its Begin.
const Never = math.MaxInt64

// A Method is a method of a semaphore.
type Method int

const (
	MethodAcquire Method = iota
	MethodTryAcquire
	MethodRelease
)

// A Result is the outcome of a call.
type Result int

const (
	Pending   Result = iota // the call has not returned
	Succeeded               // nil, true, or the return of Release
	Failed                  // an error, or false
)

// ResultOf returns the result of a call that has returned.
func ResultOf(ok bool) Result {
	if ok {
		return Succeeded
	}
	return Failed
}

// A Span is an event that took effect at some instant between two stamps, both included.
type Span struct {
	Event
	From, Till int64 // on a clock of half steps: twice the stamps of the history
	Call       int   // index into History.Calls, or NoCall for Quiet
}

// NoCall is the Call of a span that belongs to no call.
const NoCall = -1

// Spans splits calls into the events of the model.
//
// An Acquire is split into its request and its end: a grant, or a withdrawal and a departure. If
// the call was pending at a quiet instant, its request lies before the first such instant, and its
// end after the last one. This is the only way in which order among requests can be observed.
//
// A pending TryAcquire is left out, since its result is unknown. A pending Release may have taken
// effect, so it stays.
func (h *History) Spans() (Model, []Span) {
	m := Model{Size: h.Size, Order: h.Order, TryBarges: h.TryBarges}
	var spans []Span
	for i := range h.Calls {
		c := &h.Calls[i]
		from, till := halfSteps(c.Begin), halfSteps(c.End)
		switch {
		case c.Method == MethodAcquire:
			spans = h.appendAcquire(spans, i, len(m.Requests))
			m.Requests = append(m.Requests, Request{N: c.N, Phase: h.phase(c)})
		case c.Method == MethodRelease:
			spans = append(spans, Span{Event{Kind: Released, N: c.N}, from, till, i})
		case c.Result != Pending:
			spans = append(spans, Span{Event{Kind: Tried, N: c.N, OK: c.Result == Succeeded}, from, till, i})
		}
	}
	for _, q := range h.Quiet {
		spans = append(spans, Span{Event{Kind: Quiet}, halfSteps(q), halfSteps(q), NoCall})
	}
	return m, spans
}

func (h *History) appendAcquire(spans []Span, call, request int) []Span {
	c := &h.Calls[call]
	from, till := halfSteps(c.Begin), halfSteps(c.End)
	requested, ended := till, from // the last instant of the request, the first of the end
	for _, q := range h.Quiet {
		if q := halfSteps(q); from < q && q < till {
			requested = min(requested, q-1)
			ended = q + 1
		}
	}
	event := func(k EventKind, from, till int64) Span {
		return Span{Event{Kind: k, Request: request, N: c.N}, from, till, call}
	}
	spans = append(spans, event(Requested, from, requested))
	switch c.Result {
	case Succeeded:
		spans = append(spans, event(Granted, ended, till))
	case Failed:
		spans = append(spans, event(Withdrawn, ended, till), event(Left, ended, till))
	}
	return spans
}

// phase counts the quiet instants before the call. A call of an earlier phase that has not returned
// was observed to be blocked before this one began.
func (h *History) phase(c *Call) (n int) {
	for _, q := range h.Quiet {
		if q < c.Begin {
			n++
		}
	}
	return n
}

// halfSteps makes room for an instant between two consecutive stamps.
func halfSteps(stamp int64) int64 {
	if stamp == Never {
		return Never
	}
	return 2 * stamp
}
