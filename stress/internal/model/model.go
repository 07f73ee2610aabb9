// Package model is the sequential semaphore, and the programs and histories that are compared with
// it.
//
// A semaphore is correct if its calls could have taken effect one after the other, each between its
// begin and its return. [Model.Step] says which events may follow one another. Every oracle of this
// module uses it:
//
//	p, err := model.StressNotation.Parse("2: a1.3 t1 | c2.1 r1") // what the workers do
//	m, spans := history.Spans()                                  // what was observed of one run
//	possible := m.Linearizable(spans)
//
// A waiting Acquire is two events, its request and its grant. This is the dual data structure of
// Scherer and Scott (“Nonblocking concurrent data structures with condition synchronization”,
// DISC 2004). Both events take effect between the call and the return. One event would not do: what
// other calls observe depends on whether a request waits in between.
//
// # What this does not show
//
// The model knows no time: it cannot say that a wait was too long, only that a grant was due when
// nothing could move. It knows nothing of memory: package stress checks that with the race
// detector.
package model

import (
	"slices"
	"strings"

	"github.com/semabench/semabench/impls"
)

// A Model is a semaphore with its policies, and the requests of one history.
type Model struct {
	Size      int64
	Order     impls.Order
	TryBarges bool // TryAcquire may take free permits past waiting requests; read only under FIFO
	Requests  []Request
}

// A Request is an Acquire that may have to wait.
type Request struct {
	N int64

	// Phase orders requests as far as their order was observed. A request of an earlier phase was
	// blocked before a request of a later phase was called. Requests of one phase have no order.
	Phase int
}

// An Event takes effect at one instant.
type Event struct {
	Kind    EventKind
	Request int   // index into Model.Requests; for Requested, Granted, Withdrawn and Left
	N       int64 // permits; for Tried and Released
	OK      bool  // the result; for Tried
}

// EventKind says what happens in an event.
type EventKind int

const (
	// Requested: a request begins to wait, perhaps only for an instant.
	Requested EventKind = iota

	// Granted: a waiting request takes its permits.
	Granted

	// Withdrawn: a request that will end with an error stops waiting. A cancellation may meet a
	// grant. If the request is admissible, it takes its permits and holds them until it has Left.
	Withdrawn

	// Left: Acquire is about to return its error. Permits taken in Withdrawn are put back.
	Left

	// Tried is a TryAcquire.
	Tried

	// Released is a Release.
	Released

	// Quiet is the observation that no goroutine could move. No request that is owed permits may
	// be waiting then.
	Quiet
)

// A State is a value: it is comparable and never changed in place, so a search can remember states.
type State struct {
	Free    int64
	Waiting Set  // requests that wait
	Leaving Set  // requests that were withdrawn and hold permits until they have left
	Left    bool // a request was withdrawn after the last Release of a permit
}

// Init returns the state of a new semaphore.
func (m Model) Init() State { return State{Free: m.Size} }

// Step returns the state after e, and whether e may happen in s at all. It is pure.
func (m Model) Step(s State, e Event) (State, bool) {
	switch e.Kind {
	case Requested:
		if m.grantable(e.Request) { // a request above the size never waits in line: it delays no other
			s.Waiting = s.Waiting.with(e.Request)
		}
		return s, true
	case Granted:
		if !s.Waiting.Has(e.Request) || !m.admissible(s, e.Request) {
			return s, false
		}
		s.Free -= m.Requests[e.Request].N
		s.Waiting = s.Waiting.without(e.Request)
		return s, true
	case Withdrawn:
		return m.withdraw(s, e.Request)
	case Left:
		return m.leave(s, e.Request)
	case Tried:
		if !e.OK {
			return s, m.mayRefuse(s, e.N)
		}
		s.Free -= e.N
		return s, s.Free >= 0 && (s.Waiting == "" || m.mayPass())
	case Released:
		s.Free += e.N
		s.Left = s.Left && e.N == 0
		return s, s.Free <= m.Size
	case Quiet:
		return s, s.Leaving == "" && len(m.Owed(s)) == 0
	}
	panic("model: no such kind of event")
}

// grantable reports whether a request can ever be granted.
func (m Model) grantable(request int) bool { return m.Requests[request].N <= m.Size }

// Grantable returns all requests that can ever be granted.
func (m Model) Grantable() (s Set) {
	for i := range m.Requests {
		if m.grantable(i) {
			s = s.with(i)
		}
	}
	return s
}

func (m Model) withdraw(s State, request int) (State, bool) {
	if !m.grantable(request) {
		return s, true
	}
	if !s.Waiting.Has(request) {
		return s, false
	}
	if m.admissible(s, request) {
		s.Free -= m.Requests[request].N
		s.Leaving = s.Leaving.with(request)
	}
	s.Waiting = s.Waiting.without(request)
	s.Left = true
	return s, true
}

// leave refuses a request that still waits: it has to withdraw first.
func (m Model) leave(s State, request int) (State, bool) {
	if s.Leaving.Has(request) {
		s.Free += m.Requests[request].N
		s.Leaving = s.Leaving.without(request)
	}
	return s, !s.Waiting.Has(request)
}

// admissible reports whether a waiting request may be granted. Under FIFO its phase must be the
// earliest: within one phase the observer cannot know which request came first.
func (m Model) admissible(s State, request int) bool {
	r := m.Requests[request]
	return r.N <= s.Free && (m.Order != impls.FIFO || r.Phase == m.first(s))
}

// first returns the earliest phase among the waiting requests, or -1.
func (m Model) first(s State) int {
	first := -1
	for request := range s.Waiting.All() {
		if phase := m.Requests[request].Phase; first < 0 || phase < first {
			first = phase
		}
	}
	return first
}

// mayPass reports whether TryAcquire may take permits while requests wait.
func (m Model) mayPass() bool { return m.Order != impls.FIFO || m.TryBarges }

// mayRefuse reports whether TryAcquire(n) may return false. If tries are declared to pass waiting
// requests, those are no reason to refuse. If the order is unspecified, they may be a reason.
func (m Model) mayRefuse(s State, n int64) bool {
	if n > s.Free {
		return true
	}
	passes := m.Order == impls.Barging || m.Order == impls.FIFO && m.TryBarges
	return !passes && s.Waiting != ""
}

// Owed returns requests of which at least one must be granted before nothing can move. It returns
// nil if every waiting request has a reason to wait.
func (m Model) Owed(s State) (owed []int) {
	allFit, first := true, m.first(s)
	for request := range s.Waiting.All() {
		r := m.Requests[request]
		switch fits := r.N <= s.Free; {
		case m.Order == impls.FIFO && r.Phase > first:
			// The request is behind others, whatever their weights.
		case fits && r.N == 0 && m.excusesNothing(s):
		case fits:
			owed = append(owed, request)
		default:
			allFit = false
		}
	}
	// A request that does not fit may hold up the requests that fit, unless they may pass it.
	if !allFit && m.Order != impls.Barging {
		return nil
	}
	return owed
}

// excusesNothing reports whether the next Release may be the first to grant a request for no permit that
// waits: see impls.ZeroGranted. Without a withdrawal the calls before it were served, and so it was to be
// served with them. With a permit free, the request that left had to let the requests behind it through,
// whatever their weights; since the last Release nothing else makes a permit free. Under Barging nothing
// is behind another request.
func (m Model) excusesNothing(s State) bool {
	return s.Left && s.Free == 0 && m.Order != impls.Barging
}

// A Set holds indexes of requests. It is a string, so that states can be compared and used as map
// keys: one rune per index, in ascending order.
type Set string

// SetOf returns the set of the given requests.
func SetOf(requests ...int) (s Set) {
	for _, r := range requests {
		s = s.with(r)
	}
	return s
}

// Has reports whether the request is in the set.
func (s Set) Has(request int) bool { return strings.ContainsRune(string(s), rune(request)) }

// Len returns the number of requests in the set.
func (s Set) Len() int { return len([]rune(s)) }

// All yields the requests in ascending order.
func (s Set) All() func(yield func(request int) bool) {
	return func(yield func(int) bool) {
		for _, r := range s {
			if !yield(int(r)) {
				return
			}
		}
	}
}

func (s Set) with(request int) Set {
	runes := []rune(s)
	at, there := slices.BinarySearch(runes, rune(request))
	if there {
		return s
	}
	return Set(slices.Insert(runes, at, rune(request)))
}

func (s Set) without(request int) Set {
	return Set(strings.Replace(string(s), string(rune(request)), "", 1))
}
