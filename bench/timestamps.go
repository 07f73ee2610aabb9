package bench

import (
	"sync/atomic"
	"time"
)

var epoch = time.Now()

// now returns the time since the process began. It reads the monotonic clock alone, where
// time.Now reads the wall clock too.
func now() time.Duration { return time.Since(epoch) }

// timestamps is a list of clock readings that all recorders of a pass share. A timed call appends
// its reading, which it needed anyway. An untimed call sees for the price of two loads which
// readings were appended while it ran, and so how long it took at least.
//
// Without it the longest wait would be missed seven times in eight: a goroutine that starves makes
// few calls, and one call in eight is timed.
type timestamps struct {
	step time.Duration // least distance between two readings
	_    [64]byte      // the fields below are written while step is read

	// last is the index of the newest reading. It is stored after the reading itself, so a
	// goroutine that loads an index finds the reading at that index.
	last     atomic.Int64
	readings [2048]atomic.Int64 // nanoseconds of now(); 0 if not yet taken
}

// newTimestamps spaces the readings a thousandth of the window apart. There is room for a pass
// that takes twice as long; later readings are dropped, and later untimed calls are not bounded.
func newTimestamps(window time.Duration) *timestamps {
	return &timestamps{step: window / 1024}
}

// add appends a reading, unless the newest one is less than a step ago.
func (t *timestamps) add(now time.Duration) {
	k := t.last.Load()
	next := int(k) + 1
	if next == len(t.readings) || int64(now)-t.readings[k].Load() < int64(t.step) {
		return
	}
	// Several goroutines may get here with the same k: one of them wins the entry. Only the winner
	// advances last, so last never passes an entry without a reading.
	if t.readings[next].CompareAndSwap(0, int64(now)) {
		t.last.Store(k + 1)
	}
}

// since returns a lower bound of the time since a goroutine loaded k from last. Reading k+1 was
// published after that load, so the time from reading k+1 to the newest one has passed since. The
// bound is too long only if the goroutine that took reading k+1 was interrupted between reading
// the clock and publishing.
func (t *timestamps) since(k int64) time.Duration {
	return time.Duration(t.readings[t.last.Load()].Load() - t.readings[k+1].Load())
}
