package bench_test

import (
	"testing"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/impls"
)

func BenchmarkSemaphore(b *testing.B) { bench.Run(b, impls.All()...) }
