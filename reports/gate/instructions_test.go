package gate

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/internal/longtest"
)

// countedBoth returns instructions of both sides. The values are recorded: BenchmarkParse of google/uuid
// under valgrind 3.19, at a load of 25 on two cores.
func countedBoth(old, new []float64) *Instructions {
	return &Instructions{By: "valgrind 3.19.0", Ops: 128_880, Old: old, New: new}
}

var recorded = [][]float64{
	{475.39228518222933, 473.7218143123171, 473.8291034849694, 474.6078123614436, 474.5326505276226, 474.83771393101},
	{474.3613283674736, 474.61864857674914, 474.35379090183557, 474.4547663385652, 473.8155981200674, 474.05316130176465},
	{460.071806727138, 460.00829421522604, 460.13965164296053}, {460.3401510606007, 460.1446987611619, 460.3007800091766},
	{705.9511624781616, 704.6104287058191, 705.1957532589704, 704.0618868431662, 703.2832683779062, 704.2211530708238},
	{705.9771804864938, 704.7072302109932, 705.6567531245801, 705.154549119742, 706.2193522376025, 705.2052143529096},
	{53.02448479196571, 53.034426891878674, 53.048008369383}, {53.040786911675944, 53.03872815410255, 52.97824078967776},
	{141.03564308082014, 141.1155991810383, 141.12489434267053}, {141.0984390890527, 141.1105920298819, 141.07896325674128},
	{472.2604388974435, 472.2332081656176, 472.297439914994}, {472.60519040801074, 472.1111111111111, 472.2539643947376},
}

// twice returns twelve values of six, as many as MORE WORK needs.
func twice(values []float64) []float64 { return slices.Concat(values, values) }

// times returns values that are so many times as large.
func times(factor float64, values []float64) (scaled []float64) {
	for _, v := range values {
		scaled = append(scaled, factor*v)
	}
	return scaled
}

func TestVerdictsOfInstructions(t *testing.T) {
	six, three := recorded[0], recorded[2]
	off := []float64{733.9, 735.5, 736.3, 733.0, 736.5, 754.1} // one process of six executed 2.5 % more
	wild := []float64{733.9, 725.5, 736.3, 723.0, 746.5, 754.1}
	for _, test := range []struct {
		name string
		x    *Instructions
		max  float64 // Options.MaxInstructions
		want Verdict
		why  string
	}{
		{"same", countedBoth(six, recorded[1]), 0, SameWork, "instructions an operation (474.57 to 474.36), within 0.5 %"},
		{"same, three repeats", countedBoth(three, recorded[3]), 0, SameWork, "+0.05 % instructions"},
		{"2 % more", countedBoth(twice(six), times(1.02, twice(recorded[1]))), 0, MoreWork, "+2.0 % instructions an operation (474.57 to 483.84)"},
		{"10 % more", countedBoth(twice(six), times(1.10, twice(recorded[1]))), 0, MoreWork, "+10 %"},
		{"2 % more, six repeats", countedBoth(six, times(1.02, recorded[1])), 0, "", "6 repeats are too few for a change of +2.0 %"},
		{"10 % more, six repeats", countedBoth(six, times(1.10, recorded[1])), 0, "", "6 repeats are too few for a change of +10 %"},
		{"0.8 % more", countedBoth(six, times(1.008, recorded[1])), 0, "", "6 repeats are too few for a change of +0.75 %"},
		{"0.4 % more", countedBoth(six, times(1.004, recorded[1])), 0, SameWork, "+0.36 %"},
		{"2 % less", countedBoth(six, times(0.98, recorded[1])), 0, LessWork, "-2.0 %"},
		{"more than allowed", countedBoth(twice(six), times(1.10, twice(recorded[1]))), 0.05, Regressed, "over the limit of 5.0 %"},
		{"as much as allowed", countedBoth(twice(six), times(1.04, twice(recorded[1]))), 0.05, MoreWork, ""},
		{"three repeats and a change", countedBoth(three, times(1.02, recorded[3])), 0, "", "3 repeats are too few for a change of +2.1 %"},
		{"varies", countedBoth(wild, wild), 0, "", "repeats differ by 3.2 %"},
		{"varies on one side", countedBoth(times(735/474.5, six), wild), 0, "", "repeats differ by 3.2 %"},
		{"one process is off", countedBoth(off, times(735.9/474.5, six)), 0, SameWork, ""},
		{"one process is off, 2 % more", countedBoth(twice(times(735.9/474.5, six)), times(1.02, twice(off))), 0, MoreWork, ""},
		{"one process of six is off, 2 % more on the other side", countedBoth(twice(off), times(1.02*735.9/474.5, twice(six))), 0, MoreWork, ""},
		{"one process is off, which hides 2 % less", countedBoth(times(735.9/474.5, six), times(0.98, off)), 0, "", "overlap"},
		{"one process of three is off", countedBoth(off[3:], off[:3]), 0, "", "repeats differ by"},
		{"overlaps", countedBoth([]float64{1006.5, 1007, 1007, 1007, 1007, 1011}, []float64{1000, 1000, 1000, 1000, 1000, 1007}), 0, "", "overlap"},
		{"varies and differs by little", countedBoth(times(1.007, six), six), 0, "", "6 repeats are too few for a change of -0.70 %"},
		{"not counted", &Instructions{By: "valgrind", Why: "it prints"}, 0, "", "it prints"},
		{"one value", countedBoth(six[:1], six[:1]), 0, "", "fewer than two"},
		{"no values", countedBoth(nil, nil), 0, "", "fewer than two"},
		{"no number", countedBoth([]float64{1, math.NaN(), 1}, three), 0, "", "fewer than two"},
		{"zero", countedBoth([]float64{0, 0, 0}, three), 0, "", "fewer than two"},
	} {
		r := Row{Instructions: test.x}
		w := r.work(Options{MaxInstructions: test.max})
		if w.Verdict != test.want || !strings.Contains(w.Why, test.why) {
			t.Errorf("%s: %q because %q, want %q because %q", test.name, w.Verdict, w.Why, test.want, test.why)
		}
	}
	if (&Row{}).work(Options{}) != nil {
		t.Error("a row without a record is judged")
	}
}

// Overlapping repeats are no more work, however far their medians are from each other.
func TestOverlapIsNoMoreWork(t *testing.T) {
	old := append(slices.Repeat([]float64{1000}, 9), 1006.5, 1007, 1007) // three of twelve, and two are left out
	new := append([]float64{1006}, slices.Repeat([]float64{1012}, 11)...)
	r := Row{Instructions: countedBoth(old, new)}
	if w := r.work(Options{}); w.Verdict != "" || !strings.Contains(w.Why, "overlap") {
		t.Errorf("%q because %q, want none because of the overlap", w.Verdict, w.Why)
	}
}

// 10 000 rows of the same code, drawn from recorded runs, are never MORE WORK, and 2 % more is always
// found in rows that can be counted.
func TestInstructionsOfManyRows(t *testing.T) {
	random := rand.New(rand.NewPCG(14, 2))
	counted := 0
	for i := range 10_000 {
		side := recorded[2*(i%(len(recorded)/2))]
		both := slices.Concat(side, recorded[2*(i%(len(recorded)/2))+1])
		draw := func(n int, factor float64) (values []float64) {
			noise := []float64{1, 1, 2}[i%3] // rows of maps vary more
			for range n {
				v := both[random.IntN(len(both))]
				values = append(values, factor*(side[0]+noise*(v-side[0])))
			}
			return values
		}
		count := func(factor float64) Row { // as many processes as the row needs
			x := countedBoth(nil, nil)
			for n := x.Needs(); n > 0; n = x.Needs() {
				x.Old, x.New = append(x.Old, draw(n, 1)...), append(x.New, draw(n, factor)...)
			}
			return Row{Instructions: x}
		}
		r := count(1)
		x := r.Instructions
		w := r.work(Options{})
		if w.Verdict == MoreWork || w.Verdict == LessWork {
			t.Fatalf("row %d: %s: %s; %v against %v", i, w.Verdict, w.Why, x.New, x.Old)
		}
		if w.Verdict == SameWork {
			counted++
		}
		if i%10 > 0 {
			continue // the search for work that was added takes fewer rows
		}
		more := count(1.02)
		if w := more.work(Options{}); w.Verdict == SameWork && w.Band < 0.02 || w.Verdict == LessWork {
			t.Fatalf("row %d: 2 %% more work is %s: %s; %v", i, w.Verdict, w.Why, more.Instructions)
		}
	}
	if counted < 9_000 {
		t.Errorf("%d of 10 000 rows of the same code were COUNTED, want 9000", counted)
	}
}

// withWork returns a row with instructions beside its time.
func withWork(r Row, factor float64) Row {
	r.Name += "Work"
	r.Instructions = countedBoth(twice(recorded[0]), times(factor, twice(recorded[1])))
	return r
}

// What instructions do to a row depends on its time, its allocations and the options.
func TestInstructionsBesideTime(t *testing.T) {
	lost := withWork(row("BenchmarkLost", 1.08, 0.02), 1) // a suspect without a second stage
	waits := withWork(row("BenchmarkWaits", 1.035, 0.06), 1)
	allocates := withWork(noisy, 1)
	allocates.Exact = []Exact{{Unit: "allocs/op", Ops: 1000, Old: []int64{120, 90, 150}, New: []int64{100, 130, 99}}}
	fewer := withWork(noisy, 1)
	fewer.Exact = []Exact{{Unit: "allocs/op", Ops: 1000, Old: []int64{2000, 2000, 2000}, New: []int64{1000, 1000, 1000}}}
	again := withWork(noisy, 1.1)
	again.Second = pairsOf(48, 1.1, 0.02)
	unchanged := withWork(noisy, 1.02)
	unchanged.Second = pairsOf(48, 1.001, 0.02)
	locks := withWork(noisy, 1)
	locks.Instructions.Waiting = "its goroutines used 1.0 cores"
	locksMore := withWork(noisy, 1.1)
	locksMore.Instructions.Waiting = locks.Instructions.Waiting
	uncounted := noisy
	uncounted.Instructions = &Instructions{Why: "it runs several goroutines"}
	waiver := waiverOf("*")
	waiver.Metric, waiver.Ceiling = "instructions", 1.2
	for _, test := range []struct {
		name string
		row  Row
		o    Options
		want Verdict
		exit int
		why  string
	}{
		{"same, time open", withWork(noisy, 1), Options{}, SameWork, 0, "not seen: cache misses"},
		{"same, time clear", withWork(fine, 1), Options{}, Unchanged, 0, ""},
		{"same, time slower twice", withWork(slow, 1), Options{}, Regressed, 1, ""},
		{"same, suspect", lost, Options{}, Inconclusive, 3, "not measured again"},
		{"same, time slower but not proven", waits, Options{}, Inconclusive, 3, "-0.04 % instructions"},
		{"same, allocations open", allocates, Options{}, Inconclusive, 3, ""},
		{"same, fewer allocations", fewer, Options{}, SameWork, 0, ""},
		{"less, time open", withWork(noisy, 0.9), Options{}, LessWork, 0, "-10 %"},
		{"less, time clear", withWork(fine, 0.9), Options{}, LessWork, 0, ""},
		{"less, time slower twice", withWork(slow, 0.9), Options{}, Regressed, 1, ""},
		{"more, time open", withWork(noisy, 1.02), Options{}, MoreWork, 3, "time: cannot tell"},
		{"more, time open and tolerated", withWork(noisy, 1.02), Options{Tolerate: math.Inf(1)}, MoreWork, 0, ""},
		{"more, time clear", withWork(fine, 1.02), Options{}, MoreWork, 0, "+2.0 %"},
		{"more, time slower twice", withWork(slow, 1.02), Options{}, Regressed, 1, "+2.0 %"},
		{"more, time faster", withWork(row("BenchmarkFaster", 0.8, 0.02), 1.02), Options{}, Improved, 0, "+2.0 %"},
		{"more, timed again and slower", again, Options{}, Regressed, 1, "found in"},
		{"more, timed again and unchanged", unchanged, Options{}, MoreWork, 0, "all within 3.0 %"},
		{"more than the limit, time open", withWork(noisy, 1.1), Options{MaxInstructions: 0.05}, Regressed, 1, "over the limit of 5.0 %"},
		{"more than the limit, time clear", withWork(fine, 1.1), Options{MaxInstructions: 0.05}, Regressed, 1, ""},
		{"more than the limit, waived", withWork(fine, 1.1), Options{MaxInstructions: 0.05, Waivers: []Waiver{waiver}}, Unchanged, 0, "+10 %"},
		{"more, waived, time open", withWork(noisy, 1.02), Options{Waivers: []Waiver{waiver}}, Waived, 0, ""},
		{"same, perhaps waiting", locks, Options{}, Inconclusive, 3, "settles nothing: its goroutines used"},
		{"more, perhaps waiting", locksMore, Options{}, MoreWork, 3, ""},
		{"not counted, time open", uncounted, Options{}, Inconclusive, 3, "instructions not counted: it runs several goroutines"},
	} {
		test.o.Today = today
		r := Judge(runOf(test.row), test.o)
		j := r.Rows[0]
		if j.Verdict != test.want || r.Exit() != test.exit || !strings.Contains(j.Why, test.why) {
			t.Errorf("%s: %s, exit %d, because %q; want %s, exit %d, because %q", test.name, j.Verdict, r.Exit(),
				j.Why, test.want, test.exit, test.why)
		}
	}
}

// A row of more work whose time is open is timed again; a row whose time is clear, or that was timed
// again, are not.
func TestOpen(t *testing.T) {
	done := withWork(noisy, 1.1)
	done.Second = noisy.Pairs
	run := runOf(withWork(fine, 1.02), withWork(noisy, 1.02), withWork(noisy, 1), done, noisy)
	if rows := Open(run, Options{}); !slices.Equal(rows, []int{1}) {
		t.Errorf("rows %v, want the second", rows)
	}
	run.Stages = 1
	if rows := Open(run, Options{}); rows != nil {
		t.Errorf("rows %v of a run with one stage", rows)
	}
}

// The second stage of a row that its own first stage did not suspect has a level of its own.
func TestMoreWorkNeedsAStricterLevel(t *testing.T) {
	r := withWork(noisy, 1.1)
	r.Second = pairsOf(48, 1.1, 0.02)
	if level := Judge(runOf(r), Options{}).Rows[0].Time.Level; math.Abs(level-0.00125) > 1e-9 {
		t.Errorf("level %g, want 0.00125", level)
	}
	suspect := slow
	if level := Judge(runOf(suspect), Options{}).Rows[0].Time.Level; math.Abs(level-0.02) > 1e-9 {
		t.Errorf("level %g of a suspect, want 0.02", level)
	}
}

// A row in which one process of three is off is counted by three more. If six processes differ, six more decide, unless
// they differ by so much that nothing would.
func TestNeedsMoreCounts(t *testing.T) {
	off := []float64{733.9, 735.5, 754.1, 733.0, 736.5, 736.3}
	wild := []float64{733.9, 725.5, 736.3, 723.0, 746.5, 754.1}
	hopeless := []float64{733.9, 705.5, 754.1, 723.0, 746.5, 766.3}
	for n, want := range map[int][]int{3: {3, 3, 3}, 6: {0, 6, 0}} {
		for i, values := range [][]float64{off, wild, hopeless} {
			if got := countedBoth(values[:n], values[:n]).Needs(); got != want[i] {
				t.Errorf("%v needs %d more, want %d", values[:n], got, want[i])
			}
		}
	}
}

// noises draw counts of one process of rows that vary: maps with two states, evenly spread counts, a few
// counts far off.
var noises = []func(random *rand.Rand) float64{
	func(random *rand.Rand) float64 { return 0.02 * float64(random.IntN(2)) },
	func(random *rand.Rand) float64 { return 0.03 * random.Float64() },
	func(random *rand.Rand) float64 { return 0.008 * random.NormFloat64() },
	func(random *rand.Rand) float64 { return 0.003 * math.Exp(1.2*random.NormFloat64()) },
	func(random *rand.Rand) float64 { return 0.012 * random.ExpFloat64() },
}

// countedWide returns a row of one of the noises, counted by as many processes as it needs.
func countedWide(random *rand.Rand, kind int, factor float64) *Instructions {
	x := countedBoth(nil, nil)
	for n := x.Needs(); n > 0; n = x.Needs() {
		for range n {
			x.Old = append(x.Old, 1000*(1+noises[kind](random)))
			x.New = append(x.New, 1000*factor*(1+noises[kind](random)))
		}
	}
	return x
}

// 10 000 rows of the same code whose repeats vary are never MORE or LESS WORK. Of rows with 5 % more work none is
// COUNTED, as far as 1000 rows can tell, and most rows get a verdict.
func TestInstructionsThatVary(t *testing.T) {
	random := rand.New(rand.NewPCG(14, 3))
	rows := longtest.Or(t, "the drawing of 10 000 rows", 10_000, 1000)
	same, more := 0, 0
	for i := range rows {
		kind := i % len(noises)
		w := (&Row{Instructions: countedWide(random, kind, 1)}).work(Options{})
		if w.Verdict == MoreWork || w.Verdict == LessWork {
			t.Fatalf("row %d: %s: %s", i, w.Verdict, w.Why)
		}
		if w.Verdict == SameWork {
			same++
		}
		if i >= 1000 {
			continue
		}
		w = (&Row{Instructions: countedWide(random, kind, 1.05)}).work(Options{})
		switch w.Verdict {
		case SameWork, LessWork:
			t.Fatalf("row %d: 5 %% more work is %s: %s", i, w.Verdict, w.Why)
		case MoreWork:
			more++
		}
	}
	t.Logf("%d of %d rows of the same code COUNTED, %d of 1000 rows of 5 %% more work found", same, rows, more)
	if same < rows*9/10 || more < 850 {
		t.Errorf("%d of %d rows of the same code COUNTED, %d of 1000 rows of 5 %% more work found; want 90 and 85 %%",
			same, rows, more)
	}
}

// A process may be in one of two states for its life, and each state counts alike. Of the 4096 ways in which
// six processes of each side can be in them, none is MORE WORK. The six processes that follow make it MORE
// WORK only if all the new ones agree, and all the old ones but two: in 22 of 4096 cases, so that one row of
// 760 000 has both.
func TestTwoStatesAreNoMoreWork(t *testing.T) {
	state := func(bits int) (values []float64) {
		for i := range 6 {
			values = append(values, 1000*(1+0.2*float64(bits>>i&1)))
		}
		return values
	}
	isMore := func(old, new []float64) bool {
		return (&Row{Instructions: countedBoth(old, new)}).work(Options{}).Verdict == MoreWork
	}
	found := 0
	for bits := range 1 << 12 {
		old, new := state(bits), state(bits>>6)
		if isMore(old, new) {
			t.Fatalf("six processes of each side are MORE WORK: %v against %v", new, old)
		}
		if bits>>6 < 1<<6-2 {
			continue // more than one new process is in the other state, which leaves less of a difference
		}
		if isMore(slices.Concat(state(0), old), slices.Concat(state(1<<6-1), new)) {
			found++
		}
	}
	if found != 22 {
		t.Errorf("twelve processes are MORE WORK in %d of 4096 cases, want 22", found)
	}
}

// The counts of BenchmarkAlloc of package anchor at a load of 25 on two cores. The address of the heap, which
// each process draws anew, spreads them.
var allocating = []float64{
	202.71, 201.55, 203.53, 203.65, 203.50, 202.50, 202.33, 202.01, 200.60, 203.70, 200.60, 201.27,
	201.96, 202.51, 201.47, 201.84, 202.72, 201.18, 202.19, 201.58, 202.07, 202.57, 203.31, 201.64,
	199.65, 202.24, 201.98, 201.61, 202.51, 203.34, 202.13, 203.52, 199.01, 202.68, 203.36, 200.61,
	202.19, 202.78, 201.96, 202.83, 202.73, 201.46, 202.19, 202.36, 203.50, 202.74, 200.67, 202.16,
}

// Rows that only allocate are never MORE WORK with the same code, and most of them are COUNTED. 3 % more work is found
// in nine of ten such rows, and COUNTED in none.
func TestInstructionsOfAllocations(t *testing.T) {
	random := rand.New(rand.NewPCG(14, 5))
	count := func(factor float64) Verdict {
		x := countedBoth(nil, nil)
		for n := x.Needs(); n > 0; n = x.Needs() {
			for range n {
				x.Old = append(x.Old, allocating[random.IntN(len(allocating))])
				x.New = append(x.New, factor*allocating[random.IntN(len(allocating))])
			}
		}
		return (&Row{Instructions: x}).work(Options{}).Verdict
	}
	same, more := 0, 0
	const rows = 300
	for i := range rows {
		switch v := count(1); v {
		case MoreWork, LessWork:
			t.Fatalf("row %d of the same code: %s", i, v)
		case SameWork:
			same++
		}
		switch v := count(1.03); v {
		case SameWork, LessWork:
			t.Fatalf("row %d of 3 %% more work: %s", i, v)
		case MoreWork:
			more++
		}
	}
	if same < rows*9/10 || more < rows*9/10 {
		t.Errorf("of %d rows %d of the same code COUNTED, %d of 3 %% more work found; want nine of ten", rows, same, more)
	}
}

// Rows that differ by more bands are counted further first. A row without counts of both sides is last.
func TestDistanceOfInstructions(t *testing.T) {
	counts := func(v ...float64) []float64 { return v }
	for _, test := range []struct {
		x         Instructions
		low, high float64
	}{
		{Instructions{Old: counts(100, 100, 100), New: counts(120, 120, 120)}, 39.9, 40.1},
		{Instructions{Old: counts(120, 120, 120), New: counts(100, 100, 100)}, 33, 34},
		{Instructions{Old: counts(100, 110, 120), New: counts(110, 120, 130)}, 0.1, 1},
		{Instructions{Old: counts(100, 100, 100), New: counts(100, 100, 100)}, 0, 0},
		{Instructions{Old: counts(100, 100, 100)}, 0, 0},
		{Instructions{Why: "it prints", Old: counts(1, 1), New: counts(9, 9)}, 0, 0},
	} {
		if got := test.x.Distance(); got < test.low || got > test.high {
			t.Errorf("%+v: distance %v, want %v to %v", test.x, got, test.low, test.high)
		}
	}
}
