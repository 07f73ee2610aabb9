package bench_test

import (
	"context"
	"errors"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/internal/benchkey"
	"github.com/semabench/semabench/internal/longtest"
)

func BenchmarkSemaphore(b *testing.B) { bench.Run(b, impls.All()...) }

// shortest is a benchtime at which a sample does the least work that it can.
const shortest = time.Microsecond

// skipUnlessLong skips a test that takes longer than `make test` has time for.
func skipUnlessLong(t *testing.T) {
	t.Helper()
	longtest.Need(t, "the tests of single cases")
}

// Every case of a default run gives a line of benchmark text with its metrics. Each case is tried
// on one implementation, in turns; TestSampleOfEveryCase tries all of them.
func TestSampleOfDefaultRun(t *testing.T) {
	all := impls.All()
	for i, c := range bench.Cases(bench.Workloads(), false) {
		mustSample(t, c, all[i%len(all)])
	}
}

// Every case of a full run gives a line of benchmark text with its metrics. The shapes of a default
// run are tried on every implementation. The further shapes are tried on one implementation each,
// in turns: the shape is the same for all of them, and the test takes a third of the time.
func TestSampleOfEveryCase(t *testing.T) {
	skipUnlessLong(t)
	for i, c := range bench.Cases(bench.Workloads(), true) {
		all := impls.All()
		if !slices.Contains(c.Workload.Shapes, c.Shape) {
			all = all[i%len(all):][:1]
		}
		for _, impl := range all {
			mustSample(t, c, impl)
		}
	}
}

// mustSample takes a sample and fails the test if the line lacks its name or a metric.
func mustSample(t *testing.T, c bench.Case, impl impls.Impl) {
	t.Helper()
	line, err := c.Sample(impl, shortest)
	if err != nil {
		t.Error(err)
		return
	}
	if want := "BenchmarkSemaphore/" + c.Name(impl); !strings.HasPrefix(line, want) {
		t.Errorf("line is %q, want it to begin with %q", line, want)
	}
	for _, unit := range []string{"sec/op", "cpu-sec/op", "B/op", "allocs/op",
		"exact-B/op", "exact-allocs/op", "ops/s", "recorder-sec/op"} {
		if _, ok := parse(t, line).Value(unit); !ok {
			t.Errorf("no %s in %q", unit, line)
		}
	}
}

// parse reads one line of benchmark text with the parser that benchstat uses.
func parse(t *testing.T, line string) *benchfmt.Result {
	t.Helper()
	r := benchfmt.NewReader(strings.NewReader(line), "line")
	if !r.Scan() {
		t.Fatalf("%q is not benchmark text: %v", line, r.Err())
	}
	result, ok := r.Result().(*benchfmt.Result)
	if !ok {
		t.Fatalf("%q is not a benchmark line: %v", line, r.Result())
	}
	return result
}

var errBroken = errors.New("broken on purpose")

// A broken semaphore fails in Acquire or loses permits in Release.
type broken struct {
	impls.Semaphore
	err  error // returned by Acquire; nil: Acquire works
	lose bool  // Release loses the permits
}

func (s broken) Acquire(ctx context.Context, n int64) error {
	if s.err != nil {
		return s.err
	}
	return s.Semaphore.Acquire(ctx, n)
}

func (s broken) Release(n int64) {
	s.Semaphore.Release(n)
	if s.lose {
		s.Semaphore.TryAcquire(n)
	}
}

// A semaphore that does not work is an error that names it, and not a row with short times.
func TestBrokenImplementations(t *testing.T) {
	one := impls.All()[0]
	uncontended := bench.Cases(bench.Workloads(), false)[0]
	wrap := func(b broken) func(int64) impls.Semaphore {
		return func(size int64) impls.Semaphore {
			b.Semaphore = one.New(size + 1)
			b.Semaphore.TryAcquire(1)
			return b
		}
	}
	for _, test := range []struct {
		impl impls.Impl
		want string
	}{
		{impls.Impl{Name: "fails", New: wrap(broken{err: errBroken})}, "fails/.*broken on purpose"},
		{impls.Impl{Name: "panics", New: func(int64) impls.Semaphore { panic("no") }},
			"panics: New.* panicked: no"},
		{impls.Impl{Name: "nil", New: func(int64) impls.Semaphore { return nil }},
			"nil: New.* returned nil"},
		{impls.Impl{Name: "typednil", New: func(int64) impls.Semaphore { return (*broken)(nil) }},
			"typednil: New.* returned a nil"},
		{impls.Impl{Name: "a b", New: one.New}, `name "a b"`},
		{impls.Impl{Name: "none"}, "no constructor"},
	} {
		_, err := uncontended.Sample(test.impl, shortest)
		if err == nil || !regexp.MustCompile(test.want).MatchString(err.Error()) {
			t.Errorf("%s: error is %v, want %s", test.impl.Name, err, test.want)
		}
	}
	for _, c := range bench.Cases(bench.Workloads(), false) {
		loses := impls.Impl{Name: "loses", New: wrap(broken{lose: true})}
		if c.Goroutines > 1 {
			continue // the other goroutines would wait for the lost permits for ever
		}
		if _, err := c.Sample(loses, shortest); err == nil {
			t.Errorf("%s: the semaphore lost permits, but Sample returned no error", c.Name(loses))
		}
	}
}

// Run and RunWorkloads refuse arguments with which they could measure nothing.
func TestRunWithNothingToMeasure(t *testing.T) {
	one, none := impls.All()[0], impls.Impl{Name: "none"}
	for name, run := range map[string]func(b *testing.B){
		"no implementation": func(b *testing.B) { bench.Run(b) },
		"no workload":       func(b *testing.B) { bench.RunWorkloads(b, nil, one) },
		"no shapes": func(b *testing.B) {
			bench.RunWorkloads(b, []bench.Workload{{Name: "w"}}, one)
		},
		"no constructor": func(b *testing.B) {
			bench.RunWorkloads(b, []bench.Workload{mine}, none)
		},
	} {
		failed := false
		testing.Benchmark(func(b *testing.B) {
			defer func() { failed = b.Failed() }()
			run(b)
		})
		if !failed {
			t.Errorf("%s: the benchmark passed, want a failure", name)
		}
	}
}

// Everything that `go test -bench` prints is benchmark text, and begins with its configuration.
// benchstat makes one table of it for each unit and workload.
func TestBenchstatReadsTheText(t *testing.T) {
	text := run(t, nil, "go", "test", "-run=^$",
		"-bench=Semaphore/workload=(uncontended|contended)", "-benchtime=1us", "-count=2", ".")
	for _, want := range []string{"commit: ", "gomaxprocs: ", "kernel: ", "cpu: ",
		"order: sequential", "Unit cpu-ns/op better=lower", "Unit jain better=higher",
		"Unit acquire-p99.9-ns better=lower"} {
		if !strings.Contains(text, "\n"+want) && !strings.HasPrefix(text, want) {
			t.Errorf("no line begins with %q in\n%s", want, text)
		}
	}
	csv := run(t, strings.NewReader(text),
		"go", "tool", "benchstat", "-format=csv", "-col=/impl", "-")
	for _, w := range []string{"uncontended", "contended"} {
		if n := strings.Count(csv, "\nworkload: "+w+"\n"); n != 1 {
			t.Errorf("benchstat made %d groups of tables for %s, want 1:\n%s", n, w, csv)
		}
	}
	var names []string
	for _, impl := range impls.All() {
		names = append(names, impl.Name)
	}
	if !regexp.MustCompile(`(?m)^,` + strings.Join(names, ",+") + `,*$`).MatchString(csv) {
		t.Errorf("no table has the columns %v:\n%s", names, csv)
	}
}

// Readers of the text ask for its configuration by the constants of package benchkey. A key that no
// line has would make the gate compare empty values, and accept texts of different builds.
func TestHeaderHasTheKeysThatReadersAskFor(t *testing.T) {
	lines := strings.Split(headerText(), "\n")
	for _, key := range []string{benchkey.CPU, benchkey.CPUs, benchkey.Governor,
		benchkey.Virtualised, benchkey.CPUQuota, benchkey.Kernel, benchkey.ASLR, benchkey.Go,
		benchkey.Level(runtime.GOARCH), benchkey.Build, benchkey.GoRuntime, benchkey.Commit,
		benchkey.GOMAXPROCS, benchkey.Order} {
		has := func(line string) bool { return strings.HasPrefix(line, key+": ") }
		if !slices.ContainsFunc(lines, has) {
			t.Errorf("no configuration line for the key %q in\n%s", key, headerText())
		}
	}
}

// Tools that read Unit lines read the declarations too, each need under the key of its name.
func TestDeclarationsAreUnitLines(t *testing.T) {
	var text strings.Builder
	if err := bench.WriteDeclarations(&text, impls.All()); err != nil {
		t.Fatal(err)
	}
	reader := benchfmt.NewReader(strings.NewReader(text.String()), "declarations")
	for reader.Scan() {
		if broken, ok := reader.Result().(*benchfmt.SyntaxError); ok {
			t.Error(broken)
		}
	}
	for _, impl := range impls.All() {
		for _, need := range impl.Needs() {
			got := reader.Units().Get("/impl="+impl.Name, need.Name)
			if got == nil || (got.Value == "yes") != need.Met {
				t.Errorf("%s of %s is %+v, want met: %v", need.Name, impl.Name, got, need.Met)
			}
		}
	}
	want := "no-burn,starvation-free,no-defect"
	if got := reader.Units().Get("/impl", "require"); got == nil || got.Value != want {
		t.Errorf("the needs of a service are %+v, want %s", got, want)
	}
}

// run returns the standard output of a command, and fails the test if the command fails.
func run(t *testing.T, stdin *strings.Reader, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	if stdin != nil {
		cmd.Stdin = stdin
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s%s", cmd, err, out, stderr.String())
	}
	return string(out)
}
