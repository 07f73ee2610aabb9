package model

import (
	"testing"

	"github.com/semabench/semabench/impls"
)

// Each case is a list of events that happen one after the other. The case says whether the last
// event may happen.
func TestStep(t *testing.T) {
	two := []Request{{N: 2, Phase: 0}, {N: 1, Phase: 1}, {N: 9, Phase: 1}, {N: 0, Phase: 1}}
	join := func(r int) Event { return Event{Kind: Requested, Request: r} }
	grant := func(r int) Event { return Event{Kind: Granted, Request: r} }
	withdraw := func(r int) Event { return Event{Kind: Withdrawn, Request: r} }
	leave := func(r int) Event { return Event{Kind: Left, Request: r} }
	try := func(n int64, ok bool) Event { return Event{Kind: Tried, N: n, OK: ok} }
	release := func(n int64) Event { return Event{Kind: Released, N: n} }
	quiet := Event{Kind: Quiet}

	for _, c := range []struct {
		name   string
		order  impls.Order
		may    bool
		events []Event
	}{
		{"a grant without a request", impls.Barging, false, []Event{grant(0)}},
		{"a grant of what is free", impls.Barging, true, []Event{join(0), grant(0)}},
		{"a grant of what is not free", impls.Barging, false, []Event{try(1, true), join(0), grant(0)}},
		{"a second grant", impls.Barging, false, []Event{join(1), grant(1), grant(1)}},
		{"more than there is", impls.Barging, false, []Event{try(3, true)}},
		{"more back than was taken", impls.Barging, false, []Event{try(1, true), release(2)}},
		{"all back", impls.Barging, true, []Event{try(2, true), release(2), try(2, true)}},

		{"a failing try with permits free", impls.Barging, false, []Event{try(1, true), try(1, false)}},
		{"a try passes a waiter, under barging", impls.Barging, true, []Event{try(1, true), join(0), try(1, true)}},
		{"a try fails with a permit free, under barging", impls.Barging, false, []Event{try(1, true), join(0), try(1, false)}},
		{"a waiter may be a reason to refuse a try", impls.Unspecified, true, []Event{try(1, true), join(0), try(1, false)}},
		{"a try may pass a waiter", impls.Unspecified, true, []Event{try(1, true), join(0), try(1, true)}},
		{"a try passes a line", impls.FIFO, false, []Event{try(1, true), join(0), try(1, true)}},
		{"a try is refused behind a line", impls.FIFO, true, []Event{try(1, true), join(0), try(1, false)}},

		{"the second before the first", impls.FIFO, false, []Event{try(1, true), join(0), join(1), grant(1)}},
		{"the second before the first", impls.Unspecified, true, []Event{try(1, true), join(0), join(1), grant(1)}},
		{"in order", impls.FIFO, true, []Event{try(2, true), join(0), join(1), release(2), grant(0), release(2), grant(1)}},
		{"after the first left", impls.FIFO, true, []Event{try(1, true), join(0), join(1), withdraw(0), leave(0), grant(1)}},

		{"a request above the size is granted", impls.Barging, false, []Event{join(2), grant(2)}},
		{"a request above the size delays no try", impls.FIFO, true, []Event{join(2), try(1, true)}},
		{"a request above the size can only leave", impls.FIFO, true, []Event{join(2), withdraw(2), leave(2)}},

		{"a leaving request may have held permits", impls.FIFO, true, []Event{join(0), withdraw(0), try(1, false)}},
		{"a leaving request took permits that were not free", impls.FIFO, false, []Event{try(1, true), join(0), withdraw(0), try(1, false)}},
		{"a request that has left has put them back", impls.FIFO, true, []Event{join(0), withdraw(0), leave(0), try(2, true)}},
		{"a waiting request leaves without withdrawing", impls.FIFO, false, []Event{join(0), leave(0)}},
		{"a withdrawal without a request", impls.FIFO, false, []Event{withdraw(0)}},

		{"quiet without requests", impls.FIFO, true, []Event{quiet}},
		{"quiet though the head fits", impls.FIFO, false, []Event{join(0), quiet}},
		{"quiet while the head does not fit", impls.FIFO, true, []Event{try(1, true), join(0), join(1), quiet}},
		{"quiet though a request fits that may pass", impls.Barging, false, []Event{try(1, true), join(0), join(1), quiet}},
		{"quiet while a request fits that may have to wait", impls.Unspecified, true, []Event{try(1, true), join(0), join(1), quiet}},
		{"quiet though all fit", impls.Unspecified, false, []Event{join(1), quiet}},
		{"quiet though nothing is before a request for none", impls.Unspecified, false, []Event{try(2, true), join(3), quiet}},
		{"quiet while a request for none is behind another", impls.FIFO, true, []Event{try(1, true), join(0), join(3), quiet}},
		{"quiet after the request before it was served", impls.FIFO, false, []Event{try(2, true), join(0), join(3), release(2), grant(0), quiet}},
		{"quiet after the request before it has left", impls.FIFO, true, []Event{try(2, true), join(0), join(3), withdraw(0), leave(0), quiet}},
		{"quiet after the request before it has left, with a permit free", impls.FIFO, false, []Event{try(1, true), join(0), join(3), withdraw(0), leave(0), quiet}},
		{"quiet after a request has left that was before none", impls.Barging, false, []Event{try(2, true), join(0), join(3), withdraw(0), leave(0), quiet}},
		{"quiet after a Release of none", impls.FIFO, true, []Event{try(2, true), join(0), join(3), withdraw(0), leave(0), release(0), quiet}},
		{"quiet after the next Release", impls.FIFO, false, []Event{try(2, true), join(0), join(3), withdraw(0), leave(0), release(1), quiet}},
		{"quiet before a withdrawn request has left", impls.FIFO, false, []Event{join(0), withdraw(0), quiet}},
	} {
		m := Model{Size: 2, Order: c.order, Requests: two}
		s := m.Init()
		for i, e := range c.events {
			next, may := m.Step(s, e)
			if last := i == len(c.events)-1; last && may != c.may {
				t.Errorf("%v, %s: %v after %v: %v, want %v", c.order, c.name, e, s, may, c.may)
			} else if !last && !may {
				t.Fatalf("%v, %s: event %d may not happen", c.order, c.name, i)
			}
			s = next
		}
	}
}

func TestTryBarges(t *testing.T) {
	m := Model{Size: 2, Order: impls.FIFO, TryBarges: true, Requests: []Request{{N: 2}}}
	waits := State{Free: 1, Waiting: SetOf(0)}
	if _, may := m.Step(waits, Event{Kind: Tried, N: 1, OK: true}); !may {
		t.Error("a try may not pass the line, though TryBarges is set")
	}
	if _, may := m.Step(waits, Event{Kind: Tried, N: 1}); may {
		t.Error("a try may fail behind the line, though TryBarges is set")
	}
}

// Requests of one phase have no known order, so each of them may be the head.
func TestOwedWithinPhase(t *testing.T) {
	m := Model{Size: 3, Order: impls.FIFO, Requests: []Request{{N: 3}, {N: 1}, {N: 1, Phase: 1}}}
	for _, c := range []struct {
		waiting Set
		want    int
	}{
		{SetOf(0, 1), 0}, // 0 may be the head, and does not fit
		{SetOf(1, 2), 1}, // 1 is the head
		{SetOf(2), 1},
		{SetOf(0, 2), 0},
	} {
		if owed := m.Owed(State{Free: 2, Waiting: c.waiting}); len(owed) != c.want {
			t.Errorf("Owed(%v) = %v, want %d", []rune(c.waiting), owed, c.want)
		}
	}
}
