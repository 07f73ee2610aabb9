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

// exactResult is how often comparisons of counts were judged rightly.
type exactResult struct {
	drawn, falsely int            // comparisons without a change; how many REGRESSED
	planted, found int            // comparisons with one more allocation in 1000 operations; REGRESSED
	missed         map[string]int // planted and not found, by row: the repeats differ as much
	few            int            // not planted into: so few operations that a duel would count more
}

// exact compares pairs of sides that are drawn at random, as they are and with allocations planted.
// Drawing pairs of sides gives many more comparisons than there are families. They are not
// independent, but each asks the gate the same question. The planted change is one allocation in
// 1000 operations, which the table promises to find.
//
// A duel counts both sides again, in longer runs, before it calls a difference one. The drawn sides were
// counted once. How many of their false differences a second count would keep is not measured.
func (r *recording) exact() (t exactResult) {
	groups := r.countedSides()
	t.missed = map[string]int{}
	random := rand.New(rand.NewPCG(1, 0))
	var clean, slow gate.Run
	for i := range comparisonsOfCounts {
		g := groups[random.IntN(len(groups))]
		old := random.IntN(len(g))
		new := (old + 1 + random.IntN(len(g)-1)) % len(g) // any side but old
		clean.Rows = append(clean.Rows, comparisonRow(i, g[old], g[new], 0))
		switch {
		case g[old].unit != "allocs/op", g[old].decidedAlone(groups):
		case g[old].ops < 8000:
			t.few++
		default:
			slow.Rows = append(slow.Rows, comparisonRow(i, g[old], g[new], g[old].ops/1000))
		}
	}
	for _, j := range gate.Judge(&clean, gate.Options{}).Rows {
		t.drawn++
		if j.Verdict == gate.Regressed {
			t.falsely++
		}
	}
	for _, j := range gate.Judge(&slow, gate.Options{}).Rows {
		t.planted++
		if j.Verdict == gate.Regressed {
			t.found++
		} else {
			t.missed[j.Row.Package]++
		}
	}
	return t
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
	words := share(t.found, t.planted)
	for _, row := range slices.Sorted(maps.Keys(t.missed)) {
		words += fmt.Sprintf("; not %d times in %s", t.missed[row], row)
	}
	if t.few > 0 {
		words += fmt.Sprintf("; %d rows of less than 8000 operations left out", t.few)
	}
	return words
}
