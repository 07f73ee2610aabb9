package model

import (
	"fmt"
	"slices"
	"testing"
)

// text writes a span as its kind and its bounds.
func (s Span) text() string {
	names := [...]string{"requested", "granted", "withdrawn", "left", "tried", "released", "quiet"}
	till := fmt.Sprint(s.Till)
	if s.Till == Never {
		till = "never"
	}
	return fmt.Sprintf("%s %d-%s", names[s.Kind], s.From, till)
}

// Bounds are on a clock of half steps. A quiet instant splits an Acquire: the request lies before
// it, the end after it.
func TestSpans(t *testing.T) {
	acquire := func(result Result, begin, end int64) Call {
		return Call{Method: MethodAcquire, N: 1, Result: result, Begin: begin, End: end}
	}
	for _, c := range []struct {
		name  string
		quiet []int64
		call  Call
		want  []string
	}{
		{"granted", nil, acquire(Succeeded, 1, 2), []string{"requested 2-4", "granted 2-4"}},
		{"refused", nil, acquire(Failed, 1, 2), []string{"requested 2-4", "withdrawn 2-4", "left 2-4"}},
		{"pending", nil, acquire(Pending, 1, Never), []string{"requested 2-never"}},
		{"granted after a quiet instant", []int64{3}, acquire(Succeeded, 1, 5),
			[]string{"requested 2-5", "granted 7-10", "quiet 6-6"}},
		{"granted after two", []int64{3, 4}, acquire(Succeeded, 1, 6),
			[]string{"requested 2-5", "granted 9-12", "quiet 6-6", "quiet 8-8"}},
		{"pending at a quiet instant", []int64{3}, acquire(Pending, 1, Never),
			[]string{"requested 2-5", "quiet 6-6"}},
		{"begun after it", []int64{3}, acquire(Pending, 4, Never),
			[]string{"requested 8-never", "quiet 6-6"}},
		{"tried", nil, Call{Method: MethodTryAcquire, N: 1, Result: Failed, Begin: 1, End: 2}, []string{"tried 2-4"}},
		{"a pending try is left out", nil, Call{Method: MethodTryAcquire, N: 1, Begin: 1, End: Never}, nil},
		{"a pending release is not", nil, Call{Method: MethodRelease, N: 1, Begin: 1, End: Never},
			[]string{"released 2-never"}},
	} {
		h := &History{Size: 1, Calls: []Call{c.call}, Quiet: c.quiet}
		_, spans := h.Spans()
		var got []string
		for _, s := range spans {
			got = append(got, s.text())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// The phase of a request is the number of quiet instants before its call.
func TestPhases(t *testing.T) {
	h := &History{Size: 1, Quiet: []int64{3, 6}, Calls: []Call{
		{N: 1, Begin: 1, End: Never}, {N: 2, Begin: 4, End: Never}, {N: 3, Begin: 5, End: Never}, {N: 4, Begin: 7, End: Never},
	}}
	m, _ := h.Spans()
	want := []Request{{1, 0}, {2, 1}, {3, 1}, {4, 2}}
	if !slices.Equal(m.Requests, want) {
		t.Errorf("requests %v, want %v", m.Requests, want)
	}
}

// Orders of a few spans, found by hand.
func TestLinearizableSpans(t *testing.T) {
	try := func(ok bool, from, till int64) Span { return Span{Event{Kind: Tried, N: 1, OK: ok}, from, till, 0} }
	release := func(from, till int64) Span { return Span{Event{Kind: Released, N: 1}, from, till, 0} }
	m := Model{Size: 1}
	for _, c := range []struct {
		name    string
		spans   []Span
		want    bool
		longest []int
		next    []int
	}{
		{"no spans", nil, true, nil, nil},
		{"two tries for one permit", []Span{try(true, 1, 4), try(true, 2, 3)}, false, []int{0}, []int{1}},
		{"with a release between", []Span{try(true, 1, 2), release(3, 6), try(true, 5, 8)}, true, []int{0, 1, 2}, nil},
		{"with a release too late", []Span{try(true, 1, 2), release(6, 7), try(true, 3, 4)}, false, []int{0}, []int{2}},
		{"a release that need not take effect", []Span{release(1, Never)}, true, nil, []int{0}},
	} {
		if got := m.Linearizable(c.spans); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		longest, next := m.LongestOrder(c.spans)
		if !slices.Equal(longest, c.longest) || !slices.Equal(next, c.next) {
			t.Errorf("%s: longest order %v, then %v; want %v, then %v", c.name, longest, next, c.longest, c.next)
		}
	}
}
