package bench

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/slice"
)

// metrics are the units of this package beside those of package testing, which benchstat knows.
var metrics = []struct{ unit, better string }{
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
}

// A measurement takes one row. It lives as long as package testing takes to find out how many
// operations fill the time, and is asked for more of them each time.
type measurement struct {
	Case
	impl    impls.Impl
	planned int     // operations, where they were found out before; else 0
	counted bool    // allocs and bytes are known
	allocs  float64 // per operation, and bytes
	bytes   float64
	every   uint64  // how many calls of Acquire there are for each that is timed; 0: not yet known
	costs   float64 // of the recorder in ns
}

// measure makes three passes over fresh semaphores, so that no figure pays for another: the timed
// one with nothing in between, one that counts allocations, and one that times calls of Acquire.
func (m *measurement) measure(b *testing.B) error {
	if b.N < m.planned {
		return nil // package testing always begins with one operation
	}
	if slice.Only() {
		m.counted = false // so that it is counted anew when that is wanted
		return m.time(b)
	}
	if !m.counted {
		if err := m.check(); err != nil {
			return err
		}
		if _, err := m.count(); err != nil {
			return err
		}
	}
	if err := m.time(b); err != nil {
		return err
	}
	b.ReportMetric(m.allocs, "exact-allocs/op")
	b.ReportMetric(m.bytes, "exact-B/op")
	return m.record(b)
}

// check does one operation. A semaphore that loses permits is caught by that, where many operations
// would hang.
func (m *measurement) check() error {
	if err := m.impl.Validate(); err != nil {
		return err
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

// time is the pass that package testing times.
func (m *measurement) time(b *testing.B) error {
	b.ReportAllocs()
	b.StopTimer()
	t, err := newTrial(m.Case, m.impl, b.N)
	if err != nil {
		return err
	}
	var before, after usage
	t.begin = func() {
		b.ResetTimer()
		b.StartTimer() // stops the world for a moment, which is no operation's doing
		before = used()
	}
	t.end = func() {
		after = used()
		b.StopTimer()
	}
	if err := t.run(m.Workload); err != nil {
		return err
	}
	n := float64(b.N)
	b.ReportMetric(float64(after.cpu-before.cpu)/n, "cpu-ns/op")
	if after.switches >= 0 {
		b.ReportMetric(float64(after.switches-before.switches)/n, "vcsw/op")
	}
	b.ReportMetric(n/b.Elapsed().Seconds(), "ops/s")
	return nil
}

// count is the pass that counts allocations, over a number of operations that depends on nothing.
// The collector is off meanwhile: it empties pools that the next operation would fill again.
// Whoever gets permits yields: so few operations are over before anybody loses a core with permits
// in hand, and then nobody would wait, on a machine of two cores.
func (m *measurement) count() (took time.Duration, err error) {
	n := m.operations()
	t, err := newTrial(m.Case, m.impl, n)
	if err != nil {
		return 0, err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	t.yields = true
	var before, after runtime.MemStats
	t.begin = func() { runtime.ReadMemStats(&before); took = now() }
	t.end = func() { took = now() - took; runtime.ReadMemStats(&after) }
	if err := t.run(m.Workload); err != nil {
		return 0, err
	}
	m.counted = true
	m.allocs = float64(after.Mallocs-before.Mallocs) / float64(n)
	m.bytes = float64(after.TotalAlloc-before.TotalAlloc) / float64(n)
	return took, nil
}

// operations is how many are counted.
func (m *measurement) operations() int {
	if m.Counted > 0 {
		return m.Counted
	}
	return 1000
}

// record is the pass with a recorder. It takes a quarter of the time of the timed one. A time and not a
// number of operations, because fairness depends on how long one looks.
func (m *measurement) record(b *testing.B) error {
	t, err := newTrial(m.Case, m.impl, b.N)
	if err != nil {
		return err
	}
	if m.every == 0 {
		m.every, m.costs = affordable()
	}
	t.limit = max(b.Elapsed()/4, 1)
	t.recorders = newRecorders(m.Goroutines, m.every, t.limit)
	if err := t.run(m.Workload); err != nil {
		return err
	}
	b.ReportMetric(m.costs, "recorder-ns/op")
	index := jain(t.recorders)
	m.report(b, merge(t.recorders), index)
	return nil
}

// report reports what was recorded. What says nothing is left out: fairness of one goroutine, the
// latency of an Acquire that was never called.
func (m *measurement) report(b *testing.B, r recorder, index float64) {
	if m.Refuses && r.tries > 0 {
		b.ReportMetric(float64(r.grants)/float64(r.tries), "grants/try")
	}
	if m.Goroutines > 1 && r.permits > 0 {
		b.ReportMetric(index, "jain")
	}
	if r.latencies.TotalCount() == 0 {
		return
	}
	for unit, percent := range map[string]float64{
		"acquire-p50-ns": 50, "acquire-p90-ns": 90, "acquire-p99-ns": 99, "acquire-p99.9-ns": 99.9,
	} {
		b.ReportMetric(float64(r.percentile(percent)), unit)
	}
	b.ReportMetric(float64(r.longest), "acquire-max-ns")
	if m.Goroutines > 1 {
		median := max(r.percentile(50), 1)
		b.ReportMetric(float64(r.longest)/float64(median), "longest/median-wait")
	}
}
