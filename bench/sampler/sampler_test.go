package sampler_test

import (
	"errors"
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/bench"
	"github.com/semabench/semabench/bench/sampler"
	"github.com/semabench/semabench/impls"
)

const row = "workload=uncontended/impl=cond/permits=1/goroutines=1"

func answer(t *testing.T, r sampler.Request, table ...impls.Impl) (string, error) {
	t.Helper()
	var out strings.Builder
	err := r.Answer(&out, table)
	return out.String(), err
}

func TestSample(t *testing.T) {
	line, err := answer(t, sampler.Request{Row: row, Benchtime: time.Millisecond}, impls.All()...)
	if err != nil || !strings.HasPrefix(line, "BenchmarkSemaphore/"+row) ||
		strings.Count(line, "\n") != 1 {
		t.Errorf("the answer is %q, %v, want the line of %s", line, err, row)
	}
}

func TestHeader(t *testing.T) {
	text, err := answer(t, sampler.Request{Header: true})
	for _, want := range []string{"goos: ", "pkg: ", "order: interleaved\n", "warm-up: ", "Unit "} {
		if !strings.Contains(text, want) {
			t.Errorf("the header (%v) lacks %q:\n%s", err, want, text)
		}
	}
}

// A plan needs the names and weights of implementations that only the program knows.
func TestTable(t *testing.T) {
	one := impls.Impl{Name: "one", UnitWeights: true}
	text, err := answer(t, sampler.Request{Table: true}, impls.All()[0], one)
	want := `[{"Name":"cond","UnitWeights":false},{"Name":"one","UnitWeights":true}]` + "\n"
	if err != nil || text != want {
		t.Errorf("the table is %s (%v), want %s", text, err, want)
	}
	if _, err := answer(t, sampler.Request{Table: true}, one, one); err == nil {
		t.Error("two implementations of one name are accepted")
	}
}

func TestRefusals(t *testing.T) {
	broken := impls.Impl{Name: "cond", New: func(int64) impls.Semaphore { return nil }}
	for _, test := range []struct {
		row  string
		time time.Duration
		want string
	}{
		{"workload=sleep/impl=cond", time.Millisecond, "unknown row"},
		{row, 0, "-benchtime=0s"},
		{row, time.Millisecond, "returned nil"},
	} {
		_, err := answer(t, sampler.Request{Row: test.row, Benchtime: test.time}, broken)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v, want %q", test.row, err, test.want)
		}
		if failed := errors.Is(err, sampler.ErrFailed); failed != (test.want == "returned nil") {
			t.Errorf("%v: is ErrFailed %v", err, failed)
		}
	}
}

// Flags reads the arguments that Args returns.
func TestArgs(t *testing.T) {
	for _, want := range []sampler.Request{
		{Row: row, Benchtime: 3 * time.Second}, {Header: true, Benchtime: 100 * time.Millisecond},
		{Table: true, Benchtime: 100 * time.Millisecond},
	} {
		var got sampler.Request
		f := flag.NewFlagSet("", flag.ContinueOnError)
		f.SetOutput(io.Discard)
		got.Flags(f)
		if err := f.Parse(want.Args()); err != nil || got != want {
			t.Errorf("%v gives %+v (%v), want %+v", want.Args(), got, err, want)
		}
	}
}

// The sampler finds a row by its name, so no two rows of a plan may have the same.
func TestRowsAreDistinct(t *testing.T) {
	var names []string
	for _, c := range bench.Cases(bench.Workloads(), true) {
		names = append(names, c.Name(impls.All()[0]))
	}
	slices.Sort(names)
	if n := len(slices.Compact(slices.Clone(names))); n != len(names) {
		t.Errorf("%d of %d rows have the name of another one", len(names)-n, len(names))
	}
}

// The parameter of a constructor may be an int.
func TestOf(t *testing.T) {
	var size int
	impl := sampler.Of("mine", func(n int) impls.Semaphore {
		size = n
		return impls.All()[0].New(int64(n))
	})
	if _, err := impl.Make(7); err != nil || size != 7 {
		t.Errorf("the constructor got %d (%v), want 7", size, err)
	}
}
