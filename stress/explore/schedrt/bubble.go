package schedrt

import (
	"time"
	"unsafe"
)

// A Bubble is a bubble of package testing/synctest: a goroutine and all that it starts, with a
// clock of their own. It begins at a fixed moment and moves only when every goroutine of the bubble
// waits for another one of the bubble, or for time.
//
// There is one clock. While there is a bubble, time passes for all goroutines as it does in the
// bubble, and bubbles that exist at once wait for each other. A timer that is due at the same moment
// as the last one may fire at any time: goroutines that sleep equally long wake in any order, and
// one need not come to rest before the next wakes.
//
// # What this does not model
//
// A channel from outside of the bubble counts as one of the bubble.
type Bubble struct {
	exec  *Exec
	began time.Duration // on the clock
	live  int           // goroutines that have not ended
	done  bool          // its first goroutine has ended, and time has stopped
	_     byte          // its address orders the goroutines before Wait and the end
}

// joined returns b, which has another goroutine now. The methods of a nil Bubble are for goroutines
// and timers in none.
func (b *Bubble) joined() *Bubble {
	if b != nil {
		b.live++
	}
	return b
}

// left says that the running goroutine of b has ended.
func (b *Bubble) left() {
	if b != nil {
		b.release()
		b.live--
	}
}

// release orders what the running goroutine of b did before the next return of AwaitBubble, and
// before the end of the bubble. The standard package does the same when a goroutine waits.
func (b *Bubble) release() {
	if b != nil {
		raceReleaseMerge(unsafe.Pointer(b))
	}
}

// stopped reports whether time has stopped in b.
func (b *Bubble) stopped() bool { return b != nil && b.done }

// time returns the time in b, when the clock is at now.
func (b *Bubble) time(now time.Duration) time.Time {
	if b == nil {
		return startTime.Add(now)
	}
	return bubbleStart.Add(now - b.began)
}

// bubbleStart is the time at which a bubble begins.
var bubbleStart = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
