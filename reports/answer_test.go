package reports_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// around returns 8 values within half a percent of v. Another seed gives other values.
func around(v float64, seed int) []float64 {
	values := make([]float64, 8)
	for i := range values {
		values[i] = v * (1 + 0.0001*float64((i*37+seed*11)%50))
	}
	return values
}

// rowOf writes a row in which the implementations a, b and c take about these times.
func rowOf(row string, times ...float64) string {
	var b strings.Builder
	for i, v := range times {
		lines := samples(string(rune('a'+i)), around(v, i)...)
		b.WriteString(strings.ReplaceAll(lines, "X/", "X/"+row+"/"))
	}
	return b.String()
}

func TestAnswers(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"one is best everywhere", rowOf("n=1", 100, 200, 300) + rowOf("n=2", 100, 200, 300), "a"},
		{"a tie is called one", rowOf("n=1", 100, 100, 300), "a or b: a tie"},
		{"all of them", rowOf("n=1", 100, 100, 100), "a, b or c: a tie of all, so in time it hardly " +
			"matters which one: it is not the bottleneck here, or all cost the same"},
		{"all of them in one row of two", rowOf("n=1", 100, 100, 300) + rowOf("n=2", 100, 100, 100),
			"a or b: a tie"},
		{"all have nothing", inUnit("allocs/op", samples("a", 0, 0, 0, 0, 0, 0)+
			samples("b", 0, 0, 0, 0, 0, 0)), "a or b: a tie"},
		{"a difference of 3 % counts for nothing", rowOf("n=1", 100, 103, 300), "a or b: a tie"},
		{"one of 7 % counts", rowOf("n=1", 100, 107, 300), "a"},
		{"it depends, and one is safest",
			rowOf("n=1", 100, 120, 900) + rowOf("n=2", 300, 120, 100) + rowOf("n=3", 500, 130, 100),
			"it depends: a for n=1; c for n=2, n=3; the safest is b, ×1.30 of the best in its worst " +
				"row, surely at most ×1.30"},
		{"too few samples", samples("a", 1, 1, 1) + samples("b", 9, 9, 9),
			"no answer: n too small: with 3 and 3 samples no p below 0.1 is possible, take 4 each " +
				"(go test -count=4, semabench run -samples 4)"},
		// Values a few percent apart: the interval reaches beyond 5 % on both sides.
		{"undecided", ten + samples("b", 10.5, 11, 12.9, 13, 14, 15),
			"undecided: a or b (differences below 18.2 % do not show; a is surely at most ×1.15 of the best)"},
		// c may be 10 % slower than a, and not 5 % faster: it may serve, and a surely does.
		{"another may be as good", strings.ReplaceAll(samples("a", 97, 98.5, 100, 101.5, 103, 104.5, 106, 107.5)+
			samples("c", 100, 101.6, 103.1, 104.6, 106.1, 107.6, 109.1, 110.6), "X/", "X/n=1/"),
			"a; undecided: c, surely at most ×1.06 of the best"},
		// Half of the values of c are as good as a. The noise of c is so much greater that c may be better.
		{"another with more noise", rowOf("n=1", 100, 300) + strings.ReplaceAll(
			samples("c", 99.5, 100, 100.5, 140, 101, 99.8, 150, 160), "X/", "X/n=1/"),
			"a; undecided: c, surely at most ×1.49 of the best"},
		// In n=2 the best median is of b, and a may be better by far.
		{"rows that are undecided", rowOf("n=1", 100, 300) + strings.ReplaceAll(ten+
			samples("b", 9, 11, 12, 12.5, 14, 15), "X/", "X/n=2/"),
			"undecided: a, or it depends (1 of 2 rows are decided; differences below 27.3 % do " +
				"not show; a is surely at most ×1.27 of the best)"},
		{"alone in its row", rowOf("n=1", 1, 2) + rowOf("n=2", 1),
			"no answer: a row was measured in one column only"},
		{"no direction", inUnit("apples", rowOf("n=1", 1, 2)),
			"no answer: the text does not say whether more apples is better"},
		{"zero has no ratio", inUnit("allocs/op", samples("a", 0, 0, 0, 0, 0, 0)+samples("b", 5, 5, 5, 5, 5, 5)), "a"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			answers := compare(t, "", test.text).Answers()
			if len(answers) != 1 || answers[0].String() != test.want {
				t.Errorf("got  %v\nwant %v", answers, test.want)
			}
		})
	}
}

// The best column in time may cost much in another unit.
func TestAnswersNameThePrice(t *testing.T) {
	var text strings.Builder
	text.WriteString("Unit cpu-ns/op better=lower\nUnit wait-max-ns better=lower\nUnit wait-p50-ns better=lower\n")
	for i := range 8 {
		fmt.Fprintf(&text, "BenchmarkX/impl=a 1 %d ns/op %d cpu-ns/op %d wait-max-ns %[3]d wait-p50-ns 9 noise-load1\n", 100+i, 900+i, 90000+i)
		fmt.Fprintf(&text, "BenchmarkX/impl=b 1 %d ns/op %d cpu-ns/op %d wait-max-ns %[3]d wait-p50-ns 1 noise-load1\n", 200+i, 300+i, 300+i)
	}
	a := compare(t, "", text.String()).Answers()[0]
	if got, want := a.String(), "a; but a costs ×2.98 cpu-sec/op, 903.5ns against 303.5ns (X)"; got != want {
		t.Errorf("got %q, want %q: what each operation pays comes first", got, want)
	}
	if len(a.Prices) != 2 || a.Prices[1].Unit != "wait-max-sec" {
		t.Errorf("prices = %v, want that of the longest wait as well, no noise, and not the median wait", a.Prices)
	}
}

// The safest column is chosen by its medians. What it surely costs at most comes from the intervals, which are
// wide in a noisy row.
func TestSafestIsBounded(t *testing.T) {
	noisy := func(col string, center float64) string {
		var times []float64
		for i := range 10 {
			times = append(times, center*(1+0.05*float64(i-5)))
		}
		return samples(col, times...)
	}
	text := strings.ReplaceAll(noisy("a", 100)+noisy("b", 250), "X/", "X/n=1/") +
		strings.ReplaceAll(noisy("a", 400)+noisy("b", 100), "X/", "X/n=2/")
	a := compare(t, "", text).Answers()[0]
	if a.Safest != "b" || a.Most < 1.1*a.Worst || !strings.Contains(a.String(), "surely at most ×"+a.SurelyAtMost()) {
		t.Errorf("%s: safest %s, worst %v, at most %v; want b, and a bound above the medians", a, a.Safest, a.Worst, a.Most)
	}
}

// With fewer than twenty cells, one in twenty is not known: the greatest difference is named instead.
func TestNoiseOfFewCells(t *testing.T) {
	cells := func(n int) string {
		var b strings.Builder
		for i := range n {
			for j := range 8 {
				fmt.Fprintf(&b, "BenchmarkX/n=%d/impl=a 1 %d ns/op\n", i, 100+i*(j%2))
			}
		}
		return b.String()
	}
	for n, want := range map[int]string{
		1:  "of the samples of the only cell differ by 0.0 %.",
		2:  "and by 1.0 % in the worst of 2 cells.",
		19: "and by 18.0 % in the worst of 19 cells.",
		20: "or more in one cell of twenty.",
	} {
		noise := compare(t, "", cells(n)).Noise()
		if got := noise.String(); !strings.HasSuffix(got, want) {
			t.Errorf("%d cells: %s, want %s", n, got, want)
		}
		if n == 19 && (len(noise.Warnings) != 1 || !strings.HasPrefix(noise.Warnings[0], "in the worst of 19 cells")) {
			t.Errorf("warnings %q", noise.Warnings)
		}
	}
}

func TestNoiseFloor(t *testing.T) {
	quiet := rowOf("n=1", 100, 200)
	n := compare(t, "", quiet).Noise()
	if n.Cells != 2 || n.High > 0.005 || len(n.Warnings) > 0 {
		t.Errorf("noise of a quiet text = %+v, want less than 0.5 %% in 2 cells", n)
	}
	// Every other sample takes half as long again: the two halves of a cell differ by 50 %.
	var busy strings.Builder
	for i := range 8 {
		fmt.Fprintf(&busy, "BenchmarkX/impl=a 1 %d ns/op 1.5 noise-foreign-cores 0.1 noise-steal-cores\n", 100+50*(i%2))
	}
	n = compare(t, "", busy.String()).Noise()
	if math.Abs(n.Typical-0.5) > 1e-9 {
		t.Errorf("typical noise = %v, want 0.5", n.Typical)
	}
	if got := fmt.Sprint(n.Machine); got != "[{noise-foreign-cores 1.5 1.5} {noise-steal-cores 0.1 0.1}]" {
		t.Errorf("noise of the machine = %s", got)
	}
	if len(n.Warnings) != 3 {
		t.Errorf("warnings = %q, want one of the floor, of other programs, and of the hypervisor", n.Warnings)
	}
	if n = compare(t, "", samples("a", 1, 2, 3)).Noise(); n.Cells != 0 || !math.IsNaN(n.High) {
		t.Errorf("noise of three samples = %+v, want none", n)
	}
	if n = compare(t, "", samples("a", -1, 2, -1, 2)).Noise(); n.Cells != 0 {
		t.Errorf("noise of negative medians = %+v, want none: there is no ratio", n)
	}
}

func TestUnitsOfNoiseAreInNoTable(t *testing.T) {
	c := compare(t, "", "BenchmarkX/impl=a 1 5 ns/op 2 noise-load1\nBenchmarkX/impl=b 1 5 ns/op 2 noise-load1\n")
	for _, u := range c.Tables[0].Others() {
		t.Errorf("%s is among the units to compare", u.Name)
	}
}

func TestScaling(t *testing.T) {
	text := rowOf("w/goroutines=64/permits=1", 3, 4) + rowOf("w/goroutines=1/permits=1", 1, 2) +
		rowOf("w/goroutines=8/permits=1", 2, 3) + rowOf("w/goroutines=8/permits=4", 9, 9) +
		rowOf("w/goroutines=64/permits=4", 9, 9)
	charts := compare(t, "", text).Tables[0].Scaling()
	if len(charts) != 1 {
		t.Fatalf("%d charts, want 1: two points make no curve", len(charts))
	}
	c := charts[0]
	if c.X != "goroutines" || c.Title != "permits=1" || !c.LogX || c.LogY {
		t.Errorf("chart = %+v, want permits=1 over goroutines, only x logarithmic", c)
	}
	if len(c.Lines) != 2 || !slices.Equal(c.Lines[1].X, []float64{1, 8, 64}) || c.Lines[1].Name != "b" {
		t.Fatalf("lines = %v, want a and b over 1 8 64", c.Lines)
	}
	if y := c.Lines[1].Y; !near(y[0], 2e-9) || !near(y[2], 4e-9) {
		t.Errorf("y of b = %v, want about 2 to 4 ns", y)
	}
	if math.IsNaN(c.Lines[0].Lo[0]) {
		t.Error("8 samples have an interval")
	}
}

func TestScalingOverDurationsAndProcs(t *testing.T) {
	text := "BenchmarkX/hold=1µs/impl=a-2 1 5 ns/op\nBenchmarkX/hold=100ns/impl=a-2 1 5 ns/op\n" +
		"BenchmarkX/hold=1ms/impl=a-2 1 5 ns/op\nBenchmarkX/hold=1µs/impl=a-4 1 5 ns/op\nBenchmarkX/hold=1µs/impl=a-8 1 5 ns/op\n"
	var got []string
	for _, c := range compare(t, "", text).Tables[0].Scaling() {
		got = append(got, fmt.Sprint(c.X, " ", c.Title, c.Lines[0].X))
		if !math.IsNaN(c.Lines[0].Lo[0]) {
			t.Error("a single sample has an interval")
		}
	}
	want := "[hold gomaxprocs=2[1e-07 1e-06 0.001] gomaxprocs hold=1µs[2 4 8]]"
	if fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestPercentiles(t *testing.T) {
	text := "BenchmarkX/impl=a 1 5 ns/op 9 wait-max-ns 4 wait-p99.9-ns 1 wait-p50-ns 3 wait-p99-ns 7 lag-p50-ns\n"
	charts := compare(t, "", text).Tables[0].Percentiles()
	if len(charts) != 1 {
		t.Fatalf("%d charts, want 1: one percentile makes no curve", len(charts))
	}
	c := charts[0]
	if got := fmt.Sprint(c.XTicks, c.Lines[0].X); got != "[p50 p99 p99.9 max] [0 1 2 3]" {
		t.Errorf("ticks and places = %s", got)
	}
	if y := c.Lines[0].Y; !slices.IsSorted(y) || !near(y[3], 9e-9) || c.Value(y[0]) != "1.000ns" {
		t.Errorf("y = %v, %s", y, c.Value(y[0]))
	}
	if c.Y != "wait sec" || !c.LogY {
		t.Errorf("chart = %+v, want wait sec on a logarithmic axis", c)
	}
}
