package bench

import (
	"context"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/semabench/semabench/impls"
)

// A clock reading costs as much as a whole operation on a free semaphore, so not every Acquire is
// timed where operations are short. Each goroutine times its first, which may be the one that
// starves, and then every so many.
const (
	timedOfShort = 4 // two readings and the histogram take 60 to 90 ns: 15 to 23 an operation
	timedOfLong  = 1 // that is less than a hundredth of what takes 10 µs
	long         = 10 * time.Microsecond
)

func timedEvery(perOp time.Duration) int {
	if perOp >= long {
		return timedOfLong
	}
	return timedOfShort
}

var epoch = time.Now()

// now is the time since the process began. It reads one clock, where time.Now reads two.
func now() time.Duration { return time.Since(epoch) }

// longestTracked bounds the histogram, not what is reported as the longest wait.
const longestTracked = 10 * time.Minute

// A recorder keeps what one goroutine saw. Nobody else writes to it, so it has no lock.
type recorder struct {
	latencies *hdrhistogram.Histogram // of calls of Acquire, in ns, whether granted or not
	longest   time.Duration           // exact, which the histogram is to 1 %
	tries     int64                   // calls of Acquire and TryAcquire
	grants    int64                   // those that got what they asked for
	permits   int64                   // that they got

	every int           // how many calls of Acquire there are for each that is timed
	skip  int           // how many are still not to be timed
	due   time.Duration // when the next Acquire should have begun; 0: when it is called
}

func newRecorders(n, every int) []*recorder {
	all := make([]*recorder, n)
	for i := range all {
		// 2 figures make it 34 KB; 3 would be 270 for each of a thousand goroutines.
		h := hdrhistogram.New(1, longestTracked.Nanoseconds(), 2)
		all[i] = &recorder{latencies: h, every: every}
	}
	return all
}

func (r *recorder) saw(d time.Duration) {
	r.longest = max(r.longest, d)
	// It fails for what it cannot track, and that is cut off.
	_ = r.latencies.RecordValue(min(max(d, 1), longestTracked).Nanoseconds())
}

// percentile is to 1 %, upwards, but never more than the longest.
func (r *recorder) percentile(percent float64) time.Duration {
	return min(time.Duration(r.latencies.ValueAtPercentile(percent)), r.longest)
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
	due := v.rec.due
	v.rec.due = 0
	if v.rec.skip == 0 {
		return v.timed(ctx, n, due)
	}
	v.rec.skip--
	err := v.sem.Acquire(ctx, n)
	v.rec.count(err == nil, n)
	return err
}

func (v *view) timed(ctx context.Context, n int64, start time.Duration) error {
	r := v.rec
	r.skip = r.every - 1
	if start == 0 {
		start = now()
	}
	err := v.sem.Acquire(ctx, n)
	r.saw(now() - start)
	r.count(err == nil, n)
	return err
}

func (v *view) TryAcquire(n int64) bool {
	ok := v.sem.TryAcquire(n)
	v.rec.count(ok, n)
	return ok
}

func (v *view) Release(n int64) { v.sem.Release(n) }

// merge adds up what all goroutines saw. It writes into the first histogram.
func merge(all []*recorder) recorder {
	sum := *all[0]
	for _, r := range all[1:] {
		sum.latencies.Merge(r.latencies)
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

// recorderCost measures how many ns a recorder adds to an Acquire, on average over those that it times
// and those that it does not. It is the least of a few tries: more is the machine's doing.
func recorderCost(every int) float64 {
	const calls = 1 << 12
	cost := func(sem impls.Semaphore) time.Duration {
		ctx := context.Background()
		var tries []time.Duration
		for range 8 {
			start := now()
			for range calls {
				_ = sem.Acquire(ctx, 1) // has nothing to fail with
			}
			tries = append(tries, now()-start)
		}
		return slices.Min(tries)
	}
	with := cost(&view{sem: nothing{}, rec: newRecorders(1, every)[0]})
	return float64(with-cost(nothing{})) / calls
}

// nothing is a semaphore that grants everything at no cost.
type nothing struct{}

func (nothing) Acquire(context.Context, int64) error { return nil }
func (nothing) TryAcquire(int64) bool                { return true }
func (nothing) Release(int64)                        {}
