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
