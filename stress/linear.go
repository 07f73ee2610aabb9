package stress

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"math"

	"github.com/anishathalye/porcupine"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
)

// mostSteps bounds the search for a linearization of one history. It counts steps of the model and
// not time, so that whether a history is decided does not depend on the machine. Most histories
// take some tens, one in thousands ten thousand. Only tests change it.
var mostSteps = 300_000

// A linearization is the question whether a history is linearizable, in the words of porcupine.
type linearization struct {
	model  model.Model
	events []porcupine.Operation
	rows   map[int]int // of the picture: two for each log are reserved, those in use are counted
	steps  int
}

// A happening is an event and whose call it belongs to.
type happening struct {
	model.Event
	who string
}

// linearize splits calls into the events of the model. An Acquire that waits is its request and
// its grant. If it was seen to be blocked, the request happened before that moment and the
// grant after it; this is what makes order observable.
func (h *history) linearize(impl impls.Impl) *linearization {
	var requests []*entry
	l := &linearization{rows: map[int]int{}}
	for i, log := range h.logs {
		for at := range log.published() {
			e := &log.entries[at]
			if e.kind.waits() || e.kind == dead { // which may take for a moment, too, and put back
				l.addRequest(h, i, len(requests), e)
				requests = append(requests, e)
			} else {
				stamp, ok := e.returned()
				kind := model.Release
				if e.kind == try {
					kind = model.Try
				}
				if kind == model.Try && stamp == 0 {
					continue // nobody knows what it will return
				}
				l.add(2*i, happening{model.Event{Kind: kind, N: e.n, OK: ok}, h.who(i)}, 2*e.call, e.last())
			}
		}
	}
	for _, q := range h.quiet {
		l.add(2*len(h.logs), happening{Event: model.Event{Kind: model.Quiet}}, 2*q, 2*q)
	}
	l.model = h.model(impl, requests)
	return l
}

// addRequest takes two rows of the picture, as a request may overlap its grant.
func (l *linearization) addRequest(h *history, log, request int, e *entry) {
	from, till := 2*e.call, e.last()
	joined, after := till, from
	for _, q := range h.quiet {
		if from < 2*q && 2*q < till {
			joined = min(joined, 2*q-1)
			after = 2*q + 1
		}
	}
	happens := func(k model.Kind) happening {
		return happening{model.Event{Kind: k, Request: request, N: e.n}, h.who(log)}
	}
	l.add(2*log+1, happens(model.Join), from, joined)
	switch stamp, ok := e.returned(); {
	case stamp == 0:
	case ok:
		l.add(2*log, happens(model.Grant), after, till)
	default:
		l.add(2*log, happens(model.Withdraw), after, till)
		l.add(2*log+1, happens(model.Leave), after, till)
	}
}

// last returns the last moment at which a call can have taken effect.
func (e *entry) last() int64 {
	if stamp, _ := e.returned(); stamp > 0 {
		return 2 * stamp
	}
	return math.MaxInt64
}

func (l *linearization) add(row int, e happening, from, till int64) {
	if _, ok := l.rows[row]; !ok {
		l.rows[row] = len(l.rows)
	}
	l.events = append(l.events, porcupine.Operation{ClientId: l.rows[row], Input: e, Call: from, Return: till})
}

// check searches for an order in which the calls could have taken effect.
func (l *linearization) check() porcupine.CheckResult {
	l.steps = 0
	linearizable := porcupine.CheckOperations(l.spec(), l.events)
	switch {
	case linearizable:
		return porcupine.Ok
	case l.steps > mostSteps:
		return porcupine.Unknown
	}
	return porcupine.Illegal
}

var hashSeed = maphash.MakeSeed()

func (l *linearization) spec() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return l.model.Init() },
		Step: func(state, input, _ any) (bool, any) {
			if l.steps++; l.steps > mostSteps {
				return false, state // ends the search; check knows
			}
			next, may := l.model.Step(state.(model.State), input.(happening).Event)
			return may, next
		},
		Hash:              func(state any) uint64 { return maphash.Comparable(hashSeed, state.(model.State)) },
		DescribeOperation: func(input, _ any) string { return describe(input.(happening)) },
		DescribeState: func(state any) string {
			s := state.(model.State)
			return fmt.Sprintf("free %d, %d waiting", s.Free, len([]rune(s.Waiting)))
		},
	}
}

func describe(e happening) string {
	what := "nothing can move any more"
	switch e.Kind {
	case model.Join:
		what = fmt.Sprintf("Acquire(%d) begins", e.N)
	case model.Grant:
		what = fmt.Sprintf("Acquire(%d) granted", e.N)
	case model.Withdraw:
		what = fmt.Sprintf("Acquire(%d) gives up", e.N)
	case model.Leave:
		what = fmt.Sprintf("Acquire(%d) = error", e.N)
	case model.Try:
		what = fmt.Sprintf("TryAcquire(%d) = %v", e.N, e.OK)
	case model.Release:
		what = fmt.Sprintf("Release(%d)", e.N)
	default:
		return what
	}
	return e.who + ": " + what
}

// page returns porcupine's interactive picture of the history: what was linearized, and where it
// got stuck.
func (l *linearization) page() ([]byte, error) {
	l.steps = 0
	_, info := porcupine.CheckOperationsVerbose(l.spec(), l.events, 0)
	var page bytes.Buffer
	l.steps = 0
	if err := porcupine.Visualize(l.spec(), info, &page); err != nil {
		return nil, fmt.Errorf("drawing the history: %w", err)
	}
	return page.Bytes(), nil
}
