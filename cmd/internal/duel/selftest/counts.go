package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/semabench/semabench/reports/gate"
)

// A countedSide is the totals of one exact metric of a row, on one side of one family: the repeats
// of one process. totals are counts of one program in one process, so they may differ by what the
// runtime does beside it.
type countedSide struct {
	row    string
	unit   string
	alone  bool // on one processor
	ops    int64
	totals []int64
}

// countedSides groups all sides by row, metric and number of operations. Sides of one group may be
// compared with each other, because all of them counted the same program. The key has the number of
// operations: totals of different numbers are of different programs.
func (r *recording) countedSides() (groups [][]countedSide) {
	index := map[string]int{}
	for _, f := range r.families {
		for _, row := range f.run.Rows {
			for _, x := range row.Exact {
				key := fmt.Sprint(row.Name, x.Unit, x.Alone, x.Ops)
				if _, known := index[key]; !known {
					index[key] = len(groups)
					groups = append(groups, nil)
				}
				g := &groups[index[key]]
				*g = append(*g, countedSide{row.Name, x.Unit, x.Alone, x.Ops, x.Old},
					countedSide{row.Name, x.Unit, x.Alone, x.Ops, x.New})
			}
		}
	}
	return groups
}

// comparisonsOfCounts is how many comparisons of counts are drawn. With this many, one false alarm
// in ten thousand shows as one.
const comparisonsOfCounts = 10_000

// exactResult is how often comparisons of counts were judged rightly. Alarms and misses are kept by row: an alarm rate
// of zero over all rows may hide one row that always alarms.
type exactResult struct {
	drawn          int            // comparisons without a change
	falsely, kept  int            // of them that REGRESSED, and that still did when they were counted again
	alarms         map[string]int // falsely, by row and metric
	planted, found int            // comparisons with one more allocation in 1000 operations; REGRESSED, both times
	missed         map[string]int // planted and not found, by row: the repeats differ as much
	few            int            // not planted into: so few operations that a duel would count more
}

// A drawing is a comparison of two sides that were drawn at random, and the two sides that count them again. more is
// added to every total of the new ones.
type drawing struct {
	number             int
	old, new           countedSide
	oldAgain, newAgain countedSide
	more               int64
}

// exact compares pairs of sides that are drawn at random, as they are and with allocations planted.
// Drawing pairs of sides gives many more comparisons than there are families. They are not
// independent, but each asks the gate the same question. The planted change is one allocation in
// 1000 operations, which the table promises to find.
//
// A duel counts a difference again by other processes, and judges the totals of both counts together. Here two more
// sides are drawn for that.
func (r *recording) exact(comparisons int) (t exactResult) {
	groups := r.countedSides()
	t.missed, t.alarms = map[string]int{}, map[string]int{}
	random := rand.New(rand.NewPCG(1, 0))
	var clean, slow []drawing
	for i := range comparisons {
		g := groups[random.IntN(len(groups))]
		d := drawn(random, i, g)
		clean = append(clean, d)
		switch {
		case d.old.unit != "allocs/op", d.old.decidedAlone(groups):
		case d.old.ops < 8000:
			t.few++
		default:
			d.more = d.old.ops / 1000
			slow = append(slow, d)
		}
	}
	t.drawn, t.planted = len(clean), len(slow)
	alarms := regressing(clean, false)
	for _, d := range alarms {
		t.alarms[d.old.row+" "+d.old.unit]++
	}
	t.falsely, t.kept = len(alarms), len(regressing(alarms, true))
	found := map[int]bool{}
	for _, d := range regressing(regressing(slow, false), true) {
		found[d.number] = true
	}
	t.found = len(found)
	for _, d := range slow {
		if !found[d.number] {
			t.missed[d.old.row]++
		}
	}
	return t
}

// drawn draws four different sides of a group. A group of fewer counts its two sides again with the same totals,
// which confirms everything: what cannot be known is not called better than it is.
func drawn(random *rand.Rand, number int, g []countedSide) drawing {
	order := random.Perm(len(g)) // a group has two sides or more
	d := drawing{number: number, old: g[order[0]], new: g[order[1]], oldAgain: g[order[0]], newAgain: g[order[1]]}
	if len(g) >= 4 {
		d.oldAgain, d.newAgain = g[order[2]], g[order[3]]
	}
	return d
}

// regressing returns the drawings that the gate calls REGRESSED, by one count or by both together. The gate judges all
// of them as one run, with its own code: a copy of the rule here could be right where the gate is wrong.
func regressing(all []drawing, again bool) (found []drawing) {
	var run gate.Run
	byName := map[string]drawing{}
	for _, d := range all {
		row := comparisonRow(d.number, d.old, d.new, d.more)
		if again {
			more := comparisonRow(d.number, d.oldAgain, d.newAgain, d.more).Exact[0]
			x := &row.Exact[0]
			x.Old, x.New = slices.Concat(x.Old, more.Old), slices.Concat(x.New, more.New)
		}
		run.Rows = append(run.Rows, row)
		byName[row.Name] = d
	}
	for _, j := range gate.Judge(&run, gate.Options{}).Rows {
		if j.Verdict == gate.Regressed {
			found = append(found, byName[j.Row.Name])
		}
	}
	return found
}

// decidedAlone reports whether c was counted with several goroutines and the row
// was also counted on one processor. The gate finds one more allocation in the
// latter count.
func (c countedSide) decidedAlone(groups [][]countedSide) bool {
	return !c.alone && slices.ContainsFunc(groups, func(g []countedSide) bool {
		return g[0].row == c.row && g[0].alone
	})
}

// comparisonRow makes a row that compares two sides, with more allocations on the new one. The name
// of the row stands in Package, because Name has to be unique. Every repeat gets the same addition,
// as a program with one more allocation has it.
func comparisonRow(number int, old, new countedSide, more int64) gate.Row {
	x := gate.Exact{Unit: old.unit, Alone: old.alone, Ops: old.ops, Old: old.totals}
	for _, total := range new.totals {
		x.New = append(x.New, total+more)
	}
	return gate.Row{Package: old.row, Name: fmt.Sprint(number), Mode: gate.Sliced,
		Exact: []gate.Exact{x}}
}

// words says how many planted allocations were found, and names the rows whose
// counts are not exact.
func (t exactResult) words() string {
	words := share(t.found, t.planted) + byRow("not ", t.missed)
	if t.few > 0 {
		words += fmt.Sprintf("; %d rows of less than 8000 operations left out", t.few)
	}
	return words
}

// alarmWords says how many comparisons without a change REGRESSED by one count, and in which metrics.
func (t exactResult) alarmWords() string { return share(t.falsely, t.drawn) + byRow("", t.alarms) }

// byRow lists numbers by row, as "; not 3 times in BenchmarkA". The rows are sorted, so that the page of the same
// recording is the same text.
func byRow(prefix string, times map[string]int) (words string) {
	for _, row := range slices.Sorted(maps.Keys(times)) {
		words += fmt.Sprintf("; %s%d times in %s", prefix, times[row], row)
	}
	return words
}

// share is "3 of 300 (1 %)". max keeps the divisor above zero: an empty share is 0 %.
func share(n, of int) string {
	return fmt.Sprintf("%d of %d (%.3g %%)", n, of, 100*float64(n)/float64(max(of, 1)))
}
