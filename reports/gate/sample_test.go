package gate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/semabench/semabench/reports"
	"github.com/semabench/semabench/reports/gate/internal/signedrank"
)

// pairsOf returns n pairs with about this ratio and this spread of the log ratio.
func pairsOf(n int, ratio, spread float64) []Pair {
	random := rand.New(rand.NewPCG(uint64(n), math.Float64bits(ratio)))
	list := make([]Pair, n)
	for i := range list {
		z := signedrank.NormalQuantile((float64(i) + 0.5) / float64(n)) // a normal sample without luck
		old := 100 * math.Exp(0.1*random.NormFloat64())
		list[i] = Pair{
			Old: old, New: old * ratio * math.Exp(spread*z),
			OldLayout: random.Uint64() >> 40, NewLayout: random.Uint64() >> 40,
			At: time.Duration(i) * time.Second,
		}
		for range 8 {
			list[i].OldSlices = append(list[i].OldSlices, list[i].Old*(1+0.02*random.NormFloat64()))
			list[i].NewSlices = append(list[i].NewSlices, list[i].New*(1+0.02*random.NormFloat64()))
		}
	}
	random.Shuffle(n, func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func row(name string, ratio, spread float64) Row {
	return Row{Package: "example.com/p", Name: name, Mode: Sliced, Pairs: pairsOf(24, ratio, spread),
		Spent: 600 * time.Millisecond, Reproduce: "semabench gate -run '^" + name + "$'"}
}

// controls returns controls that come out right.
func controls() []Control {
	return []Control{{Row: row("BenchmarkSelf", 1.001, 0.02)}, {Row: row("BenchmarkPlanted", 1.1, 0.02), Planted: 0.1}}
}

func runOf(rows ...Row) *Run {
	return &Run{
		Old:   Side{Name: "origin/main", Revision: "1111111"},
		New:   Side{Name: "worktree", Revision: "2222222", Dirty: true},
		Facts: []reports.Fact{{Key: "cpu", Value: "a processor"}, {Key: "go", Value: "go1.26.8"}},
		Rows:  rows, Controls: controls(), Planned: len(rows),
		Command: "semabench gate -base origin/main",
	}
}

var today = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// sampleRun returns a run with every verdict.
func sampleRun() (*Run, Options) {
	slow := row("BenchmarkSlow/n=1", 1.08, 0.02)
	slow.Second = pairsOf(48, 1.075, 0.02)
	slow.OldProfile, slow.NewProfile = "profiles/slow.old.pprof", "profiles/slow.new.pprof"
	slow.File, slow.Line = "p/p_test.go", 12
	slow.Functions = []Function{{Name: "example.com/p.sort[go.shape.int]", Old: 120, New: 1520},
		{Name: "example.com/q.(*Table).get", Old: 96, New: 96}, {Name: "example.com/q.check", New: 64},
		{Name: "example.com/q.look", Old: 1}, {Name: "example.com/q.sizes", Old: 64, New: 64, Data: true}}
	slow.Costs = sampleCosts()
	waived := row("BenchmarkWaived", 1.12, 0.02)
	waived.Second = pairsOf(48, 1.11, 0.02)
	noisy := row("BenchmarkNoisy", 1.01, 0.2)
	noisy.Mode, noisy.Why, noisy.Contended = Fresh, "it sets its own timer", true
	counts := row("BenchmarkCounts", 1, 0.01)
	counts.Exact = []Exact{{Unit: "allocs/op", Ops: 10_000, Old: []int64{20_003, 20_000, 20_000}, New: []int64{20_010, 20_011, 20_010}},
		{Unit: "B/op", Ops: 10_000, Old: []int64{640_000, 640_000, 640_000}, New: []int64{640_000, 640_000, 640_700}}}
	failed := Row{Package: "example.com/p", Name: "BenchmarkPanics", Mode: Failed, Err: "new: panic: boom"}
	uncountable := row("BenchmarkSeveral", 1.02, 0.2)
	uncountable.Instructions = &Instructions{By: "valgrind 3.19.0", Why: "it runs several goroutines, and " +
		"instructions do not show how they wait for each other"}
	run := runOf(row("BenchmarkSame", 1.001, 0.02), slow, waived, noisy, counts, failed,
		row("BenchmarkFaster", 0.9, 0.02), row("BenchmarkSuspect", 1.05, 0.03),
		Row{Package: "example.com/q", Name: "BenchmarkEqual", Mode: Identical,
			Why: "the test binaries of both sides are equal byte for byte, and no file of the sides differs"},
		withWork(row("BenchmarkOpen", 1.01, 0.2), 1), withWork(row("BenchmarkAdds", 1.01, 0.2), 1.02),
		withWork(row("BenchmarkDrops", 1.001, 0.02), 0.9), uncountable)
	run.OnlyOld, run.OnlyNew = []string{"example.com/p.BenchmarkGone"}, []string{"example.com/p.BenchmarkBorn"}
	waivers, err := ParseWaivers("waivers.txt", sampleWaivers)
	if err != nil {
		panic(err)
	}
	return run, Options{Waivers: waivers, Today: today}
}

// sampleCosts returns costs of a benchmark that sorts, and whose new side also checks.
func sampleCosts() *Costs {
	return &Costs{OldSamples: 110, NewSamples: 120,
		Functions: []Cost{{"example.com/p.sort[go.shape.int]", 0.7, 0.62}, {"example.com/p.BenchmarkSlow", 0.2, 0.19},
			{"example.com/q.check", 0, 0.1}, {"runtime.mallocgc", 0.1, 0.09}},
		Root: &Frame{"all", 1, 1, []*Frame{{"example.com/p.BenchmarkSlow", 0.9, 0.91, []*Frame{
			{"example.com/p.sort[go.shape.int]", 0.7, 0.62, nil}, {"example.com/q.check", 0, 0.1, nil}}},
			{"runtime.mallocgc", 0.1, 0.09, nil}}}}
}

const sampleWaivers = `# slower on purpose
row:     example.com/p.BenchmarkWaived
metric:  ns/op
ceiling: ×1.20
reason:  it checks its input now
issue:   https://example.com/issues/12
expires: 2027-01-31
`

// hostileRun returns a run whose names contain commands for terminals, pages,
// tables, XML and shells.
func hostileRun() *Run {
	names := []string{"Benchmark<script>alert(1)</script>", "Benchmark|`x`|*y*_z_[l](javascript:alert)",
		"Benchmark\x1b[2J\r\n\u202ereversed\xff", `Benchmark"'&amp;]]>`, "Benchmark@everyone #1 $(rm)"}
	var rows []Row
	for i, name := range names {
		r := row(name, 1.08, 0.02)
		r.Second = pairsOf(48, 1.08, 0.02)
		r.Package = "<b>" + name
		r.Reproduce = "run '" + name + "'"
		r.OldProfile, r.NewProfile = "javascript:alert(1)", name
		r.File, r.Line, r.Functions = name, i, []Function{{Name: name, Old: 1}}
		r.Costs = &Costs{10, 10, []Cost{{name, 0.1, 0.5}}, &Frame{name, 1, 1, []*Frame{{name, 0.1, 0.5, nil}}}}
		if i == 0 {
			r.Mode, r.Err = Failed, "old: panic: "+name
		}
		rows = append(rows, r)
	}
	run := runOf(rows...)
	for i := range run.Controls {
		run.Controls[i].Row.Name = names[i]
	}
	run.Old.Name, run.New.Name, run.Command, run.Stopped = names[0], names[2], names[1], names[2]
	run.Facts = append(run.Facts, reports.Fact{Key: names[0], Value: names[2]})
	run.OnlyOld = slices.Clone(names)
	return run
}

// manyRows returns a run of n rows, a tenth of them slower.
func manyRows(n int) *Run {
	var rows []Row
	same, slow, again := pairsOf(24, 1, 0.02), pairsOf(24, 1.2, 0.02), pairsOf(48, 1.2, 0.02)
	for i := range n {
		r := row(fmt.Sprintf("BenchmarkSemaphore/workload=contended/impl=weighted/permits=4/goroutines=%d", i), 1, 0.02)
		r.Pairs = same
		if i%10 == 0 {
			r.Pairs, r.Second = slow, again
		}
		rows = append(rows, r)
	}
	return runOf(rows...)
}
