package reports_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
)

// CSV and JSON agree cell by cell, and both can be parsed whatever the names contain.
func TestExportsAgree(t *testing.T) {
	for _, c := range []*reports.Comparison{hostile(t), compare(t, "",
		samples(`"x,y"`, 1, 2, 3, 4, 5, 6)+samples("=1+1", 7, 8, 9, 10, 11, 12))} {
		lines, err := csv.NewReader(strings.NewReader(render(t, reports.Export{Values: true}.CSV, c))).
			ReadAll() // fails unless all lines have the same number of fields
		if err != nil {
			t.Fatal(err)
		}
		var object struct{ Cells []map[string]any }
		text := render(t, reports.Export{Values: true}.JSON, c)
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		names, i := lines[0], 0
		for _, line := range lines[1:] {
			if line[0] == "warning" {
				continue
			}
			for j, name := range names[1:] {
				got, want := line[j+1], fmt.Sprint(object.Cells[i][name])
				if want == "<nil>" {
					want = ""
				}
				if name == "values" {
					want = strings.Trim(want, "[]")
				}
				if got != want {
					t.Errorf("cell %d, %s: CSV has %q, JSON %q", i, name, got, want)
				}
			}
			i++
		}
		if i != len(object.Cells) || i == 0 {
			t.Errorf("CSV has %d cells, JSON %d", i, len(object.Cells))
		}
	}
}

// A figure that is not known is empty, and never a number that a program could use.
func TestExportOfWhatIsNotKnown(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{samples("a", 1) + samples("b", 2),
			",a,2,,,2,1,1,1,undecided,undecided,2,,,1,\"n too small: with 1 and 1 samples no p below " +
				"1 is possible, take 4 each (go test -count=4, semabench run -samples 4)\",false,"},
		// worse, but by no finite factor
		{inUnit("B/op", samples("a", 0, 0, 0, 0)+samples("b", 8, 8, 8, 8)),
			",a,,,,,0.02857142857142857,0.02857142857142857,1,different,worse,,,,0.02857142857142857," +
				"zero or negative values have no ratio,false,"},
		{inUnit("B/op", samples("a", -1, -2, -3, -4)+samples("b", 1, 2, 3, 4)),
			"zero or negative values have no ratio,false,"},
		{inUnit("furlongs", samples("a", 1, 2, 3, 4)+samples("b", 10, 20, 30, 40)),
			",a,10,2.5,40,10,0.028571428571428577,0.028571428571428577,1,different,unranked,,,,,,false,"},
		{"Unit ns/op assume=exact\n" + samples("a", 1) + samples("b", 2),
			",a,2,,,,,,0,different,worse,2,,,,exact values need no interval,false,1"},
	} {
		out := render(t, reports.WriteCSV, compare(t, "", test.text))
		if !strings.HasSuffix(out, test.want+"\n") {
			t.Errorf("got\n%s\nwant an end of %s", out, test.want)
		}
	}
}

// With six samples each, 23 tests can show a difference and 24 cannot, unless others already do.
func TestFamilies(t *testing.T) {
	text := func(rows int) string {
		var b strings.Builder
		for i := range rows {
			for v := range 6 {
				fmt.Fprintf(&b, "w: %d\nBenchmarkX/r=%d/impl=a 1 %d ns/op\n", i%2, i, 10+v)
				fmt.Fprintf(&b, "BenchmarkX/r=%d/impl=b 1 %d ns/op\n", i, 20+v)
			}
		}
		return b.String()
	}
	for _, test := range []struct {
		rows   int
		family reports.Family
		want   string
	}{
		{23, reports.ByUnit, "different"},
		{24, reports.ByUnit, "undecided"},
		{24, reports.ByTable, "different"},
	} {
		c, err := reports.Compare(read(t, text(test.rows)), reports.Options{Family: test.family})
		if err != nil {
			t.Fatal(err)
		}
		v := c.Tables[0].Units[0].Cells[0][1].VsBase
		if v.Verdict() != test.want {
			t.Errorf("%d rows, %v: verdict %s, p = %v of %d, want %s", test.rows, test.family,
				v.Verdict(), v.Corrected, v.Tests, test.want)
		}
	}
}

// With 2000 rows, names of all kinds and two machines, every cell is written and nothing is
// averaged.
func TestManyRows(t *testing.T) {
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, "cpu: %d\nBenchmarkX/<b>a&b</b>/%d//é=/impl=a 1 %d ns/op\n", i%2, i/2, 1+i%2)
	}
	c := compare(t, "", b.String())
	if len(c.Tables) != 2 || len(c.Tables[0].Rows) != 1000 {
		t.Fatalf("%d tables, %d rows, want 2 of 1000", len(c.Tables), len(c.Tables[0].Rows))
	}
	for name, write := range writers {
		out := render(t, write, c)
		if strings.Count(out, "\n") < 2000 || strings.Contains(out, "<b>a") &&
			(name == "html" || name == "markdown") {
			t.Errorf("%s: %d lines, or a name became markup", name, strings.Count(out, "\n"))
		}
	}
}
