package bench

import (
	"context"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/semabench/semabench/impls"
)

// A clock reading costs as much as a whole operation on a free semaphore, so not every Acquire is
// timed. Each goroutine times its first, which may be the one that starves, and then one in so
// many on average, at random: workloads have rhythms of their own, such as one writer in 16.
const (
	oftenest  = 8  // one in 8: two readings take 60 to 90 ns
	rarest    = 64 // on a machine whose clock is a system call
	tolerable = 25 // ns that a recorder may add to an Acquire
)

var epoch = time.Now()

// now is the time since the process began. It reads one clock, where time.Now reads two.
func now() time.Duration { return time.Since(epoch) }

// longestTracked bounds the histogram, not what is reported as the longest wait.
const longestTracked = 10 * time.Minute

// A recorder keeps what one goroutine saw. Nobody else writes to it, so it has no lock.
type recorder struct {
	seen      []time.Duration         // not yet in latencies, so that few goroutines need one
	latencies *hdrhistogram.Histogram // of calls of Acquire, in ns, whether granted or not
	timed     int64                   // of those
	longest   time.Duration           // of all calls, also of those that were not timed
	tries     int64                   // calls of Acquire and TryAcquire
	grants    int64                   // those that got what they asked for
	permits   int64                   // that they got

	moments *moments      // by which the longest of those that are not timed is known
	every   uint64        // how many calls of Acquire there are for each that is timed
	skip    uint64        // how many are still not to be timed
	random  uint64        // never 0
	due     time.Duration // when the next Acquire should have begun; 0: when it is called
}

// newRecorders returns n recorders for a pass that takes about a window. They time one Acquire
// in every.
func newRecorders(n int, every uint64, window time.Duration) []*recorder {
	const kept = 128 // 1 KB for each goroutine, where a histogram takes 34
	seen := make([]time.Duration, n*kept)
	t := newMoments(window)
	all := make([]*recorder, n)
	for i := range all {
		own := seen[i*kept : i*kept : (i+1)*kept]
		all[i] = &recorder{seen: own, moments: t, every: every, random: uint64(i) + 1}
	}
	return all
}

func newLatencies() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, longestTracked.Nanoseconds(), 2)
}

// flush moves what was seen into the histogram. A call that was timed stands for those that were
// not, but for the first, which was timed for certain: else a pass of few operations would mostly
// show how it began.
func (r *recorder) flush() {
	if r.latencies == nil {
		r.latencies = newLatencies()
	}
	for _, d := range r.seen {
		calls := int64(r.every)
		if r.timed == 0 {
			calls = 1
		}
		r.timed++
		// It fails for what it cannot track, and that is cut off.
		_ = r.latencies.RecordValues(min(max(d, 1), longestTracked).Nanoseconds(), calls)
	}
	r.seen = r.seen[:0]
}

// percentile is to 1 %, upwards, but never more than the longest.
func (r *recorder) percentile(percent float64) time.Duration {
	return min(time.Duration(r.latencies.ValueAtPercentile(percent)), r.longest)
}

// draw decides how many calls are not timed until the next that is: every-1 on average.
func (r *recorder) draw() uint64 {
	r.random = burn(1, r.random)
	return (r.random >> 32) * (2*r.every - 1) >> 32
}

func (r *recorder) count(granted bool, n int64) {
	r.tries++
	if granted {
		r.grants++
		r.permits += n
	}
}

// A view is a semaphore as one goroutine sees it, with a recorder in between.
type view struct {
	sem impls.Semaphore
	rec *recorder
}

func (v *view) Acquire(ctx context.Context, n int64) error {
	r := v.rec
	due := r.due
	r.due = 0
	if r.skip == 0 {
		return v.timed(ctx, n, due)
	}
	r.skip--
	moment := r.moments.last.Load()
	err := v.sem.Acquire(ctx, n)
	if r.moments.last.Load() > moment+1 {
		r.longest = max(r.longest, r.moments.since(moment))
	}
	r.count(err == nil, n)
	return err
}

func (v *view) timed(ctx context.Context, n int64, start time.Duration) error {
	r := v.rec
	r.skip = r.draw()
	if len(r.seen) == cap(r.seen) {
		r.flush() // before the permit is there, which others wait for
	}
	if start == 0 {
		start = now()
	}
	err := v.sem.Acquire(ctx, n)
	end := now()
	r.seen = append(r.seen, end-start)
	r.longest = max(r.longest, end-start)
	r.moments.at(end)
	r.count(err == nil, n)
	return err
}

func (v *view) TryAcquire(n int64) bool {
	ok := v.sem.TryAcquire(n)
	v.rec.count(ok, n)
	return ok
}

func (v *view) Release(n int64) { v.sem.Release(n) }

// merge adds up what all goroutines saw.
func merge(all []*recorder) recorder {
	sum := recorder{latencies: newLatencies()}
	for _, r := range all {
		own := r.latencies
		r.latencies = sum.latencies
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

// jain is Jain's index of what each goroutine got: 1 if all got the same, 1/n if one of n got all.
// It is 0 if nobody got anything.
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
