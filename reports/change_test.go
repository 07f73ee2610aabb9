package reports_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
)

// plain writes a row without an implementation: eight values around each of the times.
func plain(row string, time float64, seed int) string {
	lines := samples("", around(time, seed)...)
	return strings.ReplaceAll(lines, "X/impl=", row)
}

func TestChangeOfTwoFiles(t *testing.T) {
	rate := func(text string) string { return inUnit("MB/s", text) }
	allocs := func(n int) string { return strings.Repeat(fmt.Sprintf("BenchmarkA 1 %d allocs/op\n", n), 8) }
	for _, test := range []struct{ name, old, new, want string }{
		{"slower in all rows", plain("A", 100, 0) + plain("B", 200, 1), plain("A", 107, 2) + plain("B", 222, 3),
			"b.txt is 7.0 to 11.0 % slower in 2 of 2 rows (most in B, 200.6ns to 222.6ns)"},
		{"both directions", plain("A", 100, 0) + plain("B", 200, 1) + plain("C", 5, 2),
			plain("A", 80, 2) + plain("B", 600, 3) + plain("C", 5, 4),
			"b.txt is ×3.00 slower in 1 of 3 rows (B, 200.6ns to 601.5ns), 20.0 % faster in 1 " +
				"(A, 100.2ns to 80.21ns), within 5 % in 1"},
		{"more is faster", rate(plain("A", 100, 0)), rate(plain("A", 150, 0)),
			"b.txt is 50.0 % faster in 1 of 1 row (A, 95.59MiB/s to 143.4MiB/s)"},
		{"from nothing", allocs(0), allocs(3), "b.txt is more in 1 of 1 row (A, 0 to 3)"},
		{"to nothing", allocs(3), allocs(0), "b.txt is 100.0 % less in 1 of 1 row (A, 3 to 0)"},
		{"too few", plain("A", 100, 0), "BenchmarkA 1 100 ns/op\n",
			"b.txt is undecided in 1 of 1 row (these samples bound no difference)"},
		{"rows in one file only", plain("A", 100, 0) + plain("B", 1, 0), plain("A", 100, 1) + plain("C", 1, 0),
			"b.txt is within 5 % in 1 of 1 row; in one of the two only: 2 rows"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := compare(t, "", test.old, test.new)
			got := c.Answers()[0].String()
			if c.Job() != reports.Changed || got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			for name, write := range everyWriter() {
				out := render(t, write, c)
				for _, word := range []string{"Which one to use", "the best median", "of the best", ">best", "best<",
					"best of its row", "best of the row"} {
					if strings.Contains(out, word) {
						t.Errorf("%s of an old and a new file says %q", name, word)
					}
				}
			}
		})
	}
}

// A map of an old and a new file says by how much each row changed, in the words of the answer above it.
func TestMapOfAChange(t *testing.T) {
	c := compare(t, "", plain("A", 100, 0)+plain("B", 200, 1)+plain("C", 5, 2)+plain("D", 3, 1),
		plain("A", 80, 2)+plain("B", 600, 3)+plain("C", 5, 4)+plain("E", 3, 1))
	for name, words := range map[string][]string{
		"html":     {"20.0 % faster<i>", "×3.00 slower<i>", "within 5 %<i>", ">100.2ns<i>", "in the mean"},
		"markdown": {"**20.0 % faster** (", "**×3.00 slower** (", " ≈ (", "| 100.2ns "},
		"heat":     {"−20.0 %", "×3.00", "≈", "100.2ns", "·"},
	} {
		write, ok := everyWriter()[name]
		if !ok {
			t.Fatalf("no writer %q", name)
		}
		out := render(t, write, c)
		for _, word := range words {
			if !strings.Contains(out, word) {
				t.Errorf("%s lacks %q", name, word)
			}
		}
	}
}

// Two files that both have implementations are a choice, in a table for each file.
func TestImplementationsAreAChoice(t *testing.T) {
	if job := compare(t, "", rowOf("n=1", 1, 2)).Job(); job != reports.Choose {
		t.Errorf("job = %v, want a choice", job)
	}
}

// A single file has figures, and neither an answer nor a map of one column.
func TestOneFileIsDescribed(t *testing.T) {
	c := compare(t, "", plain("A", 100, 0)+plain("B", 200, 1))
	if c.Job() != reports.Describe || len(c.Answers()) != 0 {
		t.Fatalf("job %v, answers %v; want figures without an answer", c.Job(), c.Answers())
	}
	for name, write := range everyWriter() {
		out := render(t, write, c)
		for _, not := range []string{"no answer", "Heat map", "Which one to use", "times worse"} {
			if strings.Contains(out, not) {
				t.Errorf("%s says %q of a single file", name, not)
			}
		}
		if name != "pictures" && !strings.Contains(out, "100.2n") && !strings.Contains(out, "1.002") {
			t.Errorf("%s lacks the median of A:\n%.600s", name, out)
		}
	}
}

// More than twelve columns are ranked. The order is of the means, and says so.
func TestManyColumnsAreRanked(t *testing.T) {
	times := make([]float64, 13)
	for i := range times {
		times[i] = 100 + 20*float64((i+5)%13) // column i has place (i+5)%13: f is the best
	}
	c := compare(t, "", rowOf("n=1", times...)+rowOf("n=2", times...))
	for _, name := range []string{"heat", "markdown", "html"} {
		out := render(t, everyWriter()[name], c)
		first, last := strings.Index(out, "1. i"), strings.Index(out, "13. h")
		if first < 0 || last < first || !strings.Contains(out, "may stand in this order by chance") {
			t.Errorf("%s: place 1 at %d, place 13 at %d", name, first, last)
		}
	}
	few := compare(t, "", rowOf("n=1", times[:12]...))
	if out := render(t, reports.WriteMarkdown, few); strings.Contains(out, "by chance") {
		t.Error("twelve columns are ranked")
	}
}

// Without a ratio the shade follows the amount.
func TestSomethingBesideNothing(t *testing.T) {
	for value, want := range map[float64]string{0.0015: `"h1"`, 3: `"h5"`, 1e6: `"h8"`} {
		text := inUnit("allocs/op", samples("a", 0, 0, 0, 0)+samples("b", value, value, value, value))
		if out := render(t, reports.WriteHTML, compare(t, "", text)); !strings.Contains(out, "<td class="+want) {
			t.Errorf("%v beside 0 has not the shade %s", value, want)
		}
	}
}
