package reports_test

import (
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
)

// A table whose column is compared with nothing has a section of its own. The heat map has neither
// its rows nor its column, and its figures, links and chart colours are still on the page.
func TestColumnsAloneAreNotInTheHeatMap(t *testing.T) {
	text := "workload: floor\n" + samples("floor", around(5, 1)...) + "workload: w\n" +
		rowOf("n=1", 100, 200) + rowOf("n=2", 100, 300)
	page := render(t, reports.WriteHTML, compare(t, "", text))
	_, rest, _ := strings.Cut(page, `id="heat"`)
	heat, _, _ := strings.Cut(rest, "</table>")
	if strings.Contains(heat, "floor") || strings.Contains(heat, ">–<") {
		t.Errorf("the heat map has a column without figures: %s", heat)
	}
	for _, want := range []string{`<table class="plain-table alone" id="table-1">`, `href="#table-1"`, "5.0",
		`href="#alone">Measured alone`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	// A column that is missing from one table only stays, with a dash.
	page = render(t, reports.WriteHTML, compare(t, "", rowOf("n=1", 100, 200, 300)+
		"workload: w\n"+rowOf("n=1", 100, 200)))
	if !strings.Contains(page, ">–<") || strings.Contains(page, "Measured alone") {
		t.Error("a column that is compared elsewhere is not in the heat map")
	}
}

// The command that profiles a row names each part of the name as it stands in the text, wherever the
// column stands. It quotes every sign that a shell or a regular expression would read.
func TestProfileCommandOnThePage(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"BenchmarkX/impl=a-8 1 1 ns/op\nBenchmarkX/impl=b-8 1 2 ns/op\n",
			`-bench '^BenchmarkX$/^impl=a$' -cpu 8 -cpuprofile cpu.out '.' && go tool pprof -top cpu.out`},
		{"pkg: p/q\nBenchmarkX/impl=a/n=1.5/s='*' 1 1 ns/op\nBenchmarkX/impl=b/n=1.5/s='*' 1 2 ns/op\n",
			`-bench '^BenchmarkX$/^impl=a$/^n=1\.5$/^s='\''\*'\''$' -cpuprofile cpu.out 'p/q'`},
		{"BenchmarkX-2 1 1 ns/op\n", `-bench '^BenchmarkX$' -cpu 2 -cpuprofile`},
	} {
		page := render(t, reports.WriteHTML, compare(t, "", test.text))
		page = strings.NewReplacer("&#39;", "'", "&amp;", "&").Replace(page)
		if !strings.Contains(page, test.want) {
			_, rest, _ := strings.Cut(page, "To profile a row")
			t.Errorf("the page lacks %s: %.300s", test.want, rest)
		}
	}
}
