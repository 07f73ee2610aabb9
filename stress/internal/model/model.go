// Package model is the sequential semaphore: what may be observed of one when its calls take effect
// one after the other. Every oracle that judges a history shares its step.
//
// A waiting Acquire is two events, its request and its grant: the dual data structures of
// Scherer and Scott (“Nonblocking concurrent data structures with condition
// synchronization”, DISC 2004). Both take effect between the call and the return, and what other
// calls may observe depends on whether somebody waits in between.
package model

import (
	"slices"
	"strings"
)

// A Model is a semaphore with its policies, and the requests of one history.
type Model struct {
	Size      int64
	Order     Order
	TryBarges bool // a try takes free permits past those who wait; only FIFO asks
	Requests  []Request
}

// Order says who must be served.
type Order int

const (
	Unspecified Order = iota // somebody, if all who wait would fit
	FIFO                     // first who was seen to wait first
	Barging                  // whoever fits
)

// A Request is an Acquire that may have to wait.
type Request struct {
	N int64

	// Phase orders requests as far as it could be observed: one of an earlier phase was seen to
	// be blocked before one of a later phase was called. Within a phase nothing is known.
	Phase int
}

// An Event takes effect at one instant.
type Event struct {
	Kind    Kind
	Request int   // index, of Request, Grant, Withdraw and Leave
	N       int64 // permits, of Try and Release
	OK      bool  // the result, of Try
}

// Kind says what happens in an event.
type Kind int

const (
	// Join: a request begins to wait, be it for an instant.
	Join Kind = iota

	// Grant: it takes its permits.
	Grant

	// Withdraw: a request that will end with an error leaves the line; or, as a cancellation may
	// meet a grant, it is granted after all and holds permits until it leaves.
	Withdraw

	// Leave: the error is about to be returned. What Withdraw took is put back.
	Leave

	// Try is a TryAcquire.
	Try

	// Release gives permits back.
	Release

	// Quiet: it was observed that nothing could move any more, so nobody may be waiting who
	// is owed permits.
	Quiet
)

// A State is a value: comparable, and never changed in place.
type State struct {
	Free    int64
	Waiting Set // who waits
	Leaving Set // who withdrew and holds permits for a moment
}

// Init returns the state of a new semaphore.
func (m Model) Init() State { return State{Free: m.Size} }

// Step returns the state after e, and whether e may happen in s at all. It is pure.
func (m Model) Step(s State, e Event) (State, bool) {
	switch e.Kind {
	case Join:
		if m.possible(e.Request) { // what never can be granted delays nobody
			s.Waiting = s.Waiting.with(e.Request)
		}
		return s, true
	case Grant:
		if !s.Waiting.Has(e.Request) || !m.admissible(s, e.Request) {
			return s, false
		}
		s.Free -= m.Requests[e.Request].N
		s.Waiting = s.Waiting.without(e.Request)
		return s, true
	case Withdraw:
		return m.withdraw(s, e.Request)
	case Leave:
		return m.leave(s, e.Request)
	case Try:
		if !e.OK {
			return s, m.mayFail(s, e.N)
		}
		s.Free -= e.N
		return s, s.Free >= 0 && (s.Waiting == "" || m.mayPass())
	case Release:
		s.Free += e.N
		return s, s.Free <= m.Size
	case Quiet:
		return s, s.Leaving == "" && len(m.Owed(s)) == 0
	}
	panic("model: no such kind of event")
}

func (m Model) possible(request int) bool { return m.Requests[request].N <= m.Size }

func (m Model) withdraw(s State, request int) (State, bool) {
	if !m.possible(request) {
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
	return s, true
}

// leave: a request that is still waiting has to withdraw first.
func (m Model) leave(s State, request int) (State, bool) {
	if s.Leaving.Has(request) {
		s.Free += m.Requests[request].N
		s.Leaving = s.Leaving.without(request)
	}
	return s, !s.Waiting.Has(request)
}

// admissible reports whether a waiting request may be granted.
func (m Model) admissible(s State, request int) bool {
	r := m.Requests[request]
	return r.N <= s.Free && (m.Order != FIFO || r.Phase == m.first(s))
}

// first returns the earliest phase of those who wait.
func (m Model) first(s State) int {
	first := -1
	for request := range s.Waiting.All() {
		if phase := m.Requests[request].Phase; first < 0 || phase < first {
			first = phase
		}
	}
	return first
}

func (m Model) mayPass() bool { return m.Order != FIFO || m.TryBarges }

// mayFail reports whether a try for n permits may be refused. Where everybody may pass, those
// who wait are no reason; where nothing is said about the order, they may be.
func (m Model) mayFail(s State, n int64) bool {
	if n > s.Free {
		return true
	}
	strict := m.Order == Barging || m.Order == FIFO && m.TryBarges
	return !strict && s.Waiting != ""
}

// Owed returns requests of which at least one must be granted before nothing can move any more,
// or nil if all who wait have a reason to.
func (m Model) Owed(s State) (owed []int) {
	all, first := true, m.first(s)
	for request := range s.Waiting.All() {
		r := m.Requests[request]
		switch fits := r.N <= s.Free; {
		case m.Order == FIFO && r.Phase > first:
			// behind others, whatever it asks for
		case fits:
			owed = append(owed, request)
		default:
			all = false
		}
	}
	// One that does not fit holds up those that do, unless they may pass it.
	if !all && m.Order != Barging {
		return nil
	}
	return owed
}

// A Set holds indexes of requests. It is a string so that states can be compared: a rune for
// each, in ascending order.
type Set string

// SetOf returns a set of some requests.
func SetOf(requests ...int) (s Set) {
	for _, r := range requests {
		s = s.with(r)
	}
	return s
}

// Has reports whether the request is in the set.
func (s Set) Has(request int) bool { return strings.ContainsRune(string(s), rune(request)) }

// All goes through the requests in ascending order.
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
