package shards

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
	"github.com/semabench/semabench/reports/gate"
)

func TestParse(t *testing.T) {
	for _, text := range []string{"1/1", "2/3", "7/40"} {
		if s, err := Parse(text); err != nil || s.String() != text {
			t.Errorf("%s: %v, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "0/3", "4/3", "3", "1/2/3", "a/b", "-1/3", "1/1001", "1/0"} {
		if s, err := Parse(text); err == nil {
			t.Errorf("%q was read as %v", text, s)
		}
	}
}

// Every row is in one shard, and no shard of many rows is much larger than the others.
func TestHas(t *testing.T) {
	const rows, of = 3000, 5
	var counts [of]int
	for i := range rows {
		id, in := fmt.Sprintf("example.com/p.BenchmarkX/n=%d", i), 0
		for k := range of {
			if (Shard{k + 1, of}).Has(id) {
				counts[k]++
				in++
			}
		}
		if in != 1 || !(Shard{}).Has(id) {
			t.Fatalf("%s is in %d shards", id, in)
		}
	}
	if slices.Min(counts[:]) < rows/of*8/10 {
		t.Errorf("%v", counts)
	}
}

// pairs returns pairs of two processes, of which the new one takes ratio times as long.
func pairs(random *rand.Rand, n int, ratio, noise float64) (all []gate.Pair) {
	for i := range n {
		all = append(all, gate.Pair{Old: 100, New: 100 * ratio * math.Exp(noise*random.NormFloat64()),
			OldLayout: uint64(i + 1), NewLayout: uint64(i + 1)})
	}
	return all
}

// recorded returns a whole run of rows of every kind: most do not change, some are slower by 4 to 12 %, some allocate
// more, some are noisy, some failed, and some have equal code.
func recorded() *gate.Run {
	random := rand.New(rand.NewPCG(4, 0))
	run := &gate.Run{Old: gate.Side{Name: "main", Revision: "1"}, New: gate.Side{Name: "tree", Revision: "2"},
		Facts: []reports.Fact{{Key: "cpu", Value: "a processor"}}, Command: "semabench gate -base=main -shard=1/3 ./..."}
	for i := range 60 {
		r := gate.Row{Package: "example.com/p", Name: fmt.Sprintf("Benchmark%d", i), Mode: gate.Sliced, Contended: i%4 == 0,
			Exact: []gate.Exact{{Unit: "allocs/op", Ops: 10_000, Old: []int64{0, 0, 0}, New: []int64{0, 0, 0}}}}
		ratio, noise := 1., 0.02
		switch {
		case i%10 == 1:
			ratio = 1.04 + 0.002*float64(i)
		case i%10 == 2:
			noise = 0.2
		case i%20 == 3:
			r.Exact[0].New = []int64{10, 10, 10}
		case i%20 == 5:
			r.Mode, r.Err, r.Exact = gate.Failed, "new: panic: boom", nil
		case i%20 == 7:
			r.Mode, r.Why, r.Exact = gate.Identical, "equal", nil
		}
		if r.Mode == gate.Sliced {
			r.Pairs = pairs(random, 24, ratio, noise)
			if ratio > 1 {
				r.Second = pairs(random, 48, ratio, noise)
			}
		}
		run.Rows = append(run.Rows, r)
	}
	run.Planned, run.OnlyOld = len(run.Rows), []string{"example.com/p.BenchmarkGone"}
	run.Controls = []gate.Control{{Row: gate.Row{Name: "BenchmarkSelf", Mode: gate.Sliced, Pairs: pairs(random, 24, 1, 0.01)}},
		{Row: gate.Row{Name: "BenchmarkSelf", Mode: gate.Sliced, Contended: true, Pairs: pairs(random, 24, 1, 0.02)}},
		{Row: gate.Row{Name: "BenchmarkPlanted", Mode: gate.Sliced, Pairs: pairs(random, 24, 1.1, 0.01)}, Planted: 0.1}}
	return run
}

// dealt returns the shards of a run as machines would record them, each with controls of its own, written and read.
func dealt(t *testing.T, run *gate.Run, of int) (names []string, all []*gate.Run) {
	t.Helper()
	for k := range of {
		s, part := Shard{k + 1, of}, *run
		part.Shard, part.Shards, part.Rows, part.Elsewhere = k+1, of, nil, 0
		part.Command = strings.Replace(run.Command, "1/3", s.String(), 1)
		for _, row := range run.Rows {
			if row.Mode == gate.Identical || row.Mode == gate.Failed || s.Has(row.ID()) {
				part.Rows = append(part.Rows, row)
			} else {
				part.Elsewhere++
			}
		}
		var file bytes.Buffer
		if err := gate.Write(&file, &part); err != nil {
			t.Fatal(err)
		}
		read, err := gate.Read(s.String(), &file)
		if err != nil {
			t.Fatal(err)
		}
		names, all = append(names, s.String()), append(all, read)
	}
	return names, all
}

func joined(t *testing.T, names []string, all []*gate.Run) *gate.Report {
	t.Helper()
	run, err := Join(names, all)
	if err != nil {
		t.Fatal(err)
	}
	return gate.Judge(run, gate.Options{})
}

// verdicts lists the rows of a report with everything that a verdict rests on.
func verdicts(r *gate.Report) (list []string) {
	for _, j := range r.Rows {
		line := fmt.Sprintf("%s %s %s", j.ID, j.Verdict, j.Why)
		if j.Time != nil {
			line += fmt.Sprintf(" p %v of %v, margin %v, noise %v, would find %v", j.Time.Corrected, j.Time.Level, j.Time.Margin,
				j.Time.Noise, j.Time.MDE)
		}
		list = append(list, line)
	}
	return list
}

// Joined shards have the verdicts of one run on the same pairs, for any number of shards and in any order.
func TestJoinedShardsAreOneRun(t *testing.T) {
	run := recorded()
	whole := gate.Judge(run, gate.Options{})
	if whole.Count(gate.Regressed) < 3 || whole.Count(gate.Inconclusive) < 3 || whole.Count(gate.Unchanged) < 10 {
		t.Fatalf("the recorded run has too few kinds of verdicts: %v", verdicts(whole))
	}
	for _, of := range []int{1, 3, 40} {
		names, all := dealt(t, run, of)
		slices.Reverse(all)
		r := joined(t, names, all)
		if got, want := verdicts(r), verdicts(whole); !slices.Equal(got, want) {
			t.Errorf("%d shards: %v, want %v", of, got, want)
		}
		if r.Exit() != whole.Exit() || r.Family != whole.Family || len(r.Invalid) > 0 || len(r.Notes) != len(whole.Notes) {
			t.Errorf("%d shards: exit %d, %d tests, %v %v; want exit %d, %d tests, %v", of, r.Exit(), r.Family, r.Invalid, r.Notes,
				whole.Exit(), whole.Family, whole.Notes)
		}
		if r.Command != "semabench gate -base=main ./..." {
			t.Errorf("%d shards are repeated by %s", of, r.Command)
		}
		for _, part := range all {
			if alone := gate.Judge(part, gate.Options{}); alone.Family < whole.Family {
				t.Errorf("a shard of %d corrects for %d tests, and the whole run for %d", of, alone.Family, whole.Family)
			}
		}
	}
}

// quiet returns a run of which every row passes.
func quiet() *gate.Run {
	run := recorded()
	run.OnlyOld, run.Rows = nil, slices.DeleteFunc(run.Rows, func(r gate.Row) bool {
		return r.Mode != gate.Sliced || len(r.Second) > 0 || slices.Max(r.Exact[0].New) > 0
	})
	for i := range run.Rows {
		run.Rows[i].Pairs = pairs(rand.New(rand.NewPCG(uint64(i), 1)), 48, 1, 0.01)
	}
	run.Planned = len(run.Rows)
	return run
}

// Whatever is wrong with one shard of a run that would pass keeps the joined run from passing, and nothing else does.
func TestOneBadShard(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 0))
	for name, test := range map[string]struct {
		spoil func(all []*gate.Run) []*gate.Run
		exit  int
	}{
		"none": {func(all []*gate.Run) []*gate.Run { return all }, gate.ExitPass},
		"slower": {func(all []*gate.Run) []*gate.Run {
			all[1].Rows[0].Pairs, all[1].Rows[0].Second = pairs(random, 24, 1.2, 0.02), pairs(random, 48, 1.2, 0.02)
			return all
		}, gate.ExitRegression},
		"missing": {func(all []*gate.Run) []*gate.Run { return all[:2] }, gate.ExitInconclusive},
		"stopped": {func(all []*gate.Run) []*gate.Run { all[2].Stopped = "interrupted"; return all }, gate.ExitInconclusive},
		"other rows": {func(all []*gate.Run) []*gate.Run {
			all[0].Planned, all[0].Elsewhere = all[0].Planned+1, all[0].Elsewhere+1
			return all
		}, gate.ExitInconclusive},
		"control": {func(all []*gate.Run) []*gate.Run {
			all[1].Controls[2].Row.Pairs = pairs(random, 24, 1, 0.01)
			return all
		}, gate.ExitInvalid},
		"no control": {func(all []*gate.Run) []*gate.Run { all[1].Controls = nil; return all }, gate.ExitInvalid},
		"failed there alone": {func(all []*gate.Run) []*gate.Run {
			all[0].Rows = append(all[0].Rows, gate.Row{Package: all[1].Rows[0].Package, Name: all[1].Rows[0].Name, Mode: gate.Failed, Err: "x"})
			return all
		}, gate.ExitUnusable},
		"two machines in one shard": {func(all []*gate.Run) []*gate.Run {
			all[1].Old.Facts = []reports.Fact{{Key: "goamd64", Value: "v1"}}
			all[1].New.Facts = []reports.Fact{{Key: "goamd64", Value: "v3"}}
			return all
		}, gate.ExitInvalid},
		"another machine for each shard": {func(all []*gate.Run) []*gate.Run {
			for i, part := range all {
				part.Old.Facts = []reports.Fact{{Key: "cpu", Value: fmt.Sprint("kind ", i)}}
				part.New.Facts = part.Old.Facts
			}
			return all
		}, gate.ExitPass},
	} {
		names, all := dealt(t, quiet(), 3)
		if r := joined(t, names, test.spoil(all)); r.Exit() != test.exit {
			t.Errorf("%s: exit %d, want %d: %v %v %v %s", name, r.Exit(), test.exit, r.Errors, r.Invalid, r.Notes, r.Stopped)
		}
	}
}

// A machine that differs from itself by 20 % takes nothing from the rows of the others.
func TestNoiseOfOneShard(t *testing.T) {
	names, all := dealt(t, quiet(), 2)
	noisy := pairs(rand.New(rand.NewPCG(1, 9)), 24, 1.2, 0.3)
	all[1].Controls[0].Row.Pairs = noisy
	for _, j := range joined(t, names, all).Rows {
		if high := j.Time.Margin > 0.1; high != (j.Row.Shard == 2 && !j.Row.Contended) {
			t.Errorf("%s of shard %d, contended %v: margin %v", j.ID, j.Row.Shard, j.Row.Contended, j.Time.Margin)
		}
	}
}

func TestJoinRefuses(t *testing.T) {
	for name, spoil := range map[string]func(all []*gate.Run){
		"both shard":     func(all []*gate.Run) { all[1].Shard = 1 },
		"other sides":    func(all []*gate.Run) { all[1].New.Revision = "3" },
		"the other of 3": func(all []*gate.Run) { all[1].Shards = 3 },
		"not dealt with": func(all []*gate.Run) { all[0].Shard, all[0].Shards = 0, 0 },
		"measures rows":  func(all []*gate.Run) { all[1].Stages = 1 },
	} {
		names, all := dealt(t, quiet(), 2)
		spoil(all)
		if _, err := Join(names, all); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Join(nil, nil); err == nil {
		t.Error("no shards were joined")
	}
}
