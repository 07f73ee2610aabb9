package stress

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/race"
)

// Fairness: C26 to C28. Which of several waiting requests must be granted first.

// mostPasses is how many later requests may be granted before a waiting request. The bounds of
// implementations are far lower; the contract promises only that there is one.
const mostPasses = 10_000

// C26: a large request waits for all permits while small requests keep coming. Each small request
// begins before the previous one has released, so all permits are never free at once. The large
// request is granted only if the semaphore makes a small request wait that would fit. The bound is
// on the number of passes and not on time. A large request that only waits long is not starved; a
// request that 10000 later requests pass is.
//
// Only passes by requests that came later count. Requests that were there before have a right to
// be served first.
func noStarvation(t *trial) {
	if t.impl.Order != impls.FIFO && !t.impl.StarvationFree {
		t.unknownf("not promised: Impl.Order is %v and Impl.StarvationFree is not set", t.impl.Order)
	}
	starvedInShapes(t)
	if t.impl.UnitWeights {
		return // there is no large request
	}
	sem := t.make(2)
	t.take(sem, 1)
	large := t.startBlocked(sem, 2)
	for range mostPasses {
		small := t.start(sem, 1)
		t.settle()
		smallWaits := !small.hasReturned()
		if !smallWaits {
			t.mustBeGranted(small)
		}
		sem.Release(1)
		if smallWaits && t.servedFirst(sem, large, small) {
			starvedByLeavers(t)
			return
		}
		t.letTimeGoBy()
	}
	t.failf("Acquire(2) still waits after %d others that came later were granted", mostPasses)
}

// starvedByLeavers is noStarvation with one more request for all permits in each round, which begins
// after the waiting one and is cancelled. It never fits. A guard against starvation must not begin
// to count afresh because a request left.
func starvedByLeavers(t *trial) {
	sem := t.make(2)
	t.take(sem, 1)
	large := t.startBlocked(sem, 2)
	for range mostPasses {
		leaver := t.startBlocked(sem, 2)
		small := t.start(sem, 1)
		t.settle()
		leaver.cancel()
		t.mustBeRefused(leaver, context.Canceled)
		t.settle()
		smallWaits := !small.hasReturned()
		if !smallWaits {
			t.mustBeGranted(small)
		}
		sem.Release(1)
		if smallWaits && t.servedFirst(sem, large, small) {
			starvedByMixed(t)
			return
		}
		t.letTimeGoBy()
	}
	t.failf("Acquire(2) still waits after %d others that came later were granted, "+
		"and as many had left", mostPasses)
}

// starvedByMixed is noStarvation with small requests of several weights, some of which come at the same
// time. A guard may count permits, or the grants of one Release at once. If it compares the count with its
// limit by ==, the count steps over the limit. With requests for one permit, one at a time, no count does.
// The weights and numbers are drawn. A step goes over any given limit in more than every third draw, so
// twelve draws are enough.
func starvedByMixed(t *trial) {
	draws := uint64(12)
	if t.impl.Waits != impls.Parked {
		draws = 2 // a step takes long there
	}
	for seed := range draws {
		m := &mixedStream{line: &line{t: t, sem: t.make(8), size: 8}, draw: rand.New(rand.NewPCG(seed, 2))}
		m.play()
	}
}

// A mixedStream is one draw of starvedByMixed. Its line counts the small requests only.
type mixedStream struct {
	*line
	draw  *rand.Rand
	large *call
}

// play lets small requests pass until the large one is granted. In each round, the permits of earlier
// rounds come back only when a small request of this round holds some, so all permits are never free unless
// the semaphore makes every small request wait.
func (m *mixedStream) play() {
	t := m.t
	t.take(m.sem, 1)
	m.held = 1
	m.large = t.startBlocked(m.sem, m.size)
	for passes := 0; passes < mostPasses; {
		if len(m.waiting) == 0 {
			m.begin()
		}
		before := m.held
		granted := m.collect()
		passes += granted
		if granted == 0 && m.allBack() {
			return
		}
		if granted > 0 && before > 0 {
			m.sem.Release(before)
			m.held -= before
		}
		t.letTimeGoBy()
	}
	t.failf("Acquire(%d) still waits after %d others for 1 to 3 permits that came later were granted",
		m.size, mostPasses)
}

// begin starts one to three small requests that fit beside what is held.
func (m *mixedStream) begin() {
	free := m.size - m.held
	for range 1 + m.draw.IntN(3) {
		if n := 1 + m.draw.Int64N(3); n <= free {
			m.waiting = append(m.waiting, m.t.start(m.sem, n))
			free -= n
		}
	}
	if len(m.waiting) == 0 { // one permit is free: a round takes less than all, because some were held
		m.waiting = append(m.waiting, m.t.start(m.sem, 1))
	}
}

// collect counts the small requests that were granted.
func (m *mixedStream) collect() (granted int) {
	m.t.settle()
	for _, c := range m.waiting {
		if c.hasReturned() {
			m.t.mustBeGranted(c)
			m.waiting = without(m.waiting, c)
			m.held += c.n
			granted++
		}
	}
	return granted
}

// allBack releases everything, because all small requests wait. It reports whether the large request was
// granted then, and gives its permits to the small ones. Otherwise a small one must have been granted.
func (m *mixedStream) allBack() (served bool) {
	t := m.t
	m.sem.Release(m.held)
	m.held = 0
	if !t.settledOn(doneChannels(append(slices.Clone(m.waiting), m.large))...) {
		t.failf("Acquire(%d) and %v still wait with all permits free\n%s", m.size, weights(m.waiting), t.stacks())
	}
	if !m.large.hasReturned() {
		return false
	}
	t.mustBeGranted(m.large)
	m.sem.Release(m.size)
	for _, c := range m.waiting { // together they are for less than the size
		t.mustBeGranted(c)
		m.sem.Release(c.n)
	}
	t.mustHaveFree(m.sem, m.size)
	return true
}

// servedFirst reports whether large is granted rather than small when all permits are free. When
// the small request was made to wait, all permits are free after the Release, so one of the two
// must be granted. If small is, the guard against starvation has not come into force yet, and the
// rounds go on.
func (t *trial) servedFirst(sem impls.Semaphore, large, small *call) bool {
	if !t.settledOn(large.done, small.done) {
		t.failf("Acquire(2) and Acquire(1) still wait with all permits free\n%s", t.stacks())
	}
	if !large.hasReturned() {
		t.mustBeGranted(small)
		return false
	}
	t.mustBeGranted(large)
	sem.Release(2)
	t.mustBeGranted(small)
	sem.Release(1)
	t.mustHaveFree(sem, 2)
	return true
}

// letTimeGoBy turns the clock of a bubble forward, which otherwise stands still. An implementation
// may prefer a waiter after it has waited for some time, as sync.Mutex does.
func (t *trial) letTimeGoBy() {
	if t.impl.Waits == impls.Parked {
		time.Sleep(time.Millisecond)
	}
}

// C27: waiters are granted in the order in which they began to wait. The check ensures that order:
// each waiter is blocked before the next begins. Permits come back one by one, so that the order of
// the grants can be seen too. After each Release the waiters at the head that fit must have been
// granted, and all behind must wait. So a grant out of turn is seen even if it does no harm.
// Weights are mixed so that a smaller request behind the head would often fit first.
//
// Where waiters are not parked the order in which they begin to wait cannot be seen, so the
// clause is unknown there and no guess.
func fifo(t *trial) {
	t.needsFIFO()
	for _, weights := range [][]int64{{1, 1, 1, 1}, {2, 1, 2, 1}, {3, 1, 1, 3}, {1, 3, 2, 1}} {
		if len(t.weights(weights...)) < len(weights) {
			continue
		}
		l := t.fullLine(3, weights...)
		for l.held > 0 {
			l.release(1)
			for len(l.waiting) > 0 && l.waiting[0].n <= l.free {
				l.grant(l.waiting[0])
			}
			for _, c := range l.waiting {
				t.mustWait(c)
			}
		}
		t.mustHaveFree(l.sem, 3)
	}
	fifoAfterLeaving(t)
	orderOfKinds(t)
	leaversInLongLine(t)
}

// fifoAfterLeaving cancels the waiter at each place of a line. The others keep their order.
func fifoAfterLeaving(t *trial) {
	const waiters = 8
	for place := range waiters {
		l := t.fullLine(1, slices.Repeat([]int64{1}, waiters)...)
		l.cancel(l.all[place])
		for len(l.waiting) > 0 {
			l.release(1)
			l.grant(l.waiting[0])
			for _, c := range l.waiting {
				t.mustWait(c)
			}
		}
		l.release(1)
		t.mustHaveFree(l.sem, 1)
	}
	fifoOfMany(t)
}

// fifoOfMany cancels waiters at many places of one line that is longer than a word has bits. The
// others keep their order. The places include the last bits and first bits of words of 64, both
// ends of the line, and neighbours: mistakes of bitmaps and of ring buffers.
func fifoOfMany(t *trial) {
	const waiters = 200
	l := t.fullLine(1, slices.Repeat([]int64{1}, waiters)...)
	for _, place := range []int{100, 63, 64, 65, 1, 130, 198, 199, 0, 127, 128, 129} {
		l.cancel(l.all[place])
	}
	for l.held > 0 {
		l.release(1)
		l.check() // also checks the order
	}
	if len(l.waiting) > 0 {
		t.failf("%d requests still wait though all permits are free", len(l.waiting))
	}
	t.mustHaveFree(l.sem, 1)
	whileMoving(t)
	shapes(t)
}

// whileMoving serves the head of a line while the line grows, and cancels a waiter in the middle now
// and then. A line in an array wraps around its end then, and has to grow at the same time. A line that
// only grows, or only shrinks, never wraps.
func whileMoving(t *trial) {
	l := t.fullLine(1)
	for round := range 100 {
		for range 3 {
			l.join(1)
		}
		if round%5 == 4 {
			l.cancel(l.waiting[len(l.waiting)/2])
		}
		l.release(1)
		l.check() // also checks the order
	}
	l.drain()
}

// shapes are lines at random, with storage that is short and long. With -race, where a step takes ten times
// as long, there is one draw of each.
//
// Without an order, a request for one permit of three may be granted at once, and so is no waiter to count on.
func shapes(t *trial) {
	draws := uint64(4)
	if race.Enabled {
		draws = 1
	}
	for seed := range draws {
		for _, longest := range []int{40, 120} {
			t.atRandom(rand.New(rand.NewPCG(seed, 1)), 1, longest)
			if t.impl.Order == impls.FIFO {
				t.atRandom(rand.New(rand.NewPCG(seed, 3)), 3, longest)
				t.atRandom(rand.New(rand.NewPCG(seed, 4)), 20, longest)
			}
		}
	}
}

// atRandom lets waiters join a line, leave it at any place, and be served from its head, in an order that
// is drawn. It is the same in each run. A line that is kept as a heap, a tree or several lists is in order
// for most sequences of a few steps, even if the removal of an entry repairs it on one side only. Leavers are
// as frequent as grants, so that the line is in every shape that both of them make.
//
// A longer line comes in waves: it grows for some time, and then becomes short again. Storage that grows
// and shrinks with the line does so several times, and with the line at different places. Now and then a run
// of neighbours leaves, and some waiters come and leave at the end one by one: storage in pieces, such as a
// list of small arrays, loses whole pieces then, also at its end, and the next waiter has to find its place.
func (t *trial) atRandom(draw *rand.Rand, size int64, longest int) {
	const steps, wave = 600, 150
	l := t.fullLine(size)
	for step := range steps {
		n := len(l.waiting)
		if n == 0 && l.free > 0 { // take what is free: otherwise a request would not have to wait
			t.take(l.sem, l.free) // never 0 permits: an implementation may declare that it takes no such request
			l.held, l.free = size, 0
		}
		joins := draw.IntN(2) == 0
		if longest > 2*wave/5 { // seven of eight steps of a wave go up, or down
			joins = (step/wave%2 == 0) == (draw.IntN(8) > 0)
		}
		switch {
		case n == 0 || n < longest && joins:
			l.join(t.weight(1 + draw.Int64N(size)))
		case draw.IntN(40) == 0:
			l.runLeaves(draw, longest)
		case l.held == 0 || draw.IntN(2) == 0:
			l.cancel(l.waiting[draw.IntN(n)])
		default:
			l.release(1 + draw.Int64N(l.held))
		}
		l.check()
		l.tryBeside()
	}
	l.drain()
}

// tryBeside tries for a permit beside a line of any shape, and gives it back. Whether the try may succeed
// depends only on whether requests wait and permits are free. An implementation may keep the number of waiters,
// their sum or a mark of the head for tries alone, and a leaver may change it wrongly: no other call would show
// that.
func (l *line) tryBeside() {
	t := l.t
	if t.impl.Order != impls.FIFO || t.impl.Waits != impls.Parked || t.impl.NoTry {
		return
	}
	want := l.free > 0 && (len(l.waiting) == 0 || t.impl.TryBarges)
	if got := l.sem.TryAcquire(1); got != want {
		t.failf("TryAcquire(1) = %v with %d permits free and %v in line, want %v",
			got, l.free, weights(l.waiting), want)
	} else if got {
		l.sem.Release(1)
	}
}

// runLeaves cancels a run of neighbours, from any place and as often as not up to the end. Then waiters come and
// leave at the end, which so moves through its storage.
func (l *line) runLeaves(draw *rand.Rand, longest int) {
	n := len(l.waiting)
	first, most := draw.IntN(n), longest*draw.IntN(2)
	for _, c := range slices.Clone(l.waiting[first:min(n, first+max(most, 1+draw.IntN(n)))]) {
		l.cancel(c) // if it still waits
		l.check()   // the leaver may have been the first, so the next ones may be served
	}
	for range draw.IntN(longest) {
		if len(l.waiting) == 0 {
			return // a request might not have to wait
		}
		l.join(l.t.weight(1 + draw.Int64N(l.size)))
		l.cancel(l.waiting[len(l.waiting)-1])
	}
}

// C28: TryAcquire takes a free permit past a waiting request if, and only if, Impl.TryBarges is
// set. It asks for one permit while the head needs two: the only case in which barging is not
// plainly a grant that the head was owed.
func tryBarges(t *trial) {
	t.needsFIFO()
	sem := t.make(2)
	t.take(sem, 1)
	waiter := t.startBlocked(sem, 2)
	if got := sem.TryAcquire(1); got != t.impl.TryBarges {
		t.failf("TryAcquire(1) = %v with 1 permit free and a waiter in line, want %v",
			got, t.impl.TryBarges)
	} else if got {
		sem.Release(1)
	}
	sem.Release(1)
	t.mustBeGranted(waiter)
	sem.Release(2)
	t.mustHaveFree(sem, 2)
	triesBesideLine(t)
	if !t.impl.UnitWeights {
		triesBesideWide(t)
	}
}

// triesBesideWide is tryBarges beside requests whose weights, or whose sums, are zero in the low bits. An
// implementation that keeps the sum of the waiting weights in a word of fewer bits sees no line.
func triesBesideWide(t *trial) {
	for _, n := range []int64{1 << 7, 1 << 8, 1 << 15, 1 << 16, 1 << 31, 1 << 32, 1 << 33} {
		if t.impl.MaxSize > 0 && n > t.impl.MaxSize {
			return
		}
		l := t.fullLine(n, n)
		l.release(1)
		l.tryBeside()
		l.join(n)
		l.tryBeside()
		for l.held > 0 { // not permit by permit, as drain does
			l.release(l.held)
			l.check()
		}
		t.mustHaveFree(l.sem, n)
	}
}

// triesBesideLine is tryBarges at each length of a line whose head needs two permits, up to more waiters than eight
// bits can count.
func triesBesideLine(t *trial) {
	l := t.fullLine(2, 2)
	l.release(1)
	for range 1<<8 + 4 {
		if got := l.sem.TryAcquire(1); got != t.impl.TryBarges {
			t.failf("TryAcquire(1) = %v with 1 permit free and %d waiters in line, want %v",
				got, len(l.waiting), t.impl.TryBarges)
		} else if got {
			l.sem.Release(1)
		}
		l.join(1)
	}
	l.drain()
}

// needsFIFO ends the clause where no order is promised, or none can be seen.
func (t *trial) needsFIFO() {
	switch {
	case t.impl.Order != impls.FIFO:
		t.unknownf("not promised: Impl.Order is %v", t.impl.Order)
	case t.impl.Waits != impls.Parked:
		t.unknownf("waiters are %v: the order in which they line up cannot be seen", t.impl.Waits)
	}
}
