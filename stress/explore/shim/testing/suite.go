package testing

import (
	"testing"

	"github.com/semabench/semabench/stress/explore/schedrt"
)

// ExploreTest explores one test of a suite. Package explore sets it in the binary that it builds
// for a suite: this package cannot import it, as package explore imports this one.
var ExploreTest func(t *testing.T, body func(*T))

// Explore is called by the Test functions of a rewritten suite, and by ExploreFuzz for its Fuzz
// functions. A nil ExploreTest means that the rewritten files were built by hand: silence would pass as
// a test.
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

// AllocsPerRun is testing.AllocsPerRun. Under control it calls f twice, to warm up and to count, as
// the original does with one run, and returns zero: the real number has what the engine allocates.
// A test that wants a number other than zero is refused. Almost all tests want zero and pass. Doubt
// makes a failure that follows a refusal.
func AllocsPerRun(runs int, f func()) float64 {
	if !schedrt.Controlled() {
		return testing.AllocsPerRun(runs, f)
	}
	f()
	f()
	schedrt.Doubt("testing.AllocsPerRun, which would count what the engine allocates,", false)
	return 0
}

// Benchmark refuses under control, because it would measure the engine.
func Benchmark(f func(*testing.B)) testing.BenchmarkResult {
	if schedrt.Controlled() {
		schedrt.Refuse("testing.Benchmark, which would measure the engine, is not under control")
	}
	return testing.Benchmark(f)
}
