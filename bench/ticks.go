package bench

import (
	"sync/atomic"
	"time"
)

// ticks are moments of a pass, kept by those who look at the clock anyway. Whoever does not look
// sees for the price of two loads which moments passed during a call, and so how long it took at
// least: the longest wait is not missed for not having been timed.
type ticks struct {
	step time.Duration // between two of them at least
	_    [64]byte      // the rest is written while the above is read
	last atomic.Int64  // the newest, which is there
	kept [2048]atomic.Int64
}

// newTicks returns ticks of a thousandth of a window. There is room for a pass that takes twice as
// long; after that there are no more.
func newTicks(window time.Duration) *ticks {
	return &ticks{step: window / 1024}
}

// at keeps a moment, if the last is long enough ago.
func (t *ticks) at(now time.Duration) {
	k := t.last.Load()
	next := int(k) + 1
	if next == len(t.kept) || int64(now)-t.kept[k].Load() < int64(t.step) {
		return
	}
	if t.kept[next].CompareAndSwap(0, int64(now)) {
		t.last.Store(k + 1) // only now: who sees the number finds the moment
	}
}

// since returns how much time has passed at least since somebody saw tick k as the last one.
func (t *ticks) since(k int64) time.Duration {
	return time.Duration(t.kept[t.last.Load()].Load() - t.kept[k+1].Load())
}
