package draw

import (
	"fmt"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports/compare"
	"github.com/semabench/semabench/reports/read"
)

// TestNoPlotsWithoutCharts gives the page room for uPlot and for no chart. The bytes of uPlot must be
// free again, and the page must not carry it: the limit of the page counts on both.
func TestNoPlotsWithoutCharts(t *testing.T) {
	var text strings.Builder
	for _, n := range []int{1, 2, 4, 8} {
		for range 6 {
			fmt.Fprintf(&text, "BenchmarkX/impl=a/n=%d 10 %d ns/op\nBenchmarkX/impl=b/n=%[1]d 10 %[2]d ns/op\n",
				n, 100*n)
		}
	}
	log, err := read.Read(read.Input{Name: "text", Text: strings.NewReader(text.String())})
	if err != nil {
		t.Fatal(err)
	}
	c, err := compare.Compare(log, compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const plenty = 200_000
	for _, test := range []struct {
		left  int
		plots bool
	}{{plenty, true}, {60_000, true}, {54_050, false}, {1000, false}} {
		a := &pageBuilder{c: c, left: test.left, page: &pageData{}}
		a.addCharts()
		if a.hasPlots != test.plots || a.err != nil {
			t.Errorf("room for %d bytes: plots = %v, want %v (%v)", test.left, a.hasPlots, test.plots, a.err)
		}
		if !test.plots && a.left != test.left {
			t.Errorf("room for %d bytes: %d are left, want all", test.left, a.left)
		}
	}
}
