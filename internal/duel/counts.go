package duel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

// countOps returns over how many operations a row is counted: as many as fit into
// the time. It is at least 8000, if those take no more than 100 ms: then one
// allocation more in 1000 operations is not mistaken for one of the few that a
// process makes for itself. The garbage collector is off meanwhile, so the
// operations must not fill the memory.
func countOps(perOp, bytes float64, fits time.Duration) int {
	const most, memory = 100_000, 64 << 20
	ops := max(min(most, opsFor(fits, perOp)), min(8000, opsFor(100*time.Millisecond, perOp)))
	if bytes*float64(ops) > memory {
		ops = max(1, int(memory/bytes))
	}
	return ops
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
	commands := []string{"count"}
	if results[0].parallel() || results[1].parallel() {
		commands = append(commands, "alone")
	}
	for _, command := range commands {
		exact, err := countBoth(old, new, command, ops, repeats)
		if err == nil && differ(exact) && more > 2*ops {
			exact, err = countBoth(old, new, command, more, min(repeats, 3))
		}
		if err != nil {
			return err
		}
		p.Exact = append(p.Exact, exact...)
	}
	return nil
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

// countInManyProcesses counts a row again, with a process for each total. How often
// goroutines meet is a state that a process may keep for all of its repeats, and
// waiting allocates. So is the seed of its maps, on which their growth depends. The
// counts on one processor stay, because goroutines do not meet there.
func (m *measurer) countInManyProcesses(ctx context.Context, old, new binary, p *plan) error {
	const processes = 8 // all totals of one side are above the others by chance in one of 12870 rows
	if len(p.Exact) == 0 {
		return nil
	}
	var counts []gate.Exact
	for range processes {
		a, b := m.lazyWorker("old", old), m.lazyWorker("new", new)
		err := atRow(ctx, a, b, p.Name, func(old, new *worker) error {
			more, err := countBoth(old, new, "count", int(p.Exact[0].Ops), 1)
			counts = appendTotals(counts, more)
			return err
		})
		a.close()
		b.close()
		if err != nil {
			return err
		}
	}
	replaced := func(x gate.Exact) bool { return !x.Alone }
	p.Exact = append(counts, slices.DeleteFunc(p.Exact, replaced)...)
	return nil
}

// appendTotals adds totals of the same metrics.
func appendTotals(all, more []gate.Exact) []gate.Exact {
	if all == nil {
		return more
	}
	for i, x := range more {
		all[i].Old, all[i].New = append(all[i].Old, x.Old...), append(all[i].New, x.New...)
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
