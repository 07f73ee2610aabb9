package duel

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

// Benchmarks of long operations have controls too, because no run is valid
// without them. The benchmark reports a fixed time, so that the load of the
// machine cannot change it.
func TestControlsOfLongOperations(t *testing.T) {
	longTest(t, "TestLongControls and TestPlantInFigures", "it sleeps in every operation")
	text := benchmarks("p", `
func BenchmarkLong(b *testing.B) {
	for b.Loop() { time.Sleep(25*time.Millisecond) }
	b.ReportMetric(25e6, "ns/op")
}`)
	text = strings.Replace(text, `"testing"`, `("testing"; "time")`, 1)
	dir := scratch(t, map[string]string{"p_test.go": text})
	o := quick(Source{Dir: dir}, Source{Dir: dir})
	run := measured(t, o)
	if len(run.Controls) != 2 || run.Controls[0].Planted != 0 ||
		run.Controls[1].Planted < 0.1 {
		t.Fatalf("controls %+v, want the row as it is and with a slowdown", run.Controls)
	}
	mustSay(t, run, "planted", "into the figures")
	for _, c := range run.Controls {
		for _, p := range c.Row.Pairs {
			if ratio := p.New / p.Old; math.Abs(ratio-1-c.Planted) > 1e-9 {
				t.Errorf("with %v planted a pair has a ratio of %v", c.Planted, ratio)
			}
		}
	}
}

func TestLengthenSlices(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		ops, slices int
		slice       time.Duration
		mode        gate.Mode
		ok          bool
		want, left  int
	}{
		{10, 24, ms, gate.Sliced, true, 10, 24},
		{5, 24, ms, gate.Sliced, true, 10, 12},
		{1, 24, ms, gate.Sliced, true, 10, 4},
		{3, 24, 4 * ms, gate.Sliced, true, 12, 6},
		{1, 24, 4 * ms, gate.Sliced, false, 1, 24},
		{1, 1, ms, gate.Fresh, false, 1, 1},
		{12, 4, ms, gate.Fresh, true, 12, 4},
	} {
		p := &plan{ops: c.ops, slices: c.slices, cost: time.Duration(2*(c.slices+1)) * c.slice}
		p.Mode = c.mode
		if ok := p.lengthenSlices(); ok != c.ok || p.ops != c.want || p.slices != c.left {
			t.Errorf("%+v: %v, %d operations in %d slices", c, ok, p.ops, p.slices)
		}
	}
}

func TestLongControls(t *testing.T) {
	row := func(mode gate.Mode, ops int, cost time.Duration, contended bool) *plan {
		p := &plan{ops: ops, cost: cost, pairs: 24}
		p.Mode, p.Contended = mode, contended
		return p
	}
	cheap, plantable := row(gate.Sliced, 1, 1, false), row(gate.Fresh, 10, 9, false)
	other := row(gate.Sliced, 1, 5, true)
	m := &measurer{plans: []*plan{row(gate.Failed, 0, 0, false), row(gate.Untimed, 0, 0, true),
		cheap, other, row(gate.Sliced, 1, 7, true)}}
	if got := m.chooseControls(); len(got) != 2 || got[0] != cheap || got[1] != other {
		t.Errorf("controls %v, want the cheapest of each kind", got)
	}
	m.plans = append(m.plans, plantable)
	if got := m.chooseControls(); len(got) != 2 || got[0] != plantable {
		t.Errorf("controls %v, want first the row that a tenth can be planted into", got)
	}
}

func TestPlantInFigures(t *testing.T) {
	p := gate.Pair{Old: 2, New: 2, NewSlices: []float64{2, 4}}
	if plantInFigures(&p, 0.5); p.Old != 2 || p.New != 3 || p.NewSlices[0] != 3 || p.NewSlices[1] != 6 {
		t.Errorf("slowed to %+v", p)
	}
}
