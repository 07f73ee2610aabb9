package bench

import (
	"sync/atomic"
	"time"
)

// moments of a pass are kept by those who look at the clock anyway. Whoever does not look
// sees for the price of two loads which moments passed during a call, and so how long it took at
// least: the longest wait is not missed for not having been timed.
type moments struct {
	step time.Duration // between two of them at least
	_    [64]byte      // the rest is written while the above is read
	last atomic.Int64  // the newest, which is there
	kept [2048]atomic.Int64
}

// newMoments keeps them a thousandth of a window apart. There is room for a pass that takes twice as
// long; after that there are no more.
func newMoments(window time.Duration) *moments {
	return &moments{step: window / 1024}
}

// at keeps a moment, if the last is long enough ago.
func (m *moments) at(now time.Duration) {
	k := m.last.Load()
	next := int(k) + 1
	if next == len(m.kept) || int64(now)-m.kept[k].Load() < int64(m.step) {
		return
	}
	if m.kept[next].CompareAndSwap(0, int64(now)) {
		m.last.Store(k + 1) // only now: who sees the number finds the moment
	}
}

// since returns how much time has passed at least since somebody saw moment k as the last one.
func (m *moments) since(k int64) time.Duration {
	return time.Duration(m.kept[m.last.Load()].Load() - m.kept[k+1].Load())
}
