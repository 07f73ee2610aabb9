package reports_test

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
)

var writers = map[string]func(io.Writer, *reports.Comparison) error{
	"text":     reports.WriteText,
	"markdown": reports.WriteMarkdown,
	"html":     reports.WriteHTML,
	"csv":      reports.WriteCSV,
	"json":     reports.WriteJSON,
}

func compare(t *testing.T, col string, texts ...string) *reports.Comparison {
	t.Helper()
	c, err := reports.Compare(read(t, texts...), reports.Options{Col: col})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// samples writes one line for each value: samples("a", 1, 2) makes two lines of impl=a.
func samples(impl string, values ...float64) string {
	var b strings.Builder
	for _, v := range values {
		fmt.Fprintf(&b, "BenchmarkX/impl=%s 1 %v ns/op\n", impl, v)
	}
	return b.String()
}

func inUnit(unit, text string) string { return strings.ReplaceAll(text, "ns/op", unit) }

// The same name under another configuration is another benchmark.
func TestConfigurationsAreNeverMixed(t *testing.T) {
	text := "goos: linux\ncpu: One\n" + samples("a", 1) + "cpu: Two\n" + samples("a", 100) +
		"cpu: One\n" + samples("a", 2)
	c := compare(t, "", text)
	if len(c.Tables) != 2 {
		t.Fatalf("%d tables, want 2", len(c.Tables))
	}
	for i, want := range []string{"[{cpu One}] [1e-09 2e-09]", "[{cpu Two}] [1e-07]"} {
		table := c.Tables[i]
		if got := fmt.Sprintf("%v %.0g", table.Config,
			table.Units[0].Cells[0][0].Values); got != want {
			t.Errorf("table %d: got %s, want %s", i, got, want)
		}
	}
	if got := fmt.Sprint(c.Facts); got != "[{goos linux}]" {
		t.Errorf("facts = %s, want goos alone: cpu is not the same everywhere", got)
	}
}

// Two files with /impl keys compare implementations, in a table for each file.
func TestFilesAreNeverMixed(t *testing.T) {
	c := compare(t, "", samples("a", 1)+samples("b", 2), samples("a", 3)+samples("b", 4))
	var got []string
	for _, table := range c.Tables {
		got = append(got, fmt.Sprintf("%v%v", table.Config, table.Cols))
	}
	if want := []string{"[{file a.txt}][a b]", "[{file b.txt}][a b]"}; !slices.Equal(got, want) {
		t.Errorf("tables = %v, want %v", got, want)
	}
}

func TestColumns(t *testing.T) {
	two := []string{"commit: 1\n" + samples("x", 1), "commit: 2\n" + samples("x", 2)}
	tests := []struct {
		col   string
		texts []string
		want  string // the columns of each table
	}{
		{"", []string{samples("b", 1) + samples("a", 1)}, "[b a]"},
		{"", []string{"BenchmarkX 1 1 ns/op\n"}, "[a.txt]"},
		{"", []string{samples("a", 1) + "BenchmarkX 1 1 ns/op\n"}, "[a (none)]"},
		{"/impl@alpha", []string{samples("b", 1) + samples("a", 1)}, "[a b]"},
		{"/impl@(a)", []string{samples("b", 1) + samples("a", 1)}, "[a]"},
		{"commit", two, "[1] [2]"},
		{".file", two, "[a.txt] [b.txt]"},
		{".file,commit", two, "[a.txt 1 b.txt 2]"},
		{".config", []string{"commit: 1\n" + samples("x", 1) + "commit: 2\n" + samples("x", 1)},
			"[1 2]"},
		{".fullname", []string{samples("b", 1) + samples("a", 1)}, "[X/impl=b X/impl=a]"},
	}
	for _, test := range tests {
		var got []string
		for _, table := range compare(t, test.col, test.texts...).Tables {
			got = append(got, fmt.Sprint(table.Cols))
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("by %q: columns = %v, want %s", test.col, got, test.want)
		}
	}
}

func TestCompareRefuses(t *testing.T) {
	log := read(t, samples("a", 1))
	tests := []struct{ col, want string }{
		{"/impl@nonsense", `comparing by "/impl@nonsense": `},
		{"a b (", `comparing by "a b (": `},
		{".unit", `comparing by ".unit": `},
		{"/imp", `comparing by "/imp": no result has a value for it; the names of benchmarks have /impl`},
		{"impl", `comparing by "impl": no result has a value for it; the names of benchmarks have /impl`},
		{"/impl@(zzz)", `comparing by "/impl@(zzz)": it leaves no result`},
	}
	for _, test := range tests {
		c, err := reports.Compare(log, reports.Options{Col: test.col})
		if c != nil || err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("got %v, %v, want nil, %s", c, err, test.want)
		}
	}
	if c, err := reports.Compare(&reports.Log{}, reports.Options{}); c != nil || err == nil {
		t.Errorf("empty log: got %v, %v, want an error", c, err)
	}
}

// Two commits in two files share no table. The notes must say so, and how to compare them.
func TestNothingCompared(t *testing.T) {
	texts := []string{"commit: 1\nBenchmarkX 1 1 ns/op\n", "commit: 2\nBenchmarkX 1 1 ns/op\n"}
	c := compare(t, "", texts...)
	if len(c.Notes) != 1 || !strings.Contains(c.Notes[0], "to compare across it: -col .file,commit") {
		t.Fatalf("notes = %q, want the way out", c.Notes)
	}
	if c := compare(t, ".file,commit", texts...); len(c.Notes) != 0 || len(c.Tables) != 1 {
		t.Errorf("the way out: %d tables, notes %q, want 1 and none", len(c.Tables), c.Notes)
	}
	for _, test := range []struct{ old, new, note, change string }{
		{"BenchmarkX-8 1 1 ns/op\n", "BenchmarkX-12 1 1 ns/op\n", "differ in GOMAXPROCS, the number at their end; to " +
			"compare across it: -col .file,/gomaxprocs", "no row is in both a.txt and b.txt"},
		{"BenchmarkX-8 1 1 ns/op\n", "BenchmarkY-12 1 1 ns/op\n", "the names of the benchmarks must be equal",
			"no row is in both a.txt and b.txt"},
		{"BenchmarkX-8 1 1 ns/op\n", "BenchmarkX-8 1 1 req/s\n", "no row was measured in the same unit",
			"no row has sec/op in both a.txt and b.txt"},
		{"BenchmarkX-8 1 1 ns/op 2 B/op\n", "BenchmarkX-8 1 2 B/op\n", "", "no row has sec/op in both a.txt and b.txt"},
		{"BenchmarkX-8 1 1 ns/op\n", "BenchmarkX-8 1 1 ns/op\n", "", "b.txt is undecided"},
	} {
		c := compare(t, "", test.old, test.new)
		if got := strings.Join(c.Notes, "\n"); !strings.Contains(got, test.note) || test.note == "" && got != "" {
			t.Errorf("%q, %q: notes %q, want %q", test.old, test.new, got, test.note)
		}
		if got := c.Answers()[0].String(); !strings.Contains(got, test.change) {
			t.Errorf("%q, %q: %s, want %s", test.old, test.new, got, test.change)
		}
	}
	by := compare(t, ".file,/gomaxprocs", "BenchmarkX-8 1 1 ns/op\n", "BenchmarkX-12 1 1 ns/op\n")
	if len(by.Notes) > 0 || len(by.Tables[0].Rows) != 1 {
		t.Errorf("by .file,/gomaxprocs: notes %q, rows %v", by.Notes, by.Tables[0].Rows)
	}
}

// Two files with different plans may come from the same machine: a plan splits no table.
func TestPlanSplitsNoTable(t *testing.T) {
	c := compare(t, ".file", "planned-samples: 1\n"+samples("a", 1),
		"planned-samples: 2\n"+samples("a", 1))
	if len(c.Tables) != 1 || len(c.Facts) != 0 {
		t.Errorf("%d tables, facts %v, want 1 and none", len(c.Tables), c.Facts)
	}
}

// The order of the text shows drift. Sorting the values in place would lose it.
func TestValuesKeepTheirOrder(t *testing.T) {
	c := compare(t, "", inUnit("B/op", samples("a", 3, 1, 2)+samples("b", 1, 1, 1)))
	cell := c.Tables[0].Units[0].Cells[0][0]
	if got := fmt.Sprint(cell.Values); got != "[3 1 2]" {
		t.Errorf("values = %s, want [3 1 2]", got)
	}
}

func TestOverall(t *testing.T) {
	row := func(name, impl string, v float64) string {
		return strings.Repeat(fmt.Sprintf("BenchmarkX/%s/impl=%s 1 %v ns/op\n", name, impl, v), 8)
	}
	c := compare(t, "", row("p", "a", 1)+row("p", "b", 2)+row("q", "a", 1)+row("q", "b", 8)+
		row("p", "c", 3))
	u := c.Tables[0].Units[0]
	if a, b := u.Overall[0], u.Overall[1]; a.Ratio != 1 || !a.Lowest || !a.Tied ||
		!near(b.Ratio, 4) || b.Lowest {
		t.Errorf("overall = %+v, %+v, want 1 (lowest, tied) and 4 = sqrt(2*8)", a, b)
	}
	if o := u.Overall[2]; o.Ratio != 0 || o.Why == "" || o.Lowest {
		t.Errorf("overall = %+v, want none: c was not measured in q", o)
	}
}
