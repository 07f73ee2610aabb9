package model

import "slices"

// MaxSearch is the largest number of spans that Linearizable and LongestOrder accept. A set of
// spans is one machine word, so that a search can remember which sets it has visited.
const MaxSearch = 64

// Linearizable reports whether the spans can be ordered so that each takes effect within its bounds
// and the model allows every step. Spans that end Never need not take effect.
//
// The search goes depth first through the orders, and never visits a pair of performed spans and
// state twice (Wing and Gong, “Testing and verifying concurrent objects”, JPDC 1993; Lowe, “Testing
// for linearizability”, 2017). It panics if there are more than MaxSearch spans.
//
// Package stress has longer histories and draws them, so it uses porcupine instead. A test holds
// the two searches to each other.
func (m Model) Linearizable(spans []Span) bool {
	s := newSearch(m, spans)
	return s.complete(visit{state: m.Init()})
}

// LongestOrder returns the longest beginning of an order that the model allows, as indexes of
// spans, and the spans that could come next by their bounds.
func (m Model) LongestOrder(spans []Span) (order, next []int) {
	s := newSearch(m, spans)
	s.extend(visit{state: m.Init()})
	var done uint64
	for _, i := range s.longest {
		done |= 1 << i
	}
	return s.longest, s.ready(done)
}

type search struct {
	model   Model
	spans   []Span
	visited map[visit]bool

	path, longest []int // of LongestOrder
}

// A visit is a node of the search: the spans that took effect, and the state that they led to.
type visit struct {
	done  uint64
	state State
}

func newSearch(m Model, spans []Span) *search {
	if len(spans) > MaxSearch {
		panic("model: too many spans to search")
	}
	return &search{model: m, spans: spans, visited: map[visit]bool{}}
}

// bound returns the first instant at which a remaining span must have taken effect: a span that
// begins after it cannot be next. It is Never if no remaining span must take effect.
func (s *search) bound(done uint64) int64 {
	bound := int64(Never)
	for i := range s.spans {
		if done>>i&1 == 0 {
			bound = min(bound, s.spans[i].Till)
		}
	}
	return bound
}

func (s *search) ready(done uint64) (next []int) {
	bound := s.bound(done)
	for i := range s.spans {
		if done>>i&1 == 0 && s.spans[i].From <= bound {
			next = append(next, i)
		}
	}
	return next
}

func (s *search) complete(at visit) bool {
	if s.visited[at] {
		return false
	}
	s.visited[at] = true
	bound := s.bound(at.done)
	if bound == Never {
		return true
	}
	for i := range s.spans {
		if at.done>>i&1 == 1 || s.spans[i].From > bound {
			continue
		}
		next, ok := s.model.Step(at.state, s.spans[i].Event)
		if ok && s.complete(visit{at.done | 1<<i, next}) {
			return true
		}
	}
	return false
}

func (s *search) extend(at visit) {
	if s.visited[at] {
		return
	}
	s.visited[at] = true
	if len(s.path) > len(s.longest) {
		s.longest = slices.Clone(s.path)
	}
	for _, i := range s.ready(at.done) {
		if next, ok := s.model.Step(at.state, s.spans[i].Event); ok {
			s.path = append(s.path, i)
			s.extend(visit{at.done | 1<<i, next})
			s.path = s.path[:len(s.path)-1]
		}
	}
}
