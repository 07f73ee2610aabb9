package semaphore

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/internal/model"
)

// A linearization is the question whether a history has an order that the model allows. An Acquire
// that may wait is its request and its grant, as in package stress.
type linearization struct {
	model  model.Model
	events []span
	quiets []int // indexes of those events that are a rest
	seen   map[spot]bool
}

// A span is an event that took effect at some moment between two.
type span struct {
	model.Event
	from, till int
	by         *entry // nil for a rest
}

// A spot is a state of the search: which events are done, and the state of the semaphore.
type spot struct {
	done  uint64
	state model.State
}

func linearize(impl impls.Impl, st *stage, out *schedrt.Outcome) *linearization {
	l := &linearization{model: model.Model{
		Size: st.scenario.size, Order: orderOf(impl.Order), TryBarges: impl.TryBarges,
	}}
	var rests []int
	if impl.Waits != impls.Elsewhere {
		for _, r := range st.rests() {
			rests = append(rests, 2*r.call)
		}
		if out.Kind == schedrt.Deadlock || out.Kind == schedrt.Livelock {
			rests = append(rests, math.MaxInt-1)
		}
	}
	slices.Sort(rests)
	if st.corrupted() {
		return l
	}
	for _, w := range append(slices.Clip(st.workers), &st.closing) {
		for i := range w.log {
			l.add(&w.log[i], rests)
		}
	}
	for _, r := range rests {
		l.quiets = append(l.quiets, len(l.events))
		l.events = append(l.events, span{model.Event{Kind: model.Quiet}, r, r, nil})
	}
	return l
}

func (l *linearization) add(e *entry, rests []int) {
	from, till := 2*e.call, math.MaxInt
	if e.returned > 0 {
		till = 2 * e.returned
	}
	switch e.kind {
	case 'a':
		l.request(e, from, till, rests)
	case 't':
		if e.returned > 0 {
			l.events = append(l.events, span{model.Event{Kind: model.Try, N: e.n, OK: e.ok}, from, till, e})
		}
	case 'r':
		l.events = append(l.events, span{model.Event{Kind: model.Release, N: e.n}, from, till, e})
	}
}

// request adds an Acquire. If it was at rest, its request was before that and its grant after.
func (l *linearization) request(e *entry, from, till int, rests []int) {
	phase, joined, after := 0, till, from
	for _, r := range rests {
		switch {
		case r < from:
			phase++
		case r < till:
			joined, after = min(joined, r-1), r+1
		}
	}
	request := len(l.model.Requests)
	l.model.Requests = append(l.model.Requests, model.Request{N: e.n, Phase: phase})
	happens := func(k model.Kind, from, till int) {
		l.events = append(l.events, span{model.Event{Kind: k, Request: request, N: e.n}, from, till, e})
	}
	happens(model.Join, from, joined)
	switch {
	case e.returned == 0:
	case e.ok:
		happens(model.Grant, after, till)
	default:
		happens(model.Withdraw, after, till)
		happens(model.Leave, after, till)
	}
}

// appendKey writes what the verdict depends on: the events, and how their ends are ordered.
func (l *linearization) appendKey(key []byte) []byte {
	var ends []int
	for _, e := range l.events {
		ends = append(ends, e.from, e.till)
	}
	slices.Sort(ends)
	ends = slices.Compact(ends)
	rank := func(end int) byte {
		i, _ := slices.BinarySearch(ends, end)
		return byte(i)
	}
	for _, e := range l.events {
		ok := byte(0)
		if e.OK {
			ok = 1
		}
		key = append(key, byte(e.Kind), byte(e.Request), ok, rank(e.from), rank(e.till))
		key = binary.AppendVarint(key, e.N)
	}
	for _, r := range l.model.Requests {
		key = append(key, byte(r.Phase))
	}
	return key
}

func (l *linearization) withoutQuiet() *linearization {
	return &linearization{
		model:  l.model,
		events: slices.DeleteFunc(slices.Clone(l.events), func(e span) bool { return e.Kind == model.Quiet }),
	}
}

// possible searches for an order.
func (l *linearization) possible() bool {
	if len(l.events) > 64 {
		return true // no scenario is so long
	}
	l.seen = map[spot]bool{}
	return l.search(spot{0, l.model.Init()})
}

func (l *linearization) search(at spot) bool {
	if l.seen[at] {
		return false
	}
	l.seen[at] = true
	first, mustEnd := math.MaxInt, true
	for i, e := range l.events {
		if at.done>>i&1 == 0 {
			first = min(first, e.till)
			mustEnd = mustEnd && e.till == math.MaxInt
		}
	}
	if mustEnd { // what is left need not have taken effect
		return true
	}
	for i, e := range l.events {
		if at.done>>i&1 == 1 || e.from > first {
			continue
		}
		next, ok := l.model.Step(at.state, e.Event)
		if ok && l.search(spot{at.done | 1<<i, next}) {
			return true
		}
	}
	return false
}
