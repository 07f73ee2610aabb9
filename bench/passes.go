package bench

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/benchkey"
	"github.com/semabench/semabench/internal/rusage"
	"github.com/semabench/semabench/internal/slice"
)

// metrics are the units of this package, each with its better direction: benchstat cannot guess it. The units of
// package testing are left out, because benchstat knows those.
var metrics = []struct{ unit, better string }{
	{"ns/grant", "lower"},
	{"cpu-ns/op", "lower"},
	{"ops/s", "higher"},
	{"exact-allocs/op", "lower"},
	{"exact-B/op", "lower"},
	{"vcsw/op", "lower"},
	{"acquire-p50-ns", "lower"},
	{"acquire-p90-ns", "lower"},
	{"acquire-p99-ns", "lower"},
	{"acquire-p99.9-ns", "lower"},
	{"acquire-max-ns", "lower"},
	{"jain", "higher"},
	{"longest/median-wait", "lower"},
	{"grants/try", "higher"},
	{"recorder-ns/op", "lower"},
	{benchkey.Turns, "higher"},
}

// A benchmark measures one row: a case on an implementation. Package testing calls run several
// times with growing b.N. The benchmark keeps the results that do not depend on b.N in between.
type benchmark struct {
	Case
	impl impls.Impl

	fixedN int           // operations, if they were determined beforehand; else 0
	limit  time.Duration // of the timed pass; 0: none
	done   int           // operations of the timed pass: fewer than b.N if the limit came first

	counted bool    // allocs and bytes are known
	allocs  float64 // allocations per operation
	bytes   float64 // allocated bytes per operation

	recorderInterval uint64  // the recorder times one call in recorderInterval; 0: not yet chosen
	recorderCost     float64 // time that the recorder adds to an Acquire, in ns
}

// run makes three passes over fresh semaphores, so that no metric pays for another: the counting
// pass, the timed pass with nothing in between, and the recorded pass that times Acquire.
func (m *benchmark) run(b *testing.B) error {
	if b.N < m.fixedN {
		return nil // package testing always begins with one operation
	}
	if slice.Only() {
		// A duel of two versions runs slices of a millisecond, and wants the timed pass alone. It
		// asks for the allocations in another call, so they must be counted again then.
		m.counted = false
		return m.timedPass(b)
	}
	if !m.counted {
		if err := m.check(); err != nil {
			return err
		}
		if _, err := m.countingPass(); err != nil {
			return err
		}
	}
	if err := m.timedPass(b); err != nil {
		return err
	}
	b.ReportMetric(m.allocs, "exact-allocs/op")
	b.ReportMetric(m.bytes, "exact-B/op")
	return m.recordedPass(b)
}

// check validates the row and performs one operation. A semaphore that loses permits fails here,
// where many operations would block for ever.
func (m *benchmark) check() error {
	if err := m.impl.Validate(); err != nil {
		return err
	}
	if m.impl.NoTry {
		return fmt.Errorf("bench: %s declares NoTry, and permits are counted by TryAcquire", m.impl.Name)
	}
	if err := m.validate(); err != nil {
		return err
	}
	t, err := newTrial(m.Case, m.impl, 1)
	if err != nil {
		return err
	}
	return t.run(m.Workload)
}

// timedPass performs b.N operations, or fewer within a limit, and reports time per operation.
//
// The clock is read twice, before the first and after the last operation. Reading it for each
// operation would cost more than an operation on a free semaphore.
func (m *benchmark) timedPass(b *testing.B) error {
	b.ReportAllocs()
	b.StopTimer()
	t, err := newTrial(m.Case, m.impl, b.N)
	if err != nil {
		return err
	}
	var before, after rusage.Usage
	t.begin = func() {
		b.ResetTimer()
		// StartTimer reads the memory statistics, which stops the world. The processor time for
		// that belongs to no operation, so it is spent before the first reading.
		b.StartTimer()
		before = rusage.Self()
	}
	t.end = func() {
		after = rusage.Self()
		b.StopTimer()
	}
	t.limit = m.limit
	if err := t.run(m.Workload); err != nil {
		return err
	}
	m.done = t.done()
	n, used := float64(m.done), after.Minus(before)
	b.ReportMetric(float64(used.CPU())/n, "cpu-ns/op")
	if used.Voluntary >= 0 {
		b.ReportMetric(float64(used.Voluntary)/n, "vcsw/op")
	}
	b.ReportMetric(n/b.Elapsed().Seconds(), "ops/s")
	if granted := t.granted.Load(); granted > 0 {
		b.ReportMetric(float64(b.Elapsed())/float64(granted), "ns/grant")
	}
	return nil
}

// countingPass counts allocations over a fixed number of operations, and returns the time that
// they took.
//
// Two semaphores are counted, the second one over twice as many operations, and the difference counts.
// So the single allocations of a new semaphore or workload, such as connections, are no part of it: over a few
// hundred operations they would look like half an allocation each. The first wait of a goroutine allocates,
// too, and the difference would keep that, because over twice as many operations more goroutines wait. warmUp
// makes these allocations before.
func (m *benchmark) countingPass() (took time.Duration, err error) {
	n := m.countedOperations()
	once, took, err := m.allocated(n)
	if err != nil {
		return 0, err
	}
	twice, _, err := m.allocated(2 * n)
	if err != nil {
		return 0, err
	}
	m.counted = true
	// Under contention the second semaphore may have had fewer waiters than the first one.
	m.allocs = max(0, float64(twice.Mallocs)-float64(once.Mallocs)) / float64(n)
	m.bytes = max(0, float64(twice.TotalAlloc)-float64(once.TotalAlloc)) / float64(n)
	return took, nil
}

// allocated returns what n operations on a new semaphore allocate, and the time that they took.
//
// The garbage collector is off: a collection empties every sync.Pool, which the next operations
// would fill again, so the count would depend on when collections happen. A goroutine that gets
// permits yields: otherwise so few operations would finish before any goroutine loses its core
// while it holds permits. On a machine of two cores no goroutine would then wait, and the
// allocations of waiting would not be counted.
func (m *benchmark) allocated(n int) (counts runtime.MemStats, took time.Duration, err error) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	warms := !m.Workload.Floor // the floor is no semaphore: nothing waits for it
	t := &Trial{Shape: m.Shape, N: n, impl: m.impl, yields: true, warms: warms}
	if t.Sem, err = t.New(m.Permits); err != nil {
		return counts, 0, err
	}
	var before, after runtime.MemStats
	t.begin = func() { runtime.ReadMemStats(&before); took = now() }
	t.end = func() { took = now() - took; runtime.ReadMemStats(&after) }
	if err := t.run(m.Workload); err != nil {
		return counts, 0, err
	}
	counts.Mallocs, counts.TotalAlloc = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
	return counts, took, nil
}

func (m *benchmark) countedOperations() int {
	if m.Counted > 0 {
		return m.Counted
	}
	return 1000
}

// recordedPass times Acquire for a quarter of the time of the timed pass, or longer if its goroutines
// need that for their turns. Its length is a time and not a number of operations, because fairness
// depends on how long one looks.
func (m *benchmark) recordedPass(b *testing.B) error {
	t, err := newTrial(m.Case, m.impl, m.recordedOperations(m.done))
	if err != nil {
		return err
	}
	if m.recorderInterval == 0 {
		m.recorderInterval, m.recorderCost = chooseInterval()
	}
	t.limit = m.recordedTime(b.Elapsed(), m.done)
	t.recorders = newRecorders(m.Goroutines, m.recorderInterval, t.limit)
	if err := t.run(m.Workload); err != nil {
		return err
	}
	b.ReportMetric(m.recorderCost, "recorder-ns/op")
	fairness := jain(t.recorders) // before merge, which adds the goroutines up
	m.reportRecorded(b, t, merge(t.recorders), fairness)
	return nil
}

// reportRecorded reports the recorded metrics. It leaves out figures without a meaning: the fairness
// of one goroutine, the latency of an Acquire that was never called, and both if the goroutines had
// too few turns.
func (m *benchmark) reportRecorded(b *testing.B, t *Trial, r recorder, fairness float64) {
	if m.Refuses && r.tries > 0 {
		b.ReportMetric(float64(r.grants)/float64(r.tries), "grants/try")
	}
	if turns := float64(t.done()) / float64(m.Goroutines); turns < enoughTurns {
		// The pass is too short for waiting times. The number of turns takes the place of the
		// figures, so that a withheld figure does not look like a figure that does not exist.
		b.ReportMetric(turns, benchkey.Turns)
		return
	}
	if m.Goroutines > 1 && r.permits > 0 {
		b.ReportMetric(fairness, "jain")
	}
	if r.latencies.TotalCount() == 0 {
		return
	}
	for unit, percent := range map[string]float64{
		"acquire-p50-ns": 50, "acquire-p90-ns": 90, "acquire-p99-ns": 99, "acquire-p99.9-ns": 99.9,
	} {
		b.ReportMetric(float64(r.percentile(percent)), unit)
	}
	// One goroutine never waits. Its longest call is the longest interrupt of the machine in this pass, and an
	// implementation that does more operations in the pass meets more interrupts.
	if m.Goroutines > 1 {
		b.ReportMetric(float64(r.longest), "acquire-max-ns")
		median := max(r.percentile(50), 1)
		b.ReportMetric(float64(r.longest)/float64(median), "longest/median-wait")
	}
}

// run runs the workload, and checks afterwards that every semaphore has exactly its permits. A
// semaphore that loses or invents permits is wrong, and its times mean nothing: the trial is an
// error and no measurement.
func (t *Trial) run(w Workload) error {
	if err := w.Run(t); err != nil {
		return err
	}
	for _, c := range t.created {
		if !t.hasAll(c) || c.sem.TryAcquire(1) {
			return fmt.Errorf("%s does not have its %d permits back after %d operations",
				t.impl.Name, c.size, t.N)
		}
		if err := impls.Close(c.sem); err != nil {
			return err
		}
	}
	return nil
}

// newTrial returns a trial of n operations with a fresh semaphore. The caller sets the unexported
// fields that its pass needs. begin and end do nothing by default, so that Parallel calls them without a look.
func newTrial(c Case, impl impls.Impl, n int) (*Trial, error) {
	t := &Trial{Shape: c.Shape, N: n, impl: impl, begin: func() {}, end: func() {}}
	sem, err := t.New(c.Permits)
	t.Sem = sem
	return t, err
}
