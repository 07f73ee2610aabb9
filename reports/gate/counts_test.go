package gate

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestExactMetrics(t *testing.T) {
	for _, test := range []struct {
		name     string
		unit     string
		ops      int64
		old, new []int64
		want     Verdict
		why      string
	}{
		{"equal", "allocs/op", 1000, []int64{2000, 2000, 2000}, []int64{2000, 2000, 2000}, Unchanged, "2 allocs/op"},
		{"nothing", "allocs/op", 1000, []int64{0, 0, 0}, []int64{0, 0, 0}, Unchanged, "0 allocs/op"},
		{"one in a thousand", "allocs/op", 8000, []int64{0, 0, 0}, []int64{8, 8, 8}, Regressed, "+1 allocation in 1000 operations"},
		{"the same of 10 000", "allocs/op", 10_000, []int64{7, 0, 0}, []int64{10, 13, 10}, Regressed, "+1 allocation in 1000 operations"},
		{"beside a collection", "allocs/op", 10_000, []int64{900, 0, 0}, []int64{10, 10, 10}, Regressed, ""},
		{"background in every repeat", "allocs/op", 10_000, []int64{0, 0, 0}, []int64{3, 4, 3}, Unchanged, ""},
		{"a pool filled for one processor more", "allocs/op", 1000, []int64{2002, 2002, 2004}, []int64{2004, 2004, 2004}, Unchanged, ""},
		{"the bytes of that", "B/op", 1000, []int64{24264, 24264, 24488}, []int64{24488, 24488, 24488}, Unchanged, ""},
		{"another process", "allocs/op", 7652, []int64{918255, 918255, 918256}, []int64{918262, 918262, 918262}, Unchanged, ""},
		{"another process, swapped", "allocs/op", 7652, []int64{918262, 918262, 918262}, []int64{918255, 918255, 918256}, Unchanged, ""},
		{"one more beside many", "allocs/op", 7652, []int64{918255, 918255, 918255}, []int64{925907, 925907, 925907}, Regressed, "+1 allocation an operation (120.002 to 121.002)"},
		{"one less beside many", "allocs/op", 7652, []int64{925907, 925907, 925907}, []int64{918255, 918255, 918255}, Improved, "-1 allocation an operation (121.002 to 120.002)"},
		{"one in a thousand beside 50", "allocs/op", 8000, []int64{400_000, 400_000, 400_000}, []int64{400_008, 400_008, 400_008}, Regressed, "+1 allocation in 1000 operations (50 to 50.001)"},
		{"fewer", "allocs/op", 1000, []int64{2000, 2000, 2000}, []int64{1000, 1000, 1000}, Improved, "-1 allocation an operation (2 to 1)"},
		{"counts that vary", "allocs/op", 1000, []int64{120, 90, 150}, []int64{100, 130, 99}, Inconclusive, "differ as much"},
		{"counts that vary, far apart", "allocs/op", 1000, []int64{120, 90, 150}, []int64{300, 290, 340}, Regressed, ""},
		{"counts that vary, fewer", "allocs/op", 1000, []int64{120, 90, 150}, []int64{80, 130, 99}, Unchanged, "0.08 to 0.13 allocs/op by chance, so that a small increase"},
		{"one repeat", "allocs/op", 1000, []int64{0}, []int64{9}, Inconclusive, "count 3 times"},
		{"bytes", "B/op", 100_000, []int64{64_000, 64_000, 64_000}, []int64{64_800, 64_800, 64_800}, Regressed, "+8 bytes in 1000 operations (0.64 to 0.648)"},
		{"bytes of background", "B/op", 10_000, []int64{0, 0, 0}, []int64{48, 48, 48}, Unchanged, ""},
		{"no repeats", "allocs/op", 1000, nil, []int64{1}, Unmeasured, "nothing was counted"},
		{"no operations", "allocs/op", 0, []int64{1}, []int64{1}, Unmeasured, ""},
	} {
		c := Exact{Unit: test.unit, Ops: test.ops, Old: test.old, New: test.new}.judge(nil)
		if c.Verdict != test.want || !strings.Contains(c.Why, test.why) {
			t.Errorf("%s: %s because %q, want %s because %q", test.name, c.Verdict, c.Why, test.want, test.why)
		}
	}
}

// Bytes of objects that the runtime allocates by itself are no regression, since their allocations are none
// either. Bytes that no allocation explains are one, and so are the bytes of allocations that count.
func TestBytesBesideAllocations(t *testing.T) {
	same := func(n int64) []int64 { return []int64{n, n, n, n, n} }
	for _, test := range []struct {
		name          string
		ops           int64
		allocs, bytes [2][]int64
		want          [2]Verdict
	}{
		{"five waiters in all repeats", 40_000, [2][]int64{same(0), same(5)}, [2][]int64{same(0), same(560)},
			[2]Verdict{Unchanged, Unchanged}},
		{"five waiters less", 40_000, [2][]int64{same(5), same(0)}, [2][]int64{same(560), same(0)},
			[2]Verdict{Unchanged, Unchanged}},
		{"19 goroutines", 40_000, [2][]int64{same(0), same(19)}, [2][]int64{same(0), same(19 * 480)},
			[2]Verdict{Unchanged, Unchanged}},
		{"a thread", 16_000, [2][]int64{same(9), same(15)}, [2][]int64{same(352), same(352 + 5320)},
			[2]Verdict{Unchanged, Unchanged}},
		{"waiters in most repeats", 40_000, [2][]int64{same(0), {0, 9, 9, 12, 9}}, [2][]int64{same(0), {0, 1008, 1008, 1344, 1008}},
			[2]Verdict{Unchanged, Unchanged}},
		{"another packing of tiny objects", 100_000, [2][]int64{same(100_000), same(100_000)},
			[2][]int64{same(800_000), same(800_400)}, [2]Verdict{Unchanged, Unchanged}},
		{"larger objects", 8000, [2][]int64{same(8000), same(8000)}, [2][]int64{same(128_000), same(256_000)},
			[2]Verdict{Unchanged, Regressed}},
		{"larger objects, one in 100 operations", 8000, [2][]int64{same(80), same(80)}, [2][]int64{same(1280), same(2560)},
			[2]Verdict{Unchanged, Regressed}},
		{"smaller objects, one in 100 operations", 8000, [2][]int64{same(80), same(80)}, [2][]int64{same(2560), same(1280)},
			[2]Verdict{Unchanged, Improved}},
		{"larger objects that are fewer", 8000, [2][]int64{same(80), same(77)}, [2][]int64{same(1280), same(2560)},
			[2]Verdict{Unchanged, Regressed}},
		{"three large buffers", 8000, [2][]int64{same(0), same(3)}, [2][]int64{same(0), same(3 << 20)},
			[2]Verdict{Unchanged, Regressed}},
		{"16 bytes an operation", 40_000, [2][]int64{same(0), same(40_000)}, [2][]int64{same(0), same(640_000)},
			[2]Verdict{Regressed, Regressed}},
		{"16 bytes in 100 operations", 8000, [2][]int64{same(0), same(80)}, [2][]int64{same(0), same(1280)},
			[2]Verdict{Regressed, Unchanged}},
		{"16 bytes in 100 of many operations", 100_000, [2][]int64{same(0), same(1000)}, [2][]int64{same(0), same(16_000)},
			[2]Verdict{Regressed, Unchanged}},
	} {
		for _, alone := range []bool{false, true} {
			row := Row{Name: "BenchmarkX", Exact: []Exact{
				{Unit: "allocs/op", Ops: test.ops, Alone: alone, Old: test.allocs[0], New: test.allocs[1]},
				{Unit: "B/op", Ops: test.ops, Alone: alone, Old: test.bytes[0], New: test.bytes[1]},
			}}
			for i, c := range newJudged(&row).Counts {
				if c.Verdict != test.want[i] {
					t.Errorf("%s: %s is %s because %q, want %s", test.name, c.Unit, c.Verdict, c.Why, test.want[i])
				}
			}
			if regress, differ := row.CountsRegress(), row.CountsDiffer(); regress != slices.Contains(test.want[:], Regressed) ||
				differ != (regress || slices.Contains(test.want[:], Improved)) {
				t.Errorf("%s: regresses %v, differs %v", test.name, regress, differ)
			}
		}
	}
}

// A count on one processor whose repeats do not agree says what kept it from being exact. If they agree it is exact,
// however many others were disturbed.
func TestCountsOnOneProcessor(t *testing.T) {
	for _, test := range []struct {
		old, new []int64
		want     Verdict
		why      string
	}{
		{[]int64{12, 12, 36408, 12, 281763}, []int64{20, 20, 20, 5845, 20}, Regressed, "+1 allocation in 1000 operations on one processor"},
		{[]int64{12, 12, 36408, 12, 281763}, []int64{12, 5845, 12, 12, 12}, Unchanged, "0.0015 allocs/op on one processor"},
		{[]int64{12, 5845, 36408, 93422, 281763}, []int64{20, 20, 20, 5845, 20}, Inconclusive, "lets another one run after 10 ms"},
	} {
		c := Exact{Unit: "allocs/op", Ops: 8000, Alone: true, Old: test.old, New: test.new}.judge(nil)
		if c.Verdict != test.want || !strings.Contains(c.Why, test.why) {
			t.Errorf("%v to %v: %s because %q, want %s because %q", test.old, test.new, c.Verdict, c.Why, test.want, test.why)
		}
	}
}

// A row whose allocations depend on chance says what would make them exact, unless one processor decides.
func TestAllocationsByChance(t *testing.T) {
	varies := Exact{Unit: "allocs/op", Ops: 8000, Old: []int64{120, 90, 150}, New: []int64{100, 130, 99}}
	alone := Exact{Unit: "allocs/op", Ops: 8000, Alone: true, Old: []int64{12, 12, 12}, New: []int64{12, 12, 12}}
	if j := newJudged(&Row{Name: "BenchmarkX", Exact: []Exact{varies}}); j.Counts[0].Verdict != Inconclusive ||
		!strings.Contains(j.Counts[0].Why, "a fixed seed") {
		t.Errorf("%+v", j.Counts)
	}
	if j := newJudged(&Row{Name: "BenchmarkX", Exact: []Exact{varies, alone}}); j.Counts[0].Verdict != Unchanged ||
		strings.Contains(j.Counts[0].Why, "a fixed seed") {
		t.Errorf("%+v", j.Counts)
	}
}

// 10 000 rows count the same on both sides, with background allocations in one of
// 20 repeats: there is no false alarm. With one allocation more in 1000
// operations no row passes. A row is INCONCLUSIVE where most repeats of a side
// were disturbed.
func TestExactMetricsOfManyRows(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 0))
	const repeats = 5
	unclear := 0
	for i := range 10_000 {
		x := Exact{Unit: "allocs/op", Ops: []int64{8000, 20_000, 100_000}[i%3]}
		perOp := random.Int64N(4)
		more := x
		for range repeats {
			count := func() int64 { // a collection, a timer, a new stack
				background := int64(0)
				if random.IntN(20) == 0 {
					background = random.Int64N(40)
				}
				return perOp*x.Ops + background
			}
			old, new := count(), count()
			x.Old, x.New = append(x.Old, old), append(x.New, new)
			more.Old, more.New = append(more.Old, old), append(more.New, new+x.Ops/1000)
		}
		if c := x.judge(nil); c.Verdict == Regressed {
			t.Fatalf("row %d: false alarm: %s; %v against %v", i, c.Why, x.New, x.Old)
		}
		switch c := more.judge(nil); c.Verdict {
		case Regressed:
		case Inconclusive:
			unclear++
		default:
			t.Fatalf("row %d: one in 1000 is %s: %s; %v against %v", i, c.Verdict, c.Why, more.New, more.Old)
		}
	}
	if unclear > 30 {
		t.Errorf("%d of 10 000 rows INCONCLUSIVE, want 30 at most", unclear)
	}
}
