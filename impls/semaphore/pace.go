package semaphore

import "time"

// Hand-off leaves a permit idle while its new holder wakes up, and costs a switch of goroutines for
// each operation. Both are some microseconds at most on a machine that is not overloaded. They are a
// small share of a hold of longHold, and of the processor time between two releases that are
// longGap apart. Where permits are held that long, bypass gains nothing, and only costs fairness:
// the goroutine that releases a permit would take it again at once, turn after turn.
const (
	longHold = 200 * time.Microsecond
	longGap  = 12500 * time.Nanosecond
)

// pace is how fast permits have come back while the word was closed. Beside an open word a Release
// does not come to the ledger, so that time does not count. The mutex protects pace.
//
// Only releases are counted, because a Release that finds the word closed has the mutex anyway. The
// fast paths, and the time that a single permit was held, would need a clock in every Acquire.
type pace struct {
	measured time.Duration // time measured before resumed
	resumed  time.Duration // the rest is measured from here; it never goes back, so no time counts twice
	releases float64       // in the measured time
	permits  float64       // that they returned; not an int64, which two large releases overflow
}

// resume continues the measurement: the word has just been closed.
func (p *pace) resume(now time.Duration) { p.resumed = max(p.resumed, now) }

// pause moves the time until now to measured: the word is about to be opened, or measured is needed.
func (p *pace) pause(now time.Duration) { p.measured, p.resumed = p.time(now), max(p.resumed, now) }

// time returns the measured time. Calls read the clock before they lock the mutex, so now may be a
// little older than resumed.
func (p *pace) time(now time.Duration) time.Duration { return p.measured + max(0, now-p.resumed) }

// count adds a Release of n permits. Once every permit has come back twice, all releases so far count
// half: the load of a semaphore changes, and one holder that lost its core is soon forgotten. They do not
// count half earlier, because timers and the network poller wake several holders at once: releases come
// in bursts, and a part of a burst looks like short holds.
func (p *pace) count(n, size int64, now time.Duration) {
	if n == 0 {
		return
	}
	p.releases++
	p.permits += float64(n)
	if p.permits >= 2*float64(size) {
		p.pause(now)
		p.measured /= 2
		p.releases /= 2
		p.permits /= 2
	}
}

// slow reports whether permits are held for so long that hand-off costs little. While calls wait,
// nearly all permits are held, so by Little's law a permit is held for time * size / permits on
// average. Before the first Release nothing is known, and slow returns false.
func (p *pace) slow(size int64, now time.Duration) bool {
	time := float64(p.time(now))
	return p.releases > 0 &&
		time >= float64(longGap)*p.releases && time*float64(size) >= float64(longHold)*p.permits
}
