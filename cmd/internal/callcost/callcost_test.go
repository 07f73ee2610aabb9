package callcost

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/semabench/semabench/reports/gate"
)

// written writes a profile whose samples are given by their stacks, the outermost function first: "a b c" → 3.
// A name with a plus sign is inlined into the one before it.
func written(t *testing.T, stacks map[string]int64) string {
	t.Helper()
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
		PeriodType: &profile.ValueType{Type: "cpu", Unit: "nanoseconds"}, Period: 1e7}
	for text, n := range stacks {
		s := &profile.Sample{Value: []int64{n, 1e7 * n}}
		for _, name := range strings.Fields(text) {
			name, inlined := strings.CutPrefix(name, "+")
			f := &profile.Function{ID: uint64(len(p.Function) + 1), Name: name}
			p.Function = append(p.Function, f)
			line := profile.Line{Function: f}
			if inlined {
				s.Location[0].Line = append([]profile.Line{line}, s.Location[0].Line...)
				continue
			}
			l := &profile.Location{ID: uint64(len(p.Location) + 1), Line: []profile.Line{line}}
			if name == "-" {
				l.Line = nil
			}
			p.Location = append(p.Location, l)
			s.Location = append([]*profile.Location{l}, s.Location...)
		}
		p.Sample = append(p.Sample, s)
	}
	path := filepath.Join(t.TempDir(), "p.pprof")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.Write(f), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// outline writes a tree as "name old new(calls…)", with shares in percent.
func outline(f *gate.Frame) string {
	s := fmt.Sprintf("%s %.0f %.0f", f.Name, 100*f.Old, 100*f.New)
	for _, c := range f.Calls {
		s += "(" + outline(c) + ")"
	}
	return s
}

func TestCompare(t *testing.T) {
	old := written(t, map[string]int64{"testing.(*B).runN p.BenchmarkX p.work p.sort": 60, "testing.(*B).runN p.BenchmarkX p.work": 30,
		"runtime.mcall": 10, "testing.(*B).runN p.BenchmarkX -": 100})
	new := written(t, map[string]int64{"testing.(*B).runN p.BenchmarkX p.work +p.check +p.inner": 40,
		"testing.(*B).runN p.BenchmarkX p.work p.check p.inner runtime.asyncPreempt runtime.asyncPreempt2": 10, "testing.(*B).runN p.BenchmarkX p.work p.sort": 50})
	costs, err := Compare(old, new)
	if err != nil {
		t.Fatal(err)
	}
	const want = "all 100 100(p.BenchmarkX 95 100(code without a name 50 0)(p.work 45 100(p.check 0 50(p.inner 0 50))(p.sort 30 50)))(runtime.mcall 5 0)"
	if got := outline(costs.Root); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if costs.OldSamples != 200 || costs.NewSamples != 100 {
		t.Errorf("%d and %d samples", costs.OldSamples, costs.NewSamples)
	}
	self := map[string]gate.Cost{}
	for _, c := range costs.Functions {
		self[c.Name] = c
	}
	if c := self["p.sort"]; math.Abs(c.Old-0.3) > 1e-9 || math.Abs(c.New-0.5) > 1e-9 || self["p.BenchmarkX"].Name != "" {
		t.Errorf("time of the functions themselves: %v", costs.Functions)
	}
}

// A profile may have thousands of frames and a deep recursion; the tree stays small, and its widths still add up.
func TestCompareOfManyFrames(t *testing.T) {
	stacks := map[string]int64{strings.Repeat("p.deep ", 200): 100}
	for i := range 3000 {
		stacks[fmt.Sprintf("p.many p.f%d p.g%d", i%500, i)] = 1
	}
	path := written(t, stacks)
	costs, err := Compare(path, path)
	if err != nil {
		t.Fatal(err)
	}
	frames, deepest := 0, 0
	var walk func(f *gate.Frame, depth int)
	walk = func(f *gate.Frame, depth int) {
		frames, deepest = frames+1, max(deepest, depth)
		sum := 0.
		for _, c := range f.Calls {
			sum += c.Old
			walk(c, depth+1)
		}
		if sum > f.Old+1e-9 {
			t.Errorf("%s: its calls are wider than it", f.Name)
		}
	}
	walk(costs.Root, 0)
	if frames > mostFrames || deepest > mostDepth || len(costs.Functions) > mostFunctions {
		t.Errorf("%d frames, %d deep, %d functions", frames, deepest, len(costs.Functions))
	}
}

func TestCompareRefuses(t *testing.T) {
	good := written(t, map[string]int64{"p.f": 1})
	if _, err := Compare(good, written(t, nil)); !errors.Is(err, errNoSamples) {
		t.Errorf("no samples: %v", err)
	}
	if _, err := Compare(filepath.Join(t.TempDir(), "none"), good); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("no profile"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Compare(good, broken); err == nil {
		t.Error("a broken file was read")
	}
}
