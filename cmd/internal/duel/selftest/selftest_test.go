package main

import (
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/reports"
	"github.com/semabench/semabench/reports/gate"
)

// quietFamily returns a family of two rows without disturbance, one of which
// allocates.
func quietFamily() family {
	row := func(name string, contended bool, allocs int64) gate.Row {
		r := gate.Row{Name: name, Mode: gate.Sliced, Contended: contended, Spent: time.Second}
		for i := range 24 {
			off := 1 + 0.001*float64(i%7-3)
			r.Pairs = append(r.Pairs, gate.Pair{Old: 100, New: 100 * off, OldLayout: uint64(i), NewLayout: uint64(i)})
		}
		totals := []int64{allocs, allocs + 1, allocs}
		bytes := []int64{16 * allocs, 16 * (allocs + 1), 16 * allocs}
		r.Exact = []gate.Exact{{Unit: "allocs/op", Ops: 10_000, Old: totals, New: totals},
			{Unit: "B/op", Ops: 10_000, Old: bytes, New: bytes}}
		return r
	}
	run := &gate.Run{
		Facts: []reports.Fact{{Key: "cpu", Value: "a processor"}, {Key: "load", Value: "0.5"}},
		Rows:  []gate.Row{row("BenchmarkA", false, 0), row("BenchmarkB", true, 10_000)},
	}
	return family{run, gate.Judge(run, gate.Options{}), time.Minute}
}

// Rows that time cannot tell are settled by the counts of their own row, and by no others. Counts that the gate cannot
// use settle nothing.
func TestSelftestWithInstructions(t *testing.T) {
	counts := []float64{475.39, 473.72, 473.83, 474.61, 474.53, 474.84}
	for _, test := range []struct {
		x       *gate.Instructions
		settled bool
	}{
		{&gate.Instructions{Old: counts, New: counts}, true},
		{&gate.Instructions{Old: counts, New: counts, Waiting: "its goroutines used 1.0 cores"}, false},
		{&gate.Instructions{Why: "it prints"}, false},
		{nil, false},
	} {
		f := quietFamily()
		for i := range f.run.Rows {
			for k := range f.run.Rows[i].Pairs {
				f.run.Rows[i].Pairs[k].New *= 1 + 0.1*float64(k%3-1)
			}
			f.run.Rows[i].Instructions = test.x
		}
		r := &recording{drawn: 1, families: []family{f}}
		counts, err := r.trial(true)
		if err != nil {
			t.Fatal(err)
		}
		k := counts.kinds[0]
		if k.open < k.judged/2 || test.settled != (k.inconclusive < k.open/2) || !test.settled && k.inconclusive != k.open {
			t.Errorf("%+v: time cannot tell %d of %d rows, and %d are INCONCLUSIVE", test.x, k.open, k.judged, k.inconclusive)
		}
	}
}

// One side of ten counts more than all others: a comparison with it REGRESSED by one count, and not by two. An alarm of
// a row that only two sides counted cannot be counted again, so it is neither kept nor dropped.
func TestSelftestOfAnOddCount(t *testing.T) {
	r := &recording{}
	for range 5 {
		r.families = append(r.families, quietFamily())
	}
	odd := &r.families[2].run.Rows[1].Exact[0]
	odd.New = []int64{odd.Old[0] + 20, odd.Old[0] + 20, odd.Old[0] + 20}
	x := r.exact(1000)
	// The odd side is as often the old one, which then looks worse than the new one.
	if want := x.drawn / 2 / 10; x.falsely < want/2 || x.falsely > 2*want || x.kept+x.unknown+x.better != 0 ||
		x.alarms["BenchmarkB allocs/op"] < x.falsely+want/2 || len(x.alarms) != 1 {
		t.Errorf("want %d REGRESSED by one count, none by two: %+v", want, x)
	}
	if x.found < x.planted*3/4 { // what is planted beside the odd side does not show
		t.Errorf("%d of %d planted changes were found", x.found, x.planted)
	}
	r.families = r.families[2:3]
	if x := r.exact(1000); x.falsely == 0 || x.unknown != x.falsely || x.kept != 0 || x.better == 0 || x.found < x.planted/2 ||
		!strings.Contains(x.keptWords(), "alarms are of rows without a second count") {
		t.Errorf("%+v: there was no other count", x)
	}
}

// Without noise every slowdown is found and there is no false alarm. The table
// has to say so.
func TestSelftestOfQuietRows(t *testing.T) {
	r := &recording{wanted: 30, limit: time.Hour, drawn: 4, families: []family{quietFamily(), quietFamily()}}
	page, err := r.markdown()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"2 direct families of the 30 wanted",
		"- load when a family began: 0.5, 0.5\n",
		"| direct families with a false REGRESSED | at most 0.5 % | 0 of 2 (0 %) |",
		"| direct families that are invalid by a control | at most 1 % | 2 of 2 (100 %) |", // it has none
		"| drawn families with a false REGRESSED | at most 0.5 % | 0 of 4 (0 %) |",
		"uncontended (pairs drawn repeatedly): +5 % found | at least 85 % | 42 of 42 (100 %) |",
		"+10 % found | at least 95 % | 42 of 42 (100 %) |",
		"| exact metrics, each side counted once: false REGRESSED |  | 0 of 10000 (0 %) |",
		"| exact metrics, counted again by other processes: false REGRESSED | 0 of 10 000 | 0 of 10000 (0 %) |",
		"| exact metrics, counted again by other processes: false IMPROVED | 0 of 10 000 | 0 of 10000 (0 %) |",
		"found | always | 10000 of 10000 (100 %) |",
		"| BenchmarkB | true | 48 |",
		"uncontended (pairs drawn repeatedly): MORE WORK without any | 0 | 0 of 42 (0 %) |",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
	if lines := strings.Count(r.csv(), "\n"); lines != 1+4 {
		t.Errorf("%d lines in\n%s", lines, r.csv())
	}
}
