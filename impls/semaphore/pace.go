package semaphore

import "time"

// Hand-off leaves a permit idle while its new holder wakes up, and costs a switch of goroutines for
// each operation. Both are some microseconds at most on a machine that is not overloaded. They are a
// small share of a hold of longHold, and of the processor time between two releases that are
// longGap apart. Where permits are held that long, bypass gains nothing, and only costs fairness:
// the goroutine that releases a permit would take it again at once, turn after turn.
//
// Shorter holds need evidence. A waiter that is called has the mutex soon if its core was idle or its caller
// went to sleep, as holders do that wait for a disk or a network. It comes late if goroutines that compute
// have all cores. In the first case the permit is hardly idle during hand-off, and holds of shortHold are
// long enough: a switch of goroutines takes about 250 ns of processor time. Soon is the same share of a hold
// as above, where longHold stands beside 5 µs for a wake-up.
const (
	longHold  = 200 * time.Microsecond
	longGap   = 12500 * time.Nanosecond
	shortHold = 10 * time.Microsecond

	wakesInHold = 40 // a waiter is prompt if a hold takes at least as long as so many of its wake-ups

	// One waiter in so many is called although waiters are prompt: only a call shows whether they still are.
	// The number is prime, because users often come in turns, and their number is often a power of two. The
	// same goroutine would be called each time otherwise.
	probeEvery = 17
)

// pace is how fast permits have come back while the word was closed. Beside an open word a Release
// does not come to the ledger, so that time does not count. The mutex protects pace.
//
// Only releases are counted, because a Release that finds the word closed has the mutex anyway. The
// fast paths, and the time that a single permit was held, would need a clock in every Acquire.
type pace struct {
	measured time.Duration // time measured before resumed
	resumed  time.Duration // the rest is measured from here; it never goes back, so no time counts twice
	prompt   float64       // share of prompt waiters among the latest that were called
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

// answered adds a waiter that had the mutex late after it was called. Three prompt waiters are evidence, and
// three late ones are evidence to the contrary: the load of a machine changes.
func (p *pace) answered(late time.Duration, size int64, now time.Duration) {
	prompt := 0.0
	if p.holds(wakesInHold*late, size, now) {
		prompt = 1
	}
	p.prompt += (prompt - p.prompt) / 4
}

// slow reports whether permits are held for so long that hand-off costs little. probe says that the waiter
// is to be called even if waiters are prompt.
func (p *pace) slow(size int64, now time.Duration, probe bool) bool {
	if p.holds(longHold, size, now) && float64(p.time(now)) >= float64(longGap)*p.releases {
		return true
	}
	return !probe && p.prompt >= 0.5 && p.holds(shortHold, size, now)
}

// holds reports whether a permit is held for d or longer on average. While calls wait, nearly all permits are
// held, so by Little's law that average is time * size / permits. Before the first Release nothing is known,
// and holds returns false.
func (p *pace) holds(d time.Duration, size int64, now time.Duration) bool {
	return p.releases > 0 && float64(p.time(now))*float64(size) >= float64(d)*p.permits
}
