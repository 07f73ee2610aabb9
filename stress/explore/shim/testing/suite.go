package testing

import (
	"testing"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// ExploreTest explores one test of a suite. Package explore sets it in the binary that it builds
// for a suite: this package cannot import it, as package explore imports this one.
var ExploreTest func(t *testing.T, body func(*T))

// Explore is called by the Test functions of a rewritten suite.
func Explore(t *testing.T, body func(*T)) {
	t.Helper()
	if ExploreTest == nil {
		t.Fatal("explore: this binary was not built by explore.Suite")
	}
	ExploreTest(t, body)
}

// An InternalTest is a testing.InternalTest.
type InternalTest struct {
	Name string
	F    func(*T)
}

// RunTests refuses, because it is for go test.
func RunTests(func(pat, str string) (bool, error), []InternalTest) bool {
	schedrt.Refuse("testing.RunTests is not under control")
	return false
}

// AllocsPerRun refuses under control, because it would count the allocations of the engine.
func AllocsPerRun(runs int, f func()) float64 {
	if schedrt.Controlled() {
		schedrt.Refuse("testing.AllocsPerRun, which would count what the engine allocates, " +
			"is not under control")
	}
	return testing.AllocsPerRun(runs, f)
}

// Benchmark refuses under control, because it would measure the engine.
func Benchmark(f func(*testing.B)) testing.BenchmarkResult {
	if schedrt.Controlled() {
		schedrt.Refuse("testing.Benchmark, which would measure the engine, is not under control")
	}
	return testing.Benchmark(f)
}
