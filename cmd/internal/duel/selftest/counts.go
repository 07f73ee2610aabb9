package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/semabench/semabench/reports/gate"
)

// A countedSide is the totals of a row on one side of one family: the repeats of its process or processes. The totals
// are counts of one program, so they may differ by what the runtime does beside it. All metrics of a side stay
// together, since the gate judges bytes beside the allocations that they come from.
type countedSide struct {
	row    string
	alone  bool // on one processor
	ops    int64
	units  []string
	totals [][]int64 // of each unit
}

// countedSides groups all sides by row, way of counting and number of operations. Sides of one group may be
// compared with each other, because all of them counted the same program. The key has the number of
// operations: totals of different numbers are of different programs.
func (r *recording) countedSides() (groups [][]countedSide) {
	index := map[string]int{}
	for _, f := range r.families {
		for _, row := range f.run.Rows {
			for _, alone := range []bool{false, true} {
				old := countedSide{row: row.Name, alone: alone}
				new := old
				for _, x := range row.Exact {
					if x.Alone != alone {
						continue
					}
					old.ops, old.units, old.totals = x.Ops, append(old.units, x.Unit), append(old.totals, x.Old)
					new.ops, new.units, new.totals = x.Ops, append(new.units, x.Unit), append(new.totals, x.New)
				}
				if len(old.units) == 0 {
					continue
				}
				key := fmt.Sprint(row.Name, alone, old.ops, old.units)
				if _, known := index[key]; !known {
					index[key] = len(groups)
					groups = append(groups, nil)
				}
				groups[index[key]] = append(groups[index[key]], old, new)
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
	unknown        int            // of the first, those without other sides that could count them again
	better         int            // of drawn, IMPROVED when they were counted again, or unknown
	alarms         map[string]int // falsely and better, by row and metric
	planted, found int            // comparisons with one more allocation in 1000 operations; REGRESSED, both times
	missed         map[string]int // planted and not found, by row: the repeats differ as much
	few            int            // not planted into: so few operations that a duel would count more
}

// A drawing is a comparison of two sides that were drawn at random, and the two sides that count them again, if the
// group has four. more allocations of 16 bytes are added to every total of the new ones.
type drawing struct {
	number             int
	old, new           countedSide
	oldAgain, newAgain *countedSide
	more               int64
}

// exact compares pairs of sides that are drawn at random, as they are and with allocations planted.
// Drawing pairs of sides gives many more comparisons than there are families. They are not
// independent, but each asks the gate the same question. The planted change is one allocation in
// 1000 operations, which the table promises to find.
//
// A duel counts a difference again by other processes, and judges the totals of both counts together. Here two more
// sides are drawn for that. A group of two sides has no others. Its alarms are neither confirmed nor refuted, so the
// result has a number of its own for them, and what is planted counts as found if one count finds it.
func (r *recording) exact(comparisons int) (t exactResult) {
	groups := r.countedSides()
	t.missed, t.alarms = map[string]int{}, map[string]int{}
	random := rand.New(rand.NewPCG(1, 0))
	var clean, slow []drawing
	for i := range comparisons {
		d := drawn(random, i, groups[random.IntN(len(groups))])
		clean = append(clean, d)
		switch {
		case d.old.decidedAlone(groups):
		case d.old.ops < 8000:
			t.few++
		default:
			d.more = d.old.ops / 1000
			slow = append(slow, d)
		}
	}
	t.drawn, t.planted = len(clean), len(slow)
	var alarms, faster []drawing
	for _, c := range judged(clean, false) {
		switch c.verdict {
		case gate.Regressed:
			alarms = append(alarms, c.drawing)
		case gate.Improved:
			faster = append(faster, c.drawing)
		default:
			continue
		}
		t.alarms[c.old.row+" "+c.unit]++
	}
	t.falsely = len(alarms)
	_, t.kept, t.unknown = again(alarms, gate.Regressed)
	_, kept, unknown := again(faster, gate.Improved)
	t.better = kept + unknown
	found, _, _ := again(slow, gate.Regressed)
	for _, c := range judged(slow, false) {
		if c.verdict == gate.Regressed && found[c.number] {
			t.found++
		} else {
			t.missed[c.old.row]++
		}
	}
	return t
}

// again counts drawings again. It returns which drawings still have a verdict, how many these are, and how
// many cannot be counted again. The latter are among the first, and not among the second.
func again(all []drawing, want gate.Verdict) (still map[int]bool, kept, unknown int) {
	still = map[int]bool{}
	var counted []drawing
	for _, d := range all {
		if d.oldAgain == nil {
			still[d.number] = true
			unknown++
		} else {
			counted = append(counted, d)
		}
	}
	for _, c := range judged(counted, true) {
		if c.verdict == want {
			still[c.number] = true
			kept++
		}
	}
	return still, kept, unknown
}

// drawn draws four different sides of a group, or the two that it has.
func drawn(random *rand.Rand, number int, g []countedSide) drawing {
	order := random.Perm(len(g)) // a group has two sides or more
	d := drawing{number: number, old: g[order[0]], new: g[order[1]]}
	if len(g) >= 4 {
		d.oldAgain, d.newAgain = &g[order[2]], &g[order[3]]
	}
	return d
}

// A judgedDrawing is a drawing with the verdict of the gate, and the metric that decided it.
type judgedDrawing struct {
	drawing
	verdict gate.Verdict
	unit    string
}

// judged judges drawings, by one count or by both together. The gate judges all of them as one run, with its
// own code: a copy of the rule here could be right where the gate is wrong.
func judged(all []drawing, again bool) (results []judgedDrawing) {
	var run gate.Run
	for _, d := range all {
		run.Rows = append(run.Rows, d.row(again))
	}
	byName := map[string]*gate.Judged{}
	for _, j := range gate.Judge(&run, gate.Options{}).Rows {
		byName[j.Row.Name] = j
	}
	for _, d := range all {
		j, c := byName[fmt.Sprint(d.number)], judgedDrawing{drawing: d, verdict: gate.Unchanged}
		for _, want := range []gate.Verdict{gate.Regressed, gate.Improved, gate.Inconclusive} {
			i := slices.IndexFunc(j.Counts, func(c gate.Counted) bool { return c.Verdict == want })
			if i >= 0 {
				c.verdict, c.unit = want, j.Counts[i].Unit
				break
			}
		}
		results = append(results, c)
	}
	return results
}

// row makes a row that compares the two sides of d, or all four. The name of the row stands in Package,
// because Name has to be unique. Every repeat gets the same addition, as a program with one more allocation
// has it.
func (d drawing) row(again bool) gate.Row {
	row := gate.Row{Package: d.old.row, Name: fmt.Sprint(d.number), Mode: gate.Sliced}
	for i, unit := range d.old.units {
		x := gate.Exact{Unit: unit, Alone: d.old.alone, Ops: d.old.ops, Old: d.old.totals[i], New: d.new.totals[i]}
		if again {
			x.Old, x.New = slices.Concat(x.Old, d.oldAgain.totals[i]), slices.Concat(x.New, d.newAgain.totals[i])
		}
		more := d.more
		if unit == "B/op" {
			more *= 16
		}
		x.New = slices.Clone(x.New)
		for k := range x.New {
			x.New[k] += more
		}
		row.Exact = append(row.Exact, x)
	}
	return row
}

// decidedAlone reports whether c was counted with several goroutines and the row
// was also counted on one processor. The gate finds one more allocation in the
// latter count.
func (c countedSide) decidedAlone(groups [][]countedSide) bool {
	return !c.alone && slices.ContainsFunc(groups, func(g []countedSide) bool {
		return g[0].row == c.row && g[0].alone
	})
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

// alarmWords says how many comparisons without a change differ by one count, and in which metrics.
func (t exactResult) alarmWords() string { return share(t.falsely, t.drawn) + byRow("", t.alarms) }

// keptWords says how many of them REGRESSED when they were counted again, and how many nothing could count again.
func (t exactResult) keptWords() string {
	words := share(t.kept, t.drawn)
	if t.unknown > 0 {
		words += fmt.Sprintf("; %d alarms are of rows without a second count", t.unknown)
	}
	return words
}

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
