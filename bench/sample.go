package bench

import (
	"flag"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/semabench/semabench/impls"
)

// Sample measures one row once, in this process, and returns its line of benchmark text. The timed
// pass takes about benchtime; see Estimate for the whole.
//
// Sample sets the flag test.benchtime and turns the garbage collector off for a while. Two calls
// at the same time would disturb each other.
func (c Case) Sample(impl impls.Impl, benchtime time.Duration) (string, error) {
	m := benchmark{Case: c, impl: impl}
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

// Estimate predicts how long a sample takes, including the process that semabench starts for it:
// 1.6 times benchtime, plus the latencies in the counting pass, which counts n operations and then 2n,
// and more for a case whose latencies alone make its turns last longer. The factor was measured over
// all workloads on a quiet machine. An implementation that alternates between a fast and a slow mode
// may need ten times as long, but few do.
func (c Case) Estimate(benchtime time.Duration) time.Duration {
	const process = 30 * time.Millisecond
	m := benchmark{Case: c}
	counting := time.Duration(3*m.countedOperations()) * c.Latency / time.Duration(max(c.Permits, 1))
	return process + counting + benchtime*8/5 + c.recordedEstimate(benchtime)
}

// sample determines the number of operations by a warm-up, and measures. A sample that lasted less
// than half of benchtime is measured again with more operations.
func (m *benchmark) sample(benchtime time.Duration) (r testing.BenchmarkResult, err error) {
	n, err := m.warmUp(benchtime)
	m.limit = mostOfBenchtime * benchtime
	// Three tries: an implementation that alternates between two speeds may mislead each of them,
	// and a sample must end. The last try counts, whatever its length.
	for range 3 {
		if err != nil {
			break
		}
		r, err = m.runN(n)
		if r.T >= benchtime/2 {
			break
		}
		// The warm-up overestimated the time per operation: it was interrupted, or ran slowly once.
		n = scale(n, r.T, benchtime)
	}
	return r, err
}

// mostOfBenchtime bounds the timed pass in units of benchtime. A row may be ten times as slow as its warm-up: other
// work took the core, or the semaphore went from one speed to another. The samples of such rows took half of the
// time of a whole run, and knew no more than samples of twice the benchtime.
const mostOfBenchtime = 2

// runN is testing.Benchmark with a given number of operations, or with fewer if the time limit comes first.
func (m *benchmark) runN(n int) (r testing.BenchmarkResult, err error) {
	testing.Init()
	if err := flag.Set("test.benchtime", fmt.Sprintf("%dx", n)); err != nil {
		return r, fmt.Errorf("setting the operations of a sample: %w", err)
	}
	m.fixedN = n
	r = testing.Benchmark(func(b *testing.B) {
		if err = m.run(b); err != nil {
			b.FailNow()
		}
	})
	r.N = m.done // package testing divides the time and the allocations by it
	return r, err
}

// warmUp returns the number of operations that fill benchtime. It makes the counting pass first,
// and then works for at least an eighth of benchtime.
//
// Package testing searches in steps of up to a hundred times as many operations. A step that ends
// before any goroutine loses its core says nothing about a semaphore with contention: the next
// step then takes ten times the requested time. Steps here are bounded by a time as well.
func (m *benchmark) warmUp(benchtime time.Duration) (n int, err error) {
	if err := m.check(); err != nil {
		return 0, err
	}
	took, err := m.countingPass()
	if err != nil {
		return 0, err
	}
	n = m.countedOperations()
	for enough := benchtime / 8; ; {
		n, took, err = m.work(scale(n, took, enough+enough/2), enough)
		if err != nil || took >= enough || n == maxOperations {
			return scale(n, took, benchtime), err
		}
	}
}

const maxOperations = 1_000_000_000 // as in package testing

// scale returns how many operations fill the time fill, if n operations took the time took. The
// result is at most 16 times n: a few operations predict the time of many operations badly.
func scale(n int, took, fill time.Duration) int {
	factor := min(float64(fill)/float64(max(took, 1)), 16)
	return min(max(int(float64(n)*factor), 1), maxOperations)
}

// work performs operations, at most the number most, and begins none after the time limit. It
// returns how many were performed and how long they took.
func (m *benchmark) work(most int, limit time.Duration) (n int, took time.Duration, err error) {
	t, err := newTrial(m.Case, m.impl, most)
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
