package duel

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

// exactOps is the least number of operations that shows one allocation more in 1000 of them: eight are not
// mistaken for the few that a process makes for itself.
const exactOps = 8000

// countOps returns over how many operations a row is counted: as many as fit into
// the time. It is at least exactOps, if those take no more than 100 ms. The garbage
// collector is off meanwhile, so the operations must not fill the memory.
//
// It is exactOps times a power of two, so that another run on this machine probably counts as many.
func countOps(perOp, bytes float64, fits time.Duration) int {
	const most = 100_000
	ops := max(min(most, opsFor(fits, perOp)), min(exactOps, opsFor(100*time.Millisecond, perOp)))
	ops = min(ops, opsInMemory(bytes))
	step := exactOps
	for step > ops {
		step /= 2
	}
	for 2*step <= ops {
		step *= 2
	}
	return step
}

// opsInMemory returns how many operations may run without a collection.
func opsInMemory(bytes float64) int {
	const memory = 64 << 20
	return max(1, int(min(memory/max(bytes, 1), 1e9)))
}

// countBothWays counts a row with all cores, and on one processor if several
// goroutines run. If the sides differ, it counts more operations: the
// operations do not cause a difference that does not grow with their number.
// Counts are compared exactly and not by a test. So the number of operations
// has to be equal on both sides, and so large that the few allocations of a
// process for itself do not count.
func (m *measurer) countBothWays(old, new *worker, p *plan, results [2]probeResult) error {
	const short, long = 10 * time.Millisecond, 500 * time.Millisecond
	perOp, err := wallPerOp(old, new, results, p.ops)
	if err != nil {
		return err
	}
	bytes := max(results[0].bytes, results[1].bytes)
	ops, more := countOps(perOp, bytes, short), countOps(perOp, bytes, long)
	repeats := m.Repeats
	if float64(ops)*perOp > float64(2*short) {
		repeats = min(repeats, 3)
	}
	exact, err := countBoth(old, new, "count", ops, repeats)
	if err == nil && differ(exact) && more > 2*ops {
		exact, err = countBoth(old, new, "count", more, min(repeats, 3))
	}
	if err != nil {
		return err
	}
	p.Exact = append(p.Exact, exact...)
	if results[0].parallel() || results[1].parallel() {
		alone, err := countAlone(old, new, min(ops, exactOps), opsInMemory(bytes), m.Repeats)
		if err != nil {
			return err
		}
		p.Exact = append(p.Exact, alone...)
	}
	return nil
}

// countAlone counts a row of several goroutines on one processor. There the goroutines run one after the
// other, and the runtime interrupts a goroutine that holds a lock only after 10 ms of wall time. On a busy
// machine that is as soon as another process had the core. One interruption spoils the rest of a run. The
// goroutines queue up behind the lock, and a fair lock such as x/sync's Weighted then goes from waiter to
// waiter, with an allocation each time. Of 20 runs of 100 000 operations 11 had up to 283 000 allocations,
// and none of 20 runs of 8000 had any.
//
// So runs are short: exactOps, which is enough. They are repeated until most of them agree. A difference
// is then confirmed by longer runs, to tell it from what a process allocates once. If the longer runs do
// not agree, the shorter ones stand. No run has more than most operations, which fit into the memory.
func countAlone(old, new *worker, ops, most, repeats int) ([]gate.Exact, error) {
	const longer = 4 // runs to confirm, still short
	ops, err := aloneOps(old, new, min(ops, most), min(exactOps, most))
	if err != nil {
		return nil, err
	}
	exact, err := countUntilAgreed(old, new, ops, repeats)
	if err != nil || len(exact) == 0 || !(&gate.Row{Exact: exact}).CountsRegress() {
		return exact, err
	}
	confirmed, err := countUntilAgreed(old, new, min(most, longer*ops), repeats)
	if err == nil && len(confirmed) > 0 && gate.Agree(confirmed) {
		exact = confirmed
	}
	return exact, err
}

// aloneOps returns how many operations a run on one processor has: as many as wanted, if they take no more than
// 100 ms there. ops fits on all cores, where goroutines wait for each other: it may be a hundred times less.
func aloneOps(old, new *worker, ops, wanted int) (int, error) {
	const most, step, tries = 100 * time.Millisecond, 8, 3
	for ops < wanted {
		least := time.Duration(math.MaxInt64) // other processes only ever make a run longer
		for range tries {
			began := time.Now()
			if _, err := countBoth(old, new, "alone", ops, 1); err != nil {
				return 0, err
			}
			if least = min(least, time.Since(began)/2); least < most/step {
				break
			}
		}
		if least >= most/step {
			break
		}
		ops = min(wanted, step*ops)
	}
	return ops, nil
}

// countUntilAgreed counts on one processor, a few repeats at a time, until most repeats of either side
// agree. Whether they agree says nothing about the difference between the sides, so stopping by it favors
// neither. It gives up after five times the repeats, or after a second.
func countUntilAgreed(old, new *worker, ops, repeats int) (exact []gate.Exact, err error) {
	began := time.Now()
	for i := 0; i < 5 && (i == 0 || !gate.Agree(exact) && time.Since(began) < time.Second); i++ {
		more, err := countBoth(old, new, "alone", ops, repeats)
		if err != nil || len(more) == 0 {
			return nil, err
		}
		exact = appendTotals(exact, more)
	}
	return exact, nil
}

// wallPerOp returns how many nanoseconds pass with an operation on the slower
// side, including the time while the timer is stopped. A slice that takes four
// times its operations shows that it is stopped. The wall time decides how many
// operations fit, while ns/op leaves out what a benchmark does with the timer
// stopped.
func wallPerOp(old, new *worker, results [2]probeResult, ops int) (perOp float64, err error) {
	for i, w := range []*worker{old, new} {
		r := results[i]
		perOp = max(perOp, r.perOp)
		if float64(r.least) < 4*r.perOp*float64(ops) {
			continue
		}
		setup, err := setupTime(w)
		if err != nil {
			return 0, err
		}
		perOp = max(perOp, r.perOp+float64(r.least-setup)/float64(ops))
	}
	return perOp, nil
}

// setupTime returns how long a slice takes besides its operations: the least of
// three with one operation. The least, since other processes only add.
func setupTime(w *worker) (least time.Duration, err error) {
	for i := range 3 {
		s, err := w.run(1)
		if err != nil {
			return 0, err
		}
		if i == 0 || s.wall < least {
			least = s.wall
		}
	}
	return least, nil
}

// countOnly plans a row that reports a time of 0: it is counted and not timed.
// A time of 0 has no ratio, so no pairs are taken.
func (m *measurer) countOnly(old, new *worker, p *plan) error {
	ops := 1
	for _, side := range []*worker{old, new} {
		for n := 1; ; n *= 10 { // as many operations as longestSlice allows, at most 1000
			s, err := side.run(n)
			if !errors.Is(err, errTimeless) {
				return errors.Join(err,
					fmt.Errorf("one side reports a time of 0 ns/op, and the other does not"))
			}
			if n == 1000 || s.wall > longestSlice {
				ops = n
				break
			}
		}
	}
	p.Mode, p.Why = gate.Untimed, errTimeless.Error()
	var err error
	p.Exact, err = countBoth(old, new, "count", ops, m.Repeats)
	return err
}

// differ reports whether the least totals of the sides differ in any metric.
// The least total of several repeats is the one with the fewest allocations by
// chance.
func differ(exact []gate.Exact) bool {
	return slices.ContainsFunc(exact, func(x gate.Exact) bool {
		return slices.Min(x.Old) != slices.Min(x.New)
	})
}

// countInManyProcesses counts rows again, with a process for each total of a row. How often
// goroutines meet is a state that a process may keep for all of its repeats, and
// waiting allocates. So is the seed of its maps, on which their growth depends. The
// counts on one processor stay if they show no increase, because goroutines do not
// meet there. A process counts all of the rows, because on a busy machine starting it takes longer than they do.
//
// Rows that would be REGRESSED or IMPROVED by these counts too are counted once more, and all totals are
// judged together. A process may start one goroutine more than another process, and then it allocates 480
// bytes more. In 5 of 2000 comparisons of the same code all 8 processes of one side did, and most of the
// other side did not. Of 16 processes the one with the least total does not.
func (m *measurer) countInManyProcesses(ctx context.Context, old, new binary, plans []*plan) error {
	useless := func(p *plan) bool { return p.Mode == gate.Failed || len(p.Exact) == 0 }
	plans = slices.DeleteFunc(slices.Clone(plans), useless)
	// Rows whose other processes were not counted in time have no counts: one process alone may be wrong.
	forget := func() {
		for _, p := range plans {
			p.Exact = nil
		}
	}
	first, err := m.countFresh(ctx, old, new, plans)
	if err != nil {
		forget()
		return err
	}
	for p, counts := range first {
		kept := func(x gate.Exact) bool {
			return slices.ContainsFunc(counts, func(y gate.Exact) bool { return sameMetric(x, y) })
		}
		p.Exact = append(counts, slices.DeleteFunc(p.Exact, kept)...)
	}
	plans = slices.DeleteFunc(plans, func(p *plan) bool { return p.Mode == gate.Failed || !p.CountsDiffer() })
	second, err := m.countFresh(ctx, old, new, plans)
	if err != nil {
		forget()
		return err
	}
	for p, counts := range second {
		p.Exact = appendTotals(p.Exact, counts)
	}
	return nil
}

// countFresh counts rows in eight processes of each side. It counts a row on one processor too, if the sides differ
// there: the seed of maps is a state that one processor does not undo. A row that fails is a failed row.
func (m *measurer) countFresh(ctx context.Context, old, new binary, plans []*plan) (map[*plan][]gate.Exact, error) {
	const processes = 8 // all totals of one side are above the others by chance in one of 12870 rows
	counts := map[*plan][]gate.Exact{}
	if len(plans) == 0 {
		return counts, nil
	}
	for range processes {
		if err := m.countOnce(ctx, old, new, plans, counts); err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// countOnce adds the totals of one process of each side to counts.
func (m *measurer) countOnce(ctx context.Context, old, new binary, plans []*plan, counts map[*plan][]gate.Exact) error {
	a, b := m.lazyWorker("old", old), m.lazyWorker("new", new)
	defer a.close()
	defer b.close()
	for _, p := range plans {
		if p.Mode == gate.Failed {
			continue
		}
		if m.isLate() {
			return errLate
		}
		onOne := gate.Row{Exact: slices.DeleteFunc(slices.Clone(p.Exact), func(x gate.Exact) bool { return !x.Alone })}
		err := atRow(ctx, a, b, p.Name, func(old, new *worker) error {
			more, err := countBoth(old, new, "count", int(p.Exact[0].Ops), 1)
			if err == nil && onOne.CountsDiffer() {
				var again []gate.Exact
				again, err = countBoth(old, new, "alone", int(onOne.Exact[0].Ops), 1)
				more = append(more, again...)
			}
			counts[p] = appendTotals(counts[p], more)
			return err
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			p.fail(err)
			delete(counts, p)
		}
	}
	return nil
}

// sameMetric reports whether two counts are of one metric, counted in one way.
func sameMetric(x, y gate.Exact) bool { return x.Unit == y.Unit && x.Alone == y.Alone }

// appendTotals adds totals of the same metrics.
func appendTotals(all, more []gate.Exact) []gate.Exact {
	if all == nil {
		return more
	}
	for i := range all {
		for _, x := range more {
			if sameMetric(all[i], x) {
				all[i].Old, all[i].New = append(all[i].Old, x.Old...), append(all[i].New, x.New...)
			}
		}
	}
	return all
}

// countBoth counts both sides over the same number of operations. command is
// "count", or "alone" for one processor. It returns nothing if the numbers
// differ: then only one side counts for itself.
func countBoth(old, new *worker, command string, ops, repeats int) ([]gate.Exact, error) {
	oldOps, oldAllocs, oldBytes, err := old.count(command, ops, repeats)
	if err != nil {
		return nil, err
	}
	newOps, newAllocs, newBytes, err := new.count(command, ops, repeats)
	if err != nil || oldOps != newOps {
		return nil, err
	}
	alone := command == "alone"
	return []gate.Exact{
		{Unit: "allocs/op", Alone: alone, Ops: oldOps, Old: oldAllocs, New: newAllocs},
		{Unit: "B/op", Alone: alone, Ops: oldOps, Old: oldBytes, New: newBytes},
	}, nil
}
