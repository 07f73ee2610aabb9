package semaphore

import (
	"testing"
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
		"the shortest hold":     {shortHold, []time.Duration{0, 0, 0}, true},
		"a shorter one":         {shortHold - 1, []time.Duration{0, 0, 0}, false},
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
