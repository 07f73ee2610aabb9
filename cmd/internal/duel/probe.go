package duel

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/semabench/semabench/internal/stats"
	"github.com/semabench/semabench/reports/gate"
)

// probe finds out what the plan of each row needs, and counts allocations. It
// uses one process of each side, and several where goroutines meet or where more
// or less is allocated: before a row is REGRESSED or IMPROVED by counts, other processes have to agree.
// A process hashes maps and fills pools in a way of its own, in every repeat. A row that
// fails here is a failed row. It runs before any pair is measured, so what it
// learns cannot depend on the results.
//
// A failed row costs its probe and no pair.
//
// Rows that are not tried by the deadline get no counts and no pairs. A package with 150 rows would otherwise use up
// all of MaxTime for probes, and no row would have a verdict. The zero deadline is none.
func (m *measurer) probe(ctx context.Context, old, new binary, plans []*plan, deadline time.Time) error {
	a, b := m.lazyWorker("old", old), m.lazyWorker("new", new)
	defer a.close()
	defer b.close()
	var doubtful []*plan
	for i, at := range tryOrder(len(plans)) {
		p := plans[at]
		if p.Mode == gate.Failed {
			continue
		}
		if m.isLate() {
			return errLate
		}
		if !deadline.IsZero() && time.Now().After(deadline) {
			m.run.Late = fmt.Sprintf("%v: %d of the %d rows of %s were tried, and the other half of -max-time is for "+
				"counting and timing them; give it more, or choose rows with -bench", errLate, i, len(plans), p.Package)
			break
		}
		m.show("trying "+p.Name, i, len(plans))
		began := time.Now()
		err := atRow(ctx, a, b, p.Name, func(old, new *worker) error {
			return m.probeRow(old, new, p, time.Since(began)/2)
		})
		if err == nil && (p.parallel || m.whyFresh == "" && p.CountsDiffer()) {
			doubtful = append(doubtful, p)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			p.fail(err)
		}
	}
	a.close() // one process of a side at a time
	b.close()
	return m.countInManyProcesses(ctx, old, new, doubtful)
}

// tryOrder returns the order in which n rows are tried: every eighth, and then the rows between. Neighbours
// in the source resemble each other, so rows that the time is too short for have tried rows beside them.
func tryOrder(n int) (order []int) {
	for _, first := range []int{0, 4, 2, 6, 1, 5, 3, 7} {
		for i := first; i < n; i += 8 {
			order = append(order, i)
		}
	}
	return order
}

// probeDeadline returns the time by which the first of some packages has its rows tried: half of MaxTime is
// over then, or a quarter of the time that is left. The packages share the time by the number of their
// benchmark functions, since a package of one row needs less than a package of fifty.
func (m *measurer) probeDeadline(paths []string) time.Time {
	if m.MaxTime == 0 {
		return time.Time{}
	}
	functions, all := func(path string) int { return 1 + len(m.new.packages[path].benchmarks()) }, 0
	for _, path := range paths {
		all += functions(path)
	}
	rest := max(time.Until(m.begun.Add(m.MaxTime/2)), m.left()/4)
	return time.Now().Add(rest * time.Duration(functions(paths[0])) / time.Duration(all))
}

// probeRow probes and counts one row. A slice gets as many operations as fit on
// the slower side. entering is how long it took to reach the row on one side.
// The operations are fixed here for all pairs: a slice that adapted to its
// process would hide a slow one.
func (m *measurer) probeRow(old, new *worker, p *plan, entering time.Duration) (err error) {
	p.ops = math.MaxInt
	for _, side := range []*worker{old, new} {
		first, err := calibrate(side, m.Slice)
		if errors.Is(err, errTimeless) {
			return m.countOnly(old, new, p)
		}
		if err != nil {
			return err
		}
		ops, err := m.sliceOps(side, first)
		if err != nil {
			return err
		}
		p.ops = min(p.ops, ops)
	}
	results, err := examineBoth(old, new, p.ops)
	if err != nil {
		return err
	}
	if results[0].parallel() || results[1].parallel() {
		p.ops *= parallelFactor
		if results, err = examineBoth(old, new, p.ops); err != nil {
			return err
		}
		if m.whyFresh == "" {
			p.Why, err = contentionNote(old, p.ops, results[0])
		}
		if err != nil {
			return err
		}
	}
	results[0].entering, results[1].entering = entering, entering
	if err := m.countBothWays(old, new, p, results); err != nil {
		return err
	}
	p.decide(m.Options, results[0], results[1])
	if m.whyFresh != "" {
		p.decideFresh(m.Options, m.whyFresh, results)
	}
	p.full = p.pairs
	if m.meter != nil {
		p.uncountable, err = whyUncountable(old, p)
	}
	return err
}

// decide plans a row from the probes of both sides. The slower side decides,
// because both sides run the same number of operations. Pairs are given up
// last, because the test needs them more than it needs exact values.
//
// The numbers are fixed from here on. A plan that adapted to what the pairs show would stop when
// the result pleases.
func (p *plan) decide(o Options, old, new probeResult) {
	least, entering := max(old.least, new.least), max(old.entering, new.entering)
	p.spread = max(old.spread, new.spread)
	p.parallel = old.parallel() || new.parallel()
	p.Contended = p.parallel || old.allocates || new.allocates
	p.Mode, p.slices, p.pairs = gate.Sliced, o.Slices, o.Pairs
	if p.Contended {
		p.pairs *= 2
	}
	slice := o.Slice
	if p.parallel {
		slice, p.slices = parallelFactor*slice, max(2, o.Slices*3/4)
	}
	switch {
	case least > longestSlice:
		p.Mode, p.slices = gate.Fresh, 1
		p.because("a slice takes at least %v: one for each process", rounded(least))
	case least > 4*slice:
		fewer := max(4, int(float64(4*p.slices)*float64(slice)/float64(least)))
		if fewer < p.slices {
			p.slices = fewer
			p.because("a slice takes at least %v: %d for each process", rounded(least), p.slices)
		}
	}
	p.cost = old.entering + new.entering + time.Duration(p.slices+1)*(old.wall+new.wall)
	if most := int(o.RowTime / max(p.cost, 1)); most < p.pairs {
		planned := p.pairs
		p.pairs = min(planned, max(fewestPairs, most))
		p.because("a pair takes %v, of which %v before the first slice: %d pairs instead of %d",
			rounded(p.cost), rounded(entering), p.pairs, planned)
	}
}

// calibrate finds out how long an operation takes, by running more and more of
// them until they fill half of d. The number grows by a factor of 100 at most,
// so a first operation that fills a cache does not decide.
//
// Half of d is enough for an estimate, and a loop that insists on d would often need one more
// round.
func calibrate(w *worker, d time.Duration) (r probeResult, err error) {
	for n := 1; ; {
		s, err := w.run(n)
		if err != nil {
			return r, err
		}
		// One slow slice may be the doing of another process, two in a row
		// hardly.
		slow := r.wall > longestSlice && s.wall > longestSlice
		r.ops, r.perOp, r.wall = n, s.ns/float64(n), s.wall
		switch {
		case s.ns >= float64(d)/2, n >= 1e9, slow:
			return r, nil
		case s.wall > longestSlice:
			continue
		}
		n = min(opsFor(d, r.perOp), 100*n) // an estimate from one operation may be far off
	}
}

// sliceOps returns how many operations make a slice.
//
// A benchmark may take long by its preparation. Then a slice has more operations,
// which costs little. Or it may take long with the timer stopped, around each
// operation. Then a slice has fewer: stopping the timer costs 50 µs, so that a
// slice of 0.5 ms could take a second.
func (m *measurer) sliceOps(w *worker, first probeResult) (int, error) {
	ops := opsFor(m.Slice, first.perOp)
	if m.whyFresh != "" {
		return opsFor(freshTime, first.perOp), nil
	}
	if first.wall <= longestSlice || ops == 1 {
		return ops, nil
	}
	setup, err := setupTime(w)
	if err != nil {
		return 0, err
	}
	if setup > first.wall/2 {
		return opsFor(20*m.Slice, first.perOp), nil
	}
	quarter := float64(longestSlice) / 4
	return max(1, int(float64(first.ops)*quarter/float64(first.wall))), nil
}

// contentionNote describes the difference if short slices show much less
// contention than a long run. In a slice one goroutine may be done before the
// others have found a core. On a busy machine x/sync's Weighted with eight
// goroutines takes 50 ns in a slice, and 500 ns in a long run where they queue
// up.
func contentionNote(w *worker, ops int, short probeResult) (string, error) {
	const longer, runs = 10, 3
	perOp := 0.0 // in long runs, mean
	for range runs {
		s, err := w.run(longer * ops)
		if err != nil {
			return "", err
		}
		perOp += s.ns / float64(runs*longer*ops)
	}
	if perOp < 3*short.perOp { // a smaller difference may come from other processes
		return "", nil
	}
	return fmt.Sprintf("its goroutines hardly meet in a slice: %.0f ns/op there, %.0f in a run ten times "+
		"as long; on a quieter machine, or with longer slices, they do", short.perOp, perOp), nil
}

// examineBoth examines the old side and then the new one, never both at once.
func examineBoth(old, new *worker, ops int) (results [2]probeResult, err error) {
	for i, w := range []*worker{old, new} {
		if results[i], err = examine(w, ops); err != nil {
			return results, err
		}
	}
	return results, nil
}

// examine runs a few slices and describes them. Slices that exceed longestSlice
// are run only twice, because each costs too much.
//
// Medians and minima are taken, because the machine is not quiet and a probe has seven slices
// only.
func examine(w *worker, ops int) (r probeResult, err error) {
	const most, least = 7, 2
	var times, walls []float64
	for i := range most {
		s, err := w.run(ops)
		if err != nil {
			return r, err
		}
		times, walls = append(times, s.ns/float64(ops)), append(walls, float64(s.wall))
		r.goroutines, r.allocates = s.goroutines, s.allocs > int64(ops/100)+100
		r.bytes = float64(s.bytes) / float64(ops)
		if i+1 >= least && slices.Min(walls) > float64(longestSlice) {
			break
		}
	}
	r.wall, r.least = time.Duration(stats.Quantile(walls, 0.5)), time.Duration(slices.Min(walls))
	r.perOp = stats.Quantile(times, 0.5)
	r.spread = r.perOp/slices.Min(times) - 1
	if r.least > longestSlice {
		return r, nil
	}
	for i := range 2 { // the lesser of two: the Go runtime is busy by itself now and then
		long, err := w.run(5 * ops)
		if err != nil {
			return r, err
		}
		if i == 0 || long.busy < r.busy {
			r.busy = long.busy
		}
	}
	return r, nil
}
