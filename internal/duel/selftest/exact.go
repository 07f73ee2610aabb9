package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/semabench/semabench/reports/gate"
)

// A block is what was counted of a row on one side in one family: the repeats of one process.
type block struct {
	row    string
	unit   string
	alone  bool // on one processor
	ops    int64
	totals []int64
}

// blocks are grouped by what may be compared with each other.
func (r *recording) blocks() (groups [][]block) {
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
				*g = append(*g, block{row.Name, x.Unit, x.Alone, x.Ops, x.Old},
					block{row.Name, x.Unit, x.Alone, x.Ops, x.New})
			}
		}
	}
	return groups
}

// exactRows is how many comparisons of counts are drawn.
const exactRows = 10_000

// An exactTally counts rows that were drawn from blocks, each compared with another of its own.
type exactTally struct {
	drawn, falsely int            // REGRESSED though nothing did
	planted, found int            // one more allocation in 1000 operations
	missed         map[string]int // of planted, by row: not REGRESSED, because the repeats differ as much
	few            int            // rows of too few operations to plant: a duel counts more of them if sides differ
}

func (r *recording) exact() (t exactTally) {
	groups := r.blocks()
	t.missed = map[string]int{}
	random := rand.New(rand.NewPCG(1, 0))
	var clean, slow gate.Run
	for i := range exactRows {
		g := groups[random.IntN(len(groups))]
		old := random.IntN(len(g))
		new := (old + 1 + random.IntN(len(g)-1)) % len(g)
		clean.Rows = append(clean.Rows, exactRow(i, g[old], g[new], 0))
		switch {
		case g[old].unit != "allocs/op", g[old].meets(groups):
		case g[old].ops < 8000:
			t.few++
		default:
			slow.Rows = append(slow.Rows, exactRow(i, g[old], g[new], g[old].ops/1000))
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

// meets reports whether b was counted while goroutines met, and again on one processor: then that is where one
// allocation more is to be found.
func (b block) meets(groups [][]block) bool {
	return !b.alone && slices.ContainsFunc(groups, func(g []block) bool { return g[0].row == b.row && g[0].alone })
}

func exactRow(number int, old, new block, more int64) gate.Row {
	x := gate.Exact{Unit: old.unit, Alone: old.alone, Ops: old.ops, Old: old.totals}
	for _, total := range new.totals {
		x.New = append(x.New, total+more)
	}
	return gate.Row{Package: old.row, Name: fmt.Sprint(number), Mode: gate.Sliced, Exact: []gate.Exact{x}}
}

// words says what was found, and of which rows that cannot be said: their counts are not exact.
func (t exactTally) words() string {
	words := share(t.found, t.planted)
	for _, row := range slices.Sorted(maps.Keys(t.missed)) {
		words += fmt.Sprintf("; not %d times in %s", t.missed[row], row)
	}
	if t.few > 0 {
		words += fmt.Sprintf("; %d rows of less than 8000 operations left out", t.few)
	}
	return words
}
