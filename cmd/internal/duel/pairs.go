package duel

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/semabench/semabench/internal/stats"
	"github.com/semabench/semabench/reports/gate"
)

// A batch is the rows of one package that are measured in the same pairs of
// processes.
//
// A control and a row differ in these fields only, so a control is measured by exactly the code
// that measures rows.
type batch struct {
	a, b    binaries // of the old and the new side; both of the old side for controls
	labels  [2]string
	plans   []*plan
	pairs   func(*plan) int        // how many a row gets
	planted float64                // slowdown of b
	add     func(*plan, gate.Pair) // receives the pairs
}

// Labels of the two sides of a batch.
var (
	oldNew = [2]string{"old", "new"}
	oldOld = [2]string{"old", "old"}
)

// measureBatch measures all pairs of a batch.
//
// A pair of processes serves all rows, one after the other, because starting it
// costs as much as a few slices. The pairs of one row are still independent of
// each other. The order of the rows is drawn for each pair, so that no row
// always follows the same one. The loop goes by pairs and not by rows. So the
// pairs of one row are spread over the time of its package, and a disturbance
// of some seconds hits a few pairs of each row instead of all pairs of one.
func (m *measurer) measureBatch(ctx context.Context, b batch) error {
	for k := range mostPairs(b.plans, b.pairs) {
		if err := m.measurePair(ctx, b, k); err != nil {
			return err
		}
	}
	return nil
}

// mostPairs returns the pairs of the row that has most.
func mostPairs(plans []*plan, pairs func(*plan) int) (n int) {
	for _, p := range plans {
		n = max(n, pairs(p))
	}
	return n
}

// binariesOf returns the binaries of pair k. All binaries are used once before
// any is used again, and then with the same partner. Pairs with one layout in
// common depend on each other; pairs with both layouts in common are one unit of
// the test.
//
// The partner is not b.b[k%n], because a and b may be the same binaries, and a
// layout must not meet itself.
//
// The numbers of pairs of any two layouts differ by one at most.
func (b batch) binariesOf(k int) (binary, binary) {
	n := len(b.a)
	return b.a[k%n], b.b[(k+1)%n]
}

// measurePair measures pair k of every row that has more than k pairs. A row that fails is left out
// from then on, and fail drops the pairs that it had.
//
// A row that fails here failed in the middle of a pair, so the pair is not added.
func (m *measurer) measurePair(ctx context.Context, b batch, k int) error {
	first, second := b.binariesOf(k)
	wa, wb := m.lazyWorker(b.labels[0], first), m.lazyWorker(b.labels[1], second)
	defer wa.close()
	defer wb.close()
	for _, i := range m.random.Perm(len(b.plans)) {
		p := b.plans[i]
		if p.Mode == gate.Failed || k >= b.pairs(p) {
			continue
		}
		if m.isLate() {
			return errLate
		}
		begin := time.Now()
		pair := gate.Pair{OldLayout: first.layout, NewLayout: second.layout, At: begin.Sub(m.begun)}
		err := m.atRowInRandomOrder(ctx, wa, wb, p.Name, func(old, new *worker) error {
			return takeSlices(old, new, p, k%2 == 1, b.planted, &pair)
		})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			p.fail(err)
			continue
		}
		b.add(p, pair)
		p.Spent += time.Since(begin)
		m.progress.Done++
		m.Progress(m.progress)
	}
	return nil
}

// atRowInRandomOrder is atRow with a or b first. The side that starts first finds
// the machine as the other side leaves it. That advantage stays the same for
// seconds, as long as a whole second stage.
func (m *measurer) atRowInRandomOrder(
	ctx context.Context, a, b *lazyWorker, name string, do func(a, b *worker) error,
) error {
	if m.random.IntN(2) == 0 {
		return atRow(ctx, a, b, name, do)
	}
	return atRow(ctx, b, a, name, func(wb, wa *worker) error { return do(wa, wb) })
}

// takeSlices takes the slices of a pair in ABBA order: old, new, new, old and
// so on, or with swapped the other way round. ABBA order cancels a steady drift
// of the machine. The first slice of each side warms its caches up again and is
// dropped.
//
// Dividing by p.ops on both sides makes a planted slowdown a slowdown of the figures, as a real
// one would be.
func takeSlices(old, new *worker, p *plan, swapped bool, planted float64, pair *gate.Pair) error {
	plantedOps := int(math.Round(float64(p.ops) * (1 + planted)))
	take := func(isNew bool, store bool) error {
		side, ops, slices := old, p.ops, &pair.OldSlices
		if isNew {
			side, ops, slices = new, plantedOps, &pair.NewSlices
		}
		s, err := side.run(ops)
		if err == nil && store {
			*slices = append(*slices, s.ns/float64(p.ops)) // not ops: planted operations count as time
		}
		return err
	}
	if p.Mode == gate.Sliced {
		if err := errors.Join(take(swapped, false), take(!swapped, false)); err != nil {
			return err
		}
	}
	for i := range 2 * p.slices {
		isNew := i%4 == 1 || i%4 == 2
		if err := take(isNew != swapped, true); err != nil {
			return err
		}
	}
	pair.Old, pair.New = typicalSlice(pair.OldSlices), typicalSlice(pair.NewSlices)
	if p.parallel && p.slices > 1 {
		// Geometric, so that a slice in which another process had a core does not
		// count for ten.
		pair.OldMean = stats.GeometricMean(pair.OldSlices)
		pair.NewMean = stats.GeometricMean(pair.NewSlices)
	}
	return nil
}

// typicalSlice returns the geometric mean of the fastest quarter, which stands for all slices of a
// process.
//
// Other processes on the machine only ever make a slice longer, and at times they
// disturb most slices. At a load of 11 on two cores, the medians of identical
// sides differed by 12 % from pair to pair (standard deviation), the lower octiles by 3
// %.
//
// The mean of a few slices varies less than any one of them. In 41 rows of the same code, at loads of 25 to 44, pairs
// differed by 0.89 times as much as by the octile in rows of one goroutine and 0.90 times in rows of several. In rows
// that allocate they differed as much. A third or a half of the slices varies more where a lock has slow states, and
// less where goroutines pass a channel.
//
// A slowdown that spares a quarter of the slices does not show. With one
// goroutine it would be a strange slowdown, because a slice is thousands of
// operations. With several it may be a slow path that is taken when they meet;
// the mean of all slices shows that.
func typicalSlice(times []float64) float64 {
	sorted := slices.Sorted(slices.Values(times))
	return stats.GeometricMean(sorted[:max(1, (len(sorted)+2)/4)])
}

// A lazyWorker is one side of a pair: a binary, and its worker. The worker is started for the first
// row, and again after a row has failed in it.
type lazyWorker struct {
	label string
	binary
	silence time.Duration
	w       *worker // nil if none runs
}

// lazyWorker returns a lazyWorker that has not started anything.
func (m *measurer) lazyWorker(label string, b binary) *lazyWorker {
	return &lazyWorker{label: label, binary: b, silence: m.Silence}
}

// enter returns a worker that is at the row.
//
// Entering takes as long as the preparation of a benchmark and its parents. No slice contains that
// time.
func (l *lazyWorker) enter(ctx context.Context, name string) (*worker, error) {
	w, err := l.start(ctx)
	if err != nil {
		return nil, err
	}
	return w, w.enter(name)
}

// start returns the worker, which it starts if none runs.
func (l *lazyWorker) start(ctx context.Context) (*worker, error) {
	if l.w == nil {
		w, err := startWorker(ctx, l.label, l.binary, l.silence)
		if err != nil {
			return nil, err
		}
		l.w = w
	}
	return l.w, nil
}

// close lets the worker end as after its benchmarks; kill ends it at once.
func (l *lazyWorker) close() {
	if l.w != nil {
		l.w.close()
		l.w = nil
	}
}

func (l *lazyWorker) kill() {
	if l.w != nil {
		l.w.kill()
		l.w = nil
	}
}

// atRow calls do with workers of both sides that are at the same row. They go
// there one after the other, because only one process may run at a time. After
// an error both workers are killed: their state is unknown. If it returns nil,
// both workers are ready for another row.
//
// Both sides have finished their preparation before the first slice of either, so no preparation
// runs beside a slice.
func atRow(
	ctx context.Context, a, b *lazyWorker, name string, do func(a, b *worker) error,
) error {
	err := func() error {
		wa, err := a.enter(ctx, name)
		if err != nil {
			return err
		}
		wb, err := b.enter(ctx, name)
		if err != nil {
			return err
		}
		if err := do(wa, wb); err != nil {
			return err
		}
		return errors.Join(wa.leave(), wb.leave())
	}()
	if err != nil {
		a.kill()
		b.kill()
	}
	if ctx.Err() != nil {
		return ctx.Err() // err only says that the workers were killed
	}
	return err
}
