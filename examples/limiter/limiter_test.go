package limiter

import (
	"testing"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress"
	"github.com/semabench/semabench/stress/explore"
)

func TestLimiter(t *testing.T) { stress.Run(t, impls.Of("limiter", New)) }

func TestSchedules(t *testing.T) { explore.Semaphore(t, impls.Of("limiter", New)) }

func FuzzLimiter(f *testing.F) { stress.Fuzz(f, impls.Of("limiter", New)) }

func BenchmarkLimiter(b *testing.B) { bench.Run(b, impls.Of("limiter", New)) }
