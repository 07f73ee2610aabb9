package reports_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
)

func TestRestrict(t *testing.T) {
	text := "pkg: a\nload: 1\nBenchmarkX 1 10 ns/op\nload: 2\nBenchmarkX 1 20 ns/op\npkg: b\nBenchmarkX 1 30 ns/op\n"
	log, err := reports.Read(reports.Input{Name: "x.txt", Text: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := log.Keys(), []string{"pkg", "load"}; !slices.Equal(got, want) {
		t.Errorf("Keys() = %v, want %v", got, want)
	}
	c, err := reports.Compare(log.Restrict([]string{"pkg"}), reports.Options{Col: ".file"})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Tables) != 2 || len(c.Tables[0].Units[0].Cells[0][0].Values) != 2 {
		t.Errorf("%d tables, want one for each package, with both loads in one sample", len(c.Tables))
	}
	if got := log.Keys(); len(got) != 2 {
		t.Errorf("the log itself has %v left, want both keys", got)
	}
}
