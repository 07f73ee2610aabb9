package bench

import (
	"flag"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
)

// Sample measures one row once, in this process, and returns the line of benchmark text for it. The
// given time goes to the figures per operation; see Estimate for all of it.
func (c Case) Sample(impl impls.Impl, benchtime time.Duration) (string, error) {
	m := measurement{Case: c, impl: impl}
	r, err := m.sample(benchtime)
	if err != nil {
		return "", fmt.Errorf("%s: %w", c.Name(impl), err)
	}
	name := "BenchmarkSemaphore/" + c.Name(impl)
	if procs := runtime.GOMAXPROCS(0); procs != 1 {
		name += fmt.Sprintf("-%d", procs)
	}
	return fmt.Sprintf("%s\t%s\t%s\n", name, r, r.MemString()), nil
}

// Estimate says how long Sample takes in all, with the process that semabench starts for it: about
// 1.6 times the given time, which is what was measured over all workloads on a quiet machine, and
// the latencies of what is counted. Where implementations fall from one pace into another a
// sample may take ten times as long, but few do.
func (c Case) Estimate(benchtime time.Duration) time.Duration {
	const process = 30 * time.Millisecond
	m := measurement{Case: c}
	counted := time.Duration(m.operations()) * c.Latency / time.Duration(max(c.Permits, 1))
	return process + counted + benchtime*8/5
}

func (m *measurement) sample(benchtime time.Duration) (r testing.BenchmarkResult, err error) {
	n, err := m.warmUp(benchtime)
	for range 3 {
		if err != nil {
			break
		}
		r, err = m.benchmark(n)
		if r.T >= benchtime/2 {
			break
		}
		// It went faster than the warm-up let expect, which had been stopped, or slow for once.
		n = more(n, r.T, benchtime)
	}
	return r, err
}

// benchmark is testing.Benchmark with a given number of operations.
func (m *measurement) benchmark(n int) (r testing.BenchmarkResult, err error) {
	testing.Init()
	if err := flag.Set("test.benchtime", fmt.Sprintf("%dx", n)); err != nil {
		return r, fmt.Errorf("setting the operations of a sample: %w", err)
	}
	m.planned = n
	r = testing.Benchmark(func(b *testing.B) {
		if err = m.measure(b); err != nil {
			b.FailNow()
		}
	})
	return r, err
}

// warmUp counts allocations and then works for an eighth of the time, by which it knows how many
// operations fill all of it. Package testing looks for that in steps of a hundred times as many. A
// step that is over before anybody has lost a core says nothing of a semaphore on which goroutines
// meet: the next one took ten times what was asked for.
func (m *measurement) warmUp(benchtime time.Duration) (n int, err error) {
	if err := m.check(); err != nil {
		return 0, err
	}
	took, err := m.count()
	if err != nil {
		return 0, err
	}
	n = m.operations()
	for enough := benchtime / 8; ; {
		n, took, err = m.work(more(n, took, enough+enough/2), enough)
		if err != nil || took >= enough || n == mostOperations {
			return more(n, took, benchtime), err
		}
	}
}

const mostOperations = 1_000_000_000 // as in package testing

// more returns how many operations fill the time if n took so long. It is no more than 16 times
// as many, since a guess may be wrong.
func more(n int, took, fill time.Duration) int {
	factor := min(float64(fill)/float64(max(took, 1)), 16)
	return min(max(int(float64(n)*factor), 1), mostOperations)
}

// work does so many operations, or fewer within the limit, and says how many and how long.
func (m *measurement) work(planned int, limit time.Duration) (n int, took time.Duration, err error) {
	t, err := newTrial(m.Case, m.impl, planned)
	if err != nil {
		return 0, 0, err
	}
	var began time.Duration
	t.limit = limit
	t.begin = func() { began = now() }
	t.end = func() { took = now() - began }
	if err := t.run(m.Workload); err != nil {
		return 0, 0, err
	}
	return t.done(), took, nil
}
