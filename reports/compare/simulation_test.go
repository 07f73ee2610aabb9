package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
)

// A world is a table of one row whose truth is known: all columns but the first take longer by
// apart, 0.10 for 10 %.
type world struct {
	cols, n int
	apart   float64
	noise   float64 // the standard deviation of the logarithm of a value
}

// An outcome counts the runs of a world with at least one false answer of each kind.
type outcome struct {
	runs      int
	worse     int // a cell that is as good as the best one is called worse
	best      int // a single column is recommended that is not the only best one
	tie       int // a cell that is not within 5 % of the best is called a tie
	advised   int // a column that is worse by more than 5 % is among the recommended
	bound     int // an undecided answer bounds a column by less than it is worse
	undecided int // no column is recommended
}

// play measures a world once and counts what the comparison says wrong.
func (o *outcome) play(w world, r *rand.Rand) {
	row := make([]*Cell, w.cols)
	table := &Table{Rows: []Row{{"X", "X"}}}
	for i := range row {
		row[i] = &Cell{Values: make([]float64, w.n)}
		center := 1e-6
		if i > 0 {
			center *= 1 + w.apart
		}
		for k := range row[i].Values {
			row[i].Values[k] = center * math.Exp(w.noise*r.NormFloat64())
		}
		table.Cols = append(table.Cols, fmt.Sprint(i))
	}
	table.Units = []*Unit{{Name: "sec/op", Cells: [][]*Cell{row}}}
	computeStatistics(&Comparison{Tables: []*Table{table}}, nil)
	a := table.answer(table.Primary())
	o.runs++
	worse, tie, advised := false, false, false
	for i, c := range row {
		isBest := w.apart == 0 || i == 0
		worse = worse || c.Standing == Worse && isBest
		// The tie is between the two cells: the best median may itself belong to a worse column.
		tie = tie || c.Standing == Tie && w.apart > 0.05 && (i == 0) != (row[0].Standing == Best)
		advised = advised || !isBest && w.apart > 0.05 && c.Serves
	}
	count := func(n *int, yes bool) {
		if yes {
			*n++
		}
	}
	count(&o.worse, worse)
	count(&o.best, len(a.Use) == 1 && len(a.Open) == 0 && (w.apart == 0 || a.Use[0] != "0"))
	count(&o.tie, tie)
	count(&o.advised, advised)
	count(&o.bound, a.Bound != nil && a.Bound.Col != "0" && a.Bound.Times < 1+w.apart)
	count(&o.undecided, len(a.Use) == 0)
}

// rate returns a share of the runs in percent.
func (o outcome) rate(n int) string {
	return fmt.Sprintf("%5.1f", 100*float64(n)/float64(o.runs))
}

// most returns the greatest count of an event with a chance of 5 % that TestFalseAnswers accepts:
// three standard deviations more than expected. The seeds are fixed, so a right program that
// passes once passes always.
func (o outcome) most() int {
	expected := 0.05 * float64(o.runs)
	return int(expected + 3*math.Sqrt(expected*0.95))
}

// worlds returns the worlds of the table in the package documentation, or a few of them. The few
// have the defects of earlier rules: with tests against the best alone the first had a false
// “worse” in 9.5 % of runs, and the second recommended a worse column in 99 %.
func worlds(all bool) (list []world) {
	if !all {
		return []world{{8, 8, 0, 0.01}, {4, 8, 0.10, 0.20}, {2, 8, 0.051, 0.01}, {2, 5, 0, 0.05}}
	}
	for _, cols := range []int{2, 4, 8} {
		for _, n := range []int{5, 8, 10, 20} {
			for _, noise := range []float64{0.01, 0.05, 0.20} {
				for _, apart := range []float64{0, 0.051, 0.10} {
					list = append(list, world{cols, n, apart, noise})
				}
			}
		}
	}
	return list
}

// In no world is an answer of any kind wrong more often than promised. With SEMABENCH_LONG the
// test plays all worlds of the table in the package documentation and prints the table.
func TestFalseAnswers(t *testing.T) {
	long := longtest.Asked()
	runs := 1000
	if long {
		runs = 2000
	}
	for i, w := range worlds(long) {
		var o outcome
		r := rand.New(rand.NewPCG(uint64(i), 17))
		for range runs {
			o.play(w, r)
		}
		t.Logf("%d %2d  %4.1f %% apart, noise %2.0f %%: %s %s %s %s %s %s", w.cols, w.n, 100*w.apart,
			100*w.noise, o.rate(o.worse), o.rate(o.best), o.rate(o.tie), o.rate(o.advised),
			o.rate(o.bound), o.rate(o.undecided))
		for kind, n := range map[string]int{"worse": o.worse, "best": o.best, "tie": o.tie,
			"advised": o.advised, "bound": o.bound} {
			if n > o.most() {
				t.Errorf("%+v: %d of %d runs have a false %s, want at most 5 %%", w, n, runs, kind)
			}
		}
	}
}
