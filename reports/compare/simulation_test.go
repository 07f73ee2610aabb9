package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
)

// A world is a table whose truth is known: all columns but the first take longer by
// apart, 0.10 for 10 %.
type world struct {
	cols, n int
	apart   float64
	noise   float64 // the standard deviation of the logarithm of a value
	shape   shape
	rows    int // 0 stands for 1
}

// A shape is a distribution of noise. It returns the logarithm of a value of a column.
type shape string

const (
	normal    shape = "normal"
	twoModes  shape = "two modes"  // half of the values are 25 % greater
	heavy     shape = "heavy"      // Student's distribution with 2 degrees of freedom
	upward    shape = "upward"     // nothing is faster than the fastest
	steps     shape = "steps"      // of 1 %, as of a coarse clock
	common    shape = "common"     // a drift that all columns share, sample for sample
	bestQuiet shape = "best quiet" // the first column has a twentieth of the noise of the others
	restQuiet shape = "rest quiet" // the others have a twentieth of the noise of the first one
	staircase shape = "staircase"  // normal; each column is worse than the column before by apart
)

// times returns how many times as great as the values of the first column the values of a column are.
func (w world) times(col int) float64 {
	switch {
	case w.shape == staircase:
		return math.Pow(1+w.apart, float64(col))
	case col > 0:
		return 1 + w.apart
	}
	return 1
}

// value returns the logarithm of the noise of sample k in column col. drift is the common drift of the row.
func (w world) value(r *rand.Rand, drift []float64, col, k int) float64 {
	z := r.NormFloat64()
	switch w.shape {
	case twoModes:
		return 0.01*z + math.Log(1.25)*float64(r.IntN(2))
	case heavy:
		return w.noise * z / math.Sqrt(r.ExpFloat64())
	case upward:
		return w.noise * r.ExpFloat64()
	case steps:
		return math.Round(100*w.noise*z) / 100
	case common:
		return drift[k] + w.noise*z
	case bestQuiet, restQuiet:
		if (col == 0) == (w.shape == bestQuiet) {
			return w.noise * z / 20
		}
	}
	return w.noise * z
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

// row measures the columns of one row.
func (w world) row(r *rand.Rand) []*Cell {
	row, drift := make([]*Cell, w.cols), make([]float64, w.n)
	for k := 1; w.shape == common && k < w.n; k++ {
		drift[k] = drift[k-1] + w.noise*r.NormFloat64()
	}
	for i := range row {
		row[i] = &Cell{Values: make([]float64, w.n)}
		center := 1e-6 * w.times(i)
		for k := range row[i].Values {
			row[i].Values[k] = center * math.Exp(w.value(r, drift, i, k))
		}
	}
	return row
}

// play measures a world once and counts what the comparison says wrong.
func (o *outcome) play(w world, r *rand.Rand) {
	table := &Table{Units: []*Unit{{Name: "sec/op"}}}
	for i := range w.cols {
		table.Cols = append(table.Cols, fmt.Sprint(i))
	}
	for range max(1, w.rows) {
		table.Rows = append(table.Rows, Row{"X", "X"})
		table.Units[0].Cells = append(table.Units[0].Cells, w.row(r))
	}
	computeStatistics(&Comparison{Tables: []*Table{table}}, nil)
	a := table.answer(table.Primary())
	o.runs++
	worse, tie, advised := false, false, false
	for _, row := range table.Units[0].Cells {
		best := slices.IndexFunc(row, func(c *Cell) bool { return c.Standing == Best })
		for i, c := range row {
			isBest := w.times(i) == 1
			worse = worse || c.Standing == Worse && isBest
			// The tie is between the two cells: the best median may itself belong to a worse column.
			apart := 0.0
			if c.Standing == Tie && best >= 0 {
				apart = math.Abs(math.Log(w.times(i) / w.times(best)))
			}
			tie = tie || apart > math.Log(negligible)
			advised = advised || w.times(i) > negligible && c.Serves
		}
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
	if a.Bound != nil {
		col, _ := strconv.Atoi(a.Bound.Col)
		count(&o.bound, a.Bound.Times < w.times(col)*(1-1e-9))
	}
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

// worlds returns the worlds of the table in the package documentation, or a few of them. The few showed defects of
// earlier rules, as shares of their runs. Under tests against the best alone, the first world had a false
// “worse” in 9.5 %, and the second recommended a worse column in 99 %. Under medians that contradict the ranks, the
// world of two modes recommended a column that is worse by 10 % in 25 %. Under ranks alone, the world of 20 rows
// had a false “worse” in 36 %. Under the levels of Holm's procedure for all bounds, the last world recommended a
// column that is worse by 5.1 % in 16 %.
func worlds(all bool) (list []world) {
	if !all {
		return []world{{8, 8, 0, 0.01, normal, 1}, {4, 8, 0.10, 0.20, normal, 1}, {2, 8, 0.051, 0.01, normal, 1},
			{2, 5, 0, 0.05, normal, 1}, {2, 50, 0.10, 0.05, twoModes, 1}, {2, 6, 0, 0.20, bestQuiet, 20},
			{2, 20, 0.051, 0.03, upward, 20}, {6, 8, 0.051, 0.03, staircase, 1}}
	}
	for _, cols := range []int{2, 4, 8} {
		for _, n := range []int{5, 8, 10, 20} {
			for _, noise := range []float64{0.01, 0.05, 0.20} {
				for _, apart := range []float64{0, 0.051, 0.10} {
					list = append(list, world{cols, n, apart, noise, normal, 1})
				}
			}
		}
	}
	for _, cols := range []int{3, 6, 12} {
		for _, n := range []int{6, 8, 20} {
			for _, noise := range []float64{0.01, 0.03, 0.10, 0.20} {
				for _, apart := range []float64{0.02, 0.03, 0.051, 0.10} {
					list = append(list, world{cols, n, apart, noise, staircase, 1 + cols%5})
				}
			}
		}
	}
	for _, s := range []shape{twoModes, heavy, upward, steps, common, bestQuiet, restQuiet} {
		for _, size := range [][3]int{{2, 4, 1}, {2, 6, 1}, {2, 20, 1}, {2, 50, 1}, {5, 6, 1}, {5, 20, 1}, {12, 20, 1},
			{2, 6, 20}, {2, 20, 20}} {
			for _, apart := range []float64{0, 0.051, 0.10} {
				noise := 0.03
				if s == bestQuiet || s == restQuiet {
					noise = 0.20
				}
				list = append(list, world{size[0], size[1], apart, noise, s, size[2]})
			}
		}
	}
	return list
}

// In no world is an answer of any kind wrong more often than promised. With SEMABENCH_LONG the
// test plays all worlds of the table in the package documentation and prints the table.
func TestFalseAnswers(t *testing.T) {
	long, runs := longtest.Asked(), 0
	for i, w := range worlds(long) {
		var o outcome
		r := rand.New(rand.NewPCG(uint64(i), 17))
		if runs = 2000; !long {
			runs = 1000 / (1 + w.rows/5)
		}
		for range runs {
			o.play(w, r)
		}
		t.Logf("%d %2d %2d rows %-10s %4.1f %% apart, noise %2.0f %%: %s %s %s %s %s %s", w.cols, w.n, w.rows, w.shape,
			100*w.apart, 100*w.noise, o.rate(o.worse), o.rate(o.best), o.rate(o.tie), o.rate(o.advised),
			o.rate(o.bound), o.rate(o.undecided))
		for kind, n := range map[string]int{"worse": o.worse, "best": o.best, "tie": o.tie,
			"advised": o.advised, "bound": o.bound} {
			if n > o.most() {
				t.Errorf("%+v: %d of %d runs have a false %s, want at most 5 %%", w, n, runs, kind)
			}
		}
	}
}

// An interval without a difference has an equal share of the 5 %, also if the test of its row rejects. Columns of
// very different noise have such rows: Welch's interval shows no difference there.
func TestOverruledTestsKeepTheirShare(t *testing.T) {
	overruled := 0
	r := rand.New(rand.NewPCG(3, 17))
	for range 10 {
		w := world{cols: 2, n: 20, apart: 0.10, noise: 0.20, shape: bestQuiet, rows: 20}
		table := &Table{Cols: []string{"0", "1"}, Units: []*Unit{{Name: "sec/op"}}}
		for range w.rows {
			table.Rows = append(table.Rows, Row{"X", "X"})
			table.Units[0].Cells = append(table.Units[0].Cells, w.row(r))
		}
		computeStatistics(&Comparison{Tables: []*Table{table}}, nil)
		for _, row := range table.Units[0].Cells {
			for _, c := range row {
				v := c.VsBest
				if v == nil || v.Verdict() == "different" {
					continue
				}
				if want := 1 - v.Alpha/float64(v.Tests); v.Ratio.Confidence < want-1e-9 {
					t.Errorf("%s, p = %.3g: the interval holds with %v, want %v", v.Verdict(), v.Corrected,
						v.Ratio.Confidence, want)
				}
				if v.Corrected <= v.Alpha {
					overruled++
				}
			}
		}
	}
	if overruled == 0 {
		t.Error("no verdict overruled a test, so this test shows nothing")
	}
}
