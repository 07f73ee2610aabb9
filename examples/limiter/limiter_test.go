package limiter

import (
	"testing"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress"
	"github.com/semabench/semabench/stress/explore"
)

// stress.Run checks every clause of the contract of a semaphore.
func TestLimiter(t *testing.T) { stress.Run(t, impls.Of("limiter", New)) }

// explore.Semaphore explores the schedules of small programs on the Limiter.
func TestSchedules(t *testing.T) { explore.Semaphore(t, impls.Of("limiter", New)) }

// Without -fuzz this is an ordinary test of the seed corpus.
func FuzzLimiter(f *testing.F) { stress.Fuzz(f, impls.Of("limiter", New)) }

// bench.Run measures the Limiter at the workloads of a default run.
func BenchmarkLimiter(b *testing.B) { bench.Run(b, impls.Of("limiter", New)) }
