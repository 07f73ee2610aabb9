package reports

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/montanaflynn/stats"
	"golang.org/x/perf/benchfmt"
)

// What of montanaflynn/stats the figures rest on. Its releases change such things.
var traps = []struct {
	name   string
	figure func(stats.Float64Data) (float64, error)
	values []float64
	want   float64
	err    error
}{
	{"a quartile is the median of a half, not percentile 25 = 3.25",
		q1, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 3, nil},
	{"the middle of an odd number is in no half", q3, []float64{1, 2, 3, 4, 100}, 52, nil},
	{"one value has no quartiles, but is not empty", q1, []float64{5}, 0, stats.ErrEmptyInput},
	{"CV is of the sample, n-1", stats.CoefficientOfVariation, []float64{1, 3}, math.Sqrt2 / 2, nil},
	{"CV of zeros", stats.CoefficientOfVariation, []float64{0, 0}, math.NaN(), stats.ErrZero},
	{"MAD is not scaled", stats.MedianAbsoluteDeviation, []float64{1, 2, 3, 4, 100}, 1, nil},
	{"MAD of one value", stats.MedianAbsoluteDeviation, []float64{5}, 0, nil},
	{"mean with a zero", stats.GeometricMean, []float64{1, 0}, math.NaN(), stats.ErrZero},
	{"mean with a negative", stats.GeometricMean, []float64{1, -1}, math.NaN(), stats.ErrNegative},
	{"mean of nothing", stats.GeometricMean, nil, math.NaN(), stats.ErrEmptyInput},
}

func q1(values stats.Float64Data) (float64, error) {
	q, err := stats.Quartile(values)
	return q.Q1, err
}

func q3(values stats.Float64Data) (float64, error) {
	q, err := stats.Quartile(values)
	return q.Q3, err
}

func TestStatsStaysAsItIs(t *testing.T) {
	for _, trap := range traps {
		got, err := trap.figure(trap.values)
		same := got == trap.want || math.IsNaN(got) && math.IsNaN(trap.want)
		if !same || !errors.Is(err, trap.err) {
			t.Errorf("%s: got %v, %v, want %v, %v", trap.name, got, err, trap.want, trap.err)
		}
	}
	if _, err := stats.CoefficientOfVariation([]float64{5}); err == nil {
		t.Error("CV of one value: no error")
	}
}

func TestDescribe(t *testing.T) {
	tests := []struct {
		values []float64
		want   string
	}{
		{[]float64{5}, "{1 5 5 NaN NaN 0 NaN}"},
		{[]float64{0, 0}, "{2 0 0 0 0 0 NaN}"},
		{[]float64{1, 2, 3, 4, 100}, "{5 1 100 1.5 52 1 1.9826207715967625}"},
	}
	for _, test := range tests {
		if got := fmt.Sprint(describe(test.values)); got != test.want {
			t.Errorf("%v: got %s, want %s", test.values, got, test.want)
		}
	}
}

// Against the counts of possible rankings, by hand.
func TestSmallestP(t *testing.T) {
	for _, test := range []struct {
		n1, n2 int
		want   float64
	}{{1, 1, 1}, {2, 2, 2.0 / 6}, {3, 3, 0.1}, {4, 4, 2.0 / 70}, {1, 20, 2.0 / 21},
		{20, 1, 2.0 / 21}, {2, 8, 2.0 / 45}} {
		if got := smallestP(test.n1, test.n2); math.Abs(got-test.want) > 1e-12 {
			t.Errorf("smallestP(%d, %d) = %v, want %v", test.n1, test.n2, got, test.want)
		}
	}
	if p := smallestP(5000, 5000); p != 0 {
		t.Errorf("smallestP(5000, 5000) = %v, want 0: no overflow to NaN", p)
	}
}

func TestFormats(t *testing.T) {
	for got, want := range map[string]string{
		measure(12.34e-6, "sec/op"):                    "12.34µs",
		measure(12.34e-6, "cpu-sec/op"):                "12.34µs",
		measure(24, "B/op"):                            "24B",
		measure(2048, "B/op"):                          "2.000KiB",
		measure(1.327e9, "B/s"):                        "1.236GiB/s",
		measure(0, "allocs/op"):                        "0",
		measure(0.5, "allocs/op"):                      "0.5",
		measure(999.96, "jain"):                        "1000",
		measure(0.0005, "vcsw/op"):                     "500.0µ",
		measure(math.NaN(), "sec/op"):                  "–",
		measure(math.Inf(-1), "sec/op"):                "−∞",
		times(1.004):                                   "1.00",
		times(9.999):                                   "10.0",
		times(1234.5):                                  "1234",
		heat(1.0001) + heat(1.5) + heat(2) + heat(1e9): "h1h2h3h8",
		shellWord("/impl"):                             "/impl",
		shellWord("/impl@(a b)"):                       "'/impl@(a b)'",
		shellWord("it's"):                              `'it'\''s'`,
		superscript(120):                               "¹²⁰",
		printable("a\u202eb\xff"):                      `a\u202eb\xff`,
		printable("ok µ"):                              "ok µ",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestShapes(t *testing.T) {
	tests := []struct {
		config     []Fact
		rows       []string
		want       string
		wantCommon string
	}{
		{nil, []string{"S/w=cpu/p=4-2", "S/w=cpu/p=8-2"}, "[p=4 p=8]", "S w=cpu gomaxprocs=2"},
		{[]Fact{{"w", "cpu"}}, []string{"S/w=cpu/p=4-2"}, "[S p=4 gomaxprocs=2]", "w=cpu"},
		{nil, []string{"A-2", "B-2"}, "[A B]", "gomaxprocs=2"},
		{nil, []string{"A/x", "A/x/x"}, "[A x A x x]", ""}, // nothing would be left of either
		{nil, []string{"A/x", "A/x/y"}, "[A x A x y]", ""}, // nothing would be left of the first
		{nil, []string{"A/x-2", "A/x-4"}, "[gomaxprocs=2 gomaxprocs=4]", "A x"},
	}
	for _, test := range tests {
		table := &Table{Config: test.config}
		for _, r := range test.rows {
			table.Rows = append(table.Rows, Row{Name: r})
		}
		other := &Table{Rows: []Row{{Name: "Other/z"}}}
		nameShapes(&Comparison{Tables: []*Table{table, other}})
		var got []string
		for _, r := range table.Rows {
			got = append(got, r.Shape)
		}
		if fmt.Sprint(got) != test.want || table.Common != test.wantCommon {
			t.Errorf("%v: got %v, common %q, want %s, %q", test.rows, got, table.Common, test.want,
				test.wantCommon)
		}
	}
}

// If one file cannot be written, the others are not replaced, and no temporary file stays.
func TestWriteAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	old := filepath.Join(dir, "first")
	if err := os.WriteFile(old, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	write := func(w io.Writer, _ *Comparison) error {
		_,
			err := io.WriteString(w, "new")
		return err
	}
	fail := func(io.Writer, *Comparison) error { return io.ErrShortWrite }
	paths, err := writeAll(dir, nil, []output{{"first", write}, {"second", fail}})
	if paths != nil || !errors.Is(err, io.ErrShortWrite) ||
		!strings.Contains(err.Error(), "second") {
		t.Errorf("got %v, %v, want nil and the error of second", paths, err)
	}
	if text, err := os.ReadFile(old); err != nil || string(text) != "old" {
		t.Errorf("first = %q, %v, want the old text", text, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("folder holds %v, %v, want first alone", left, err)
	}
}

// The parts are those that benchfmt sees.
func TestParts(t *testing.T) {
	for _, name := range []string{"", "X", "X-2", "X/a", "X/a=b-48", "X//", "/", "-2", "-", "X-", "X-2-",
		"X/a-b", "X/é/-4", "X-1/y"} {
		base, rest := benchfmt.Name(name).Parts()
		want := []string{string(base)}
		for _, p := range rest {
			want = append(want, string(p))
		}
		if got := parts(name); !slices.Equal(got, want) {
			t.Errorf("%q: parts = %q, want %q", name, got, want)
		}
	}
}
