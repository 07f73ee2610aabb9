package semaphore

import (
	"testing"
	"testing/synctest"
	"time"
)

// Calls read the clock before they lock the mutex, so they may come with readings out of order. No time
// counts twice then.
func TestPaceWithReadingsOutOfOrder(t *testing.T) {
	for name, play := range map[string]func(p *pace){
		"count halves what it has": func(p *pace) {
			p.resume(0)
			p.count(2, 1, 8) // halves 8
			p.count(2, 1, 3) // halves 4
		},
		"the word opens and closes": func(p *pace) {
			p.resume(6)
			p.pause(8) // 2 are measured
			p.resume(3)
		},
	} {
		var p pace
		play(&p)
		if got, want := p.time(10), time.Duration(2+10-8); got != want {
			t.Errorf("%s: %d ns are measured, want %d", name, got, want)
		}
	}
}

// Waiters that come soon after they were called end bypass, and waiters that come late bring it back. A
// waiter that probes may be passed in both cases.
func TestPaceOfPromptWaiters(t *testing.T) {
	const size = 16
	for name, test := range map[string]struct {
		hold  time.Duration
		wakes []time.Duration // from call to mutex
		want  bool            // slow
	}{
		"no waiter was called":  {100 * time.Microsecond, nil, false},
		"one is no evidence":    {100 * time.Microsecond, []time.Duration{1}, false},
		"three are":             {100 * time.Microsecond, []time.Duration{1, 2500, 0}, true},
		"just too late":         {100 * time.Microsecond, []time.Duration{2501, 2501, 2501}, false},
		"a late one among many": {100 * time.Microsecond, []time.Duration{0, 0, 0, 0, 0, 1e6}, true},
		"three late ones after": {100 * time.Microsecond, []time.Duration{0, 0, 0, 0, 0, 1e6, 1e6, 1e6}, false},
		"the shortest hold":     {10 * time.Microsecond, []time.Duration{0, 0, 0}, true},
		"a shorter one":         {10*time.Microsecond - 1, []time.Duration{0, 0, 0}, false},
		"no hold at all":        {0, []time.Duration{0, 0, 0}, false},
	} {
		var p pace
		p.resume(0)
		for range size { // all permits come back together, after one hold
			p.count(1, size, test.hold)
		}
		for _, late := range test.wakes {
			p.answered(late, size, test.hold)
		}
		if got := p.slow(size, test.hold, false); got != test.want {
			t.Errorf("%s: slow is %t, want %t", name, got, test.want)
		}
		if p.slow(size, test.hold, true) {
			t.Errorf("%s: a waiter that probes is not called", name)
		}
	}
}

// A called waiter that has another one behind it tells the pace how late it comes, and the next one is the first in line
// from then on. No time passes in a bubble between the call and the answer, so this test plays both.
func TestAnswerIsTimed(t *testing.T) {
	for name, test := range map[string]struct {
		late   time.Duration
		prompt float64
	}{"at once": {0, 0.25}, "late": {time.Hour, 0}} {
		synctest.Test(t, func(t *testing.T) {
			s := newWeighted(2, bypassTime, bypassCount)
			time.Sleep(time.Minute)
			s.pace.releases, s.pace.permits, s.pace.measured = 1, 1, time.Second
			s.lock(s.now())
			first, next := s.newWaiter(1, s.now()), s.newWaiter(2, s.now())
			s.line.push(first)
			s.line.push(next)
			first.told, first.called = true, s.now()
			s.open(s.now())
			s.mu.Unlock()
			time.Sleep(test.late)
			if !s.answer(first) {
				t.Fatalf("%s: a called waiter did not take a free permit", name)
			}
			if s.pace.prompt != test.prompt {
				t.Errorf("%s: the pace has %v as the share of prompt waiters, want %v", name, s.pace.prompt, test.prompt)
			}
			if now := s.now(); !next.isFirst || next.first != now {
				t.Errorf("%s: the next waiter is first since %v, want %v", name, next.first, now)
			}
		})
	}
}
