package bench

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/semabench/semabench/impls"
)

// A clock reading costs as much as a whole operation on a free semaphore, so not every Acquire is
// timed. Each goroutine times its first call, so that a starving goroutine is timed at all.
// After that it times one call in an interval on average, at random. A fixed rhythm could meet the
// rhythm of a workload, such as one writer in 16 operations, and time the writers only or never.
const (
	minInterval = 8  // one call in 8 is timed: two clock readings take 60 to 90 ns
	maxInterval = 64 // for machines on which reading the clock is a system call
	maxCost     = 25 // ns that a recorder may add to an Acquire before the interval is doubled
)

// longestTracked bounds the histogram. A longer wait still shows in full as the longest one.
const longestTracked = 10 * time.Minute

// A recorder holds the observations of one goroutine. No other goroutine touches it before the
// pass has ended, so it needs no lock.
type recorder struct {
	pending   []time.Duration         // latencies that are not yet in the histogram
	latencies *hdrhistogram.Histogram // latencies of Acquire in ns, granted or not; made by flush
	timed     int64                   // number of timed calls in latencies
	longest   time.Duration           // longest of all calls, timed or not
	tries     int64                   // calls of Acquire and TryAcquire
	grants    int64                   // calls that got their permits
	permits   int64                   // permits that they got

	timestamps  *timestamps   // of all recorders together; bounds untimed calls from below
	interval    uint64        // one call of Acquire in interval is timed
	untimedLeft uint64        // calls until the next timed one
	random      uint64        // state of the generator, never 0
	due         time.Duration // when the next Acquire was due; 0: when it is called
	began       *atomic.Int64 // when the operations began, which may be after the first Acquire was called
}

// newRecorders returns n recorders that time one Acquire in interval. The window is the expected
// length of the pass.
func newRecorders(n int, interval uint64, window time.Duration) []*recorder {
	// A recorder collects latencies in 1 KB, and gets a histogram of 34 KB only when that is full.
	// A thousand histograms would not fit into the caches that the workload uses.
	const capacity = 128
	pending := make([]time.Duration, n*capacity)
	t, began := newTimestamps(window), new(atomic.Int64)
	all := make([]*recorder, n)
	for i := range all {
		own := pending[i*capacity : i*capacity : (i+1)*capacity]
		all[i] = &recorder{pending: own, timestamps: t, interval: interval, random: uint64(i) + 1, began: began}
	}
	return all
}

func newLatencies() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, longestTracked.Nanoseconds(), 2)
}

// flush moves the pending latencies into the histogram. A timed call stands for interval calls.
// The first call of a goroutine stands for itself alone, because it was timed with certainty: a
// pass with few operations would show mostly how it began.
func (r *recorder) flush() {
	if r.latencies == nil {
		r.latencies = newLatencies()
	}
	for _, d := range r.pending {
		calls := int64(r.interval)
		if r.timed == 0 {
			calls = 1
		}
		r.timed++
		// RecordValues fails only for values out of range, and this one is clamped to the range.
		_ = r.latencies.RecordValues(min(max(d, 1), longestTracked).Nanoseconds(), calls)
	}
	r.pending = r.pending[:0]
}

// percentile is exact to 1 %, rounded upwards, but never above the longest call.
func (r *recorder) percentile(percent float64) time.Duration {
	return min(time.Duration(r.latencies.ValueAtPercentile(percent)), r.longest)
}

// draw returns how many calls stay untimed before the next timed one: interval-1 on average,
// uniformly from 0 to 2*interval-2. The product of two 32-bit numbers avoids a division.
func (r *recorder) draw() uint64 {
	r.random = xorshift(1, r.random)
	return (r.random >> 32) * (2*r.interval - 1) >> 32
}

func (r *recorder) count(granted bool, n int64) {
	r.tries++
	if granted {
		r.grants++
		r.permits += n
	}
}

// A recordedSemaphore is a semaphore as one goroutine uses it, with a recorder in between.
type recordedSemaphore struct {
	sem impls.Semaphore
	rec *recorder
}

func (v *recordedSemaphore) Acquire(ctx context.Context, n int64) error {
	r := v.rec
	due := r.due
	r.due = 0
	if r.untimedLeft == 0 {
		return v.timedAcquire(ctx, n, due)
	}
	r.untimedLeft--
	// An untimed call reads two counters instead of two clocks. If at least two timestamps were
	// taken during the call, the time between them is a lower bound of its length.
	before := r.timestamps.last.Load()
	err := v.sem.Acquire(ctx, n)
	if r.timestamps.last.Load() > before+1 {
		r.longest = max(r.longest, r.timestamps.since(before))
	}
	r.count(err == nil, n)
	return err
}

func (v *recordedSemaphore) timedAcquire(ctx context.Context, n int64, start time.Duration) error {
	r := v.rec
	r.untimedLeft = r.draw()
	if len(r.pending) == cap(r.pending) {
		r.flush() // before the call: afterwards other goroutines wait for the permits
	}
	if start == 0 {
		start = now()
	}
	err := v.sem.Acquire(ctx, n)
	end := now()
	// A goroutine may have waited before the operations began; see beginQueued.
	start = max(start, time.Duration(r.began.Load()))
	r.pending = append(r.pending, end-start)
	r.longest = max(r.longest, end-start)
	r.timestamps.add(end)
	r.count(err == nil, n)
	return err
}

func (v *recordedSemaphore) TryAcquire(n int64) bool {
	ok := v.sem.TryAcquire(n)
	v.rec.count(ok, n)
	return ok
}

func (v *recordedSemaphore) Release(n int64) { v.sem.Release(n) }

// merge returns a recorder with the observations of all. It empties them.
func merge(all []*recorder) recorder {
	sum := recorder{latencies: newLatencies()}
	for _, r := range all {
		own := r.latencies
		r.latencies = sum.latencies // flush the pending latencies into the sum at once
		r.flush()
		if own != nil {
			sum.latencies.Merge(own)
		}
		sum.timed += r.timed
		sum.longest = max(sum.longest, r.longest)
		sum.tries += r.tries
		sum.grants += r.grants
		sum.permits += r.permits
	}
	return sum
}

// jain returns Jain's fairness index of the permits that each goroutine got (R. Jain, D. Chiu,
// W. Hawe, 1984): 1 if all got the same number, 1/n if one of n got all, 0 if none got any.
func jain(all []*recorder) float64 {
	var sum, squares float64
	for _, r := range all {
		x := float64(r.permits)
		sum += x
		squares += x * x
	}
	if sum == 0 {
		return 0
	}
	return sum * sum / (float64(len(all)) * squares)
}

// chooseInterval returns the smallest interval whose cost is tolerable on this machine, and the
// time in ns that a recorder then adds to an Acquire.
func chooseInterval() (interval uint64, cost float64) {
	for interval = minInterval; ; interval *= 2 {
		cost = measureRecorder(interval)
		if cost < maxCost || interval == maxInterval {
			return interval, cost
		}
	}
}

// measureRecorder measures how many ns a recorder adds to an Acquire, averaged over timed and
// untimed calls. It takes the least of 8 tries: interruptions of the machine only ever add time.
func measureRecorder(interval uint64) float64 {
	const calls = 1 << 12
	cost := func(sem impls.Semaphore) time.Duration {
		ctx := context.Background()
		var tries []time.Duration
		for range 8 {
			start := now()
			for range calls {
				_ = sem.Acquire(ctx, 1) // freeSemaphore never fails
			}
			tries = append(tries, now()-start)
		}
		return slices.Min(tries)
	}
	rec := newRecorders(1, interval, time.Millisecond)[0]
	with := cost(&recordedSemaphore{sem: freeSemaphore{}, rec: rec})
	return float64(with-cost(freeSemaphore{})) / calls
}

// A freeSemaphore grants every request and does nothing, so the time of a call is the time of the
// code around it.
type freeSemaphore struct{}

func (freeSemaphore) Acquire(context.Context, int64) error { return nil }
func (freeSemaphore) TryAcquire(int64) bool                { return true }
func (freeSemaphore) Release(int64)                        {}

// xorshift performs the given number of steps of the generator xorshift64 (G. Marsaglia, 2003).
// Each step needs the result of the one before, so no processor runs two at once: about 2 ns at 3
// GHz.
func xorshift(steps int, x uint64) uint64 {
	for range steps {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}
