package duel

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/reports/gate"
)

func TestDecide(t *testing.T) {
	const us, ms = time.Microsecond, time.Millisecond
	quiet := probeResult{perOp: 10, wall: 600 * us, least: 600 * us, entering: ms, busy: 1}
	for name, c := range map[string]struct {
		change        func(*probeResult)
		mode          gate.Mode
		slices, pairs int
		contended     bool
		why           string
	}{
		"ordinary":         {func(t *probeResult) {}, gate.Sliced, 16, 24, false, ""},
		"goroutines":       {func(t *probeResult) { t.goroutines = 2 }, gate.Sliced, 12, 48, true, ""},
		"all cores":        {func(t *probeResult) { t.busy = 1.9 }, gate.Sliced, 12, 48, true, ""},
		"allocates":        {func(t *probeResult) { t.allocates = true }, gate.Sliced, 16, 48, true, ""},
		"long slices":      {func(t *probeResult) { t.least = 4 * ms }, gate.Sliced, 8, 24, false, "8 for each process"},
		"longer slices":    {func(t *probeResult) { t.least = 19 * ms }, gate.Sliced, 4, 24, false, "4 for each process"},
		"cannot be sliced": {func(t *probeResult) { t.least, t.wall = 100*ms, 100*ms }, gate.Fresh, 1, 24, false, "one for each process"},
		"slow":             {func(t *probeResult) { t.least, t.wall = time.Second, time.Second }, gate.Fresh, 1, 10, false, "10 pairs instead of 24"},
		"slow parents":     {func(t *probeResult) { t.entering = 300 * ms }, gate.Sliced, 16, 16, false, "16 pairs instead of 24"},
	} {
		t.Run(name, func(t *testing.T) {
			worse := quiet
			c.change(&worse)
			for _, sides := range [][2]probeResult{{worse, worse}, {worse, quiet}, {quiet, worse}} {
				var p plan
				p.decide(Options{}.withDefaults(), sides[0], sides[1])
				if p.Mode != c.mode || p.slices != c.slices || p.Contended != c.contended {
					t.Errorf("mode %s, %d slices, contended %v; want %s, %d, %v",
						p.Mode, p.slices, p.Contended, c.mode, c.slices, c.contended)
				}
				explained := strings.Contains(p.Why, c.why) && (p.Why == "") == (c.why == "")
				if sides[0] == sides[1] && (p.pairs != c.pairs || !explained) {
					t.Errorf("%d pairs because %q; want %d because %q", p.pairs, p.Why, c.pairs, c.why)
				}
			}
		})
	}
}

func TestPairsAreDroppedEvenly(t *testing.T) {
	m := &measurer{Options: Options{MaxTime: time.Hour, Layouts: 1, OneStage: true}.withDefaults(),
		run: &gate.Run{}, begun: time.Now()} // two stages would leave a fifth of the time for the second
	for _, pairs := range []int{24, 48, 24} {
		m.plans = append(m.plans, &plan{pairs: pairs, cost: 2 * time.Hour / (24 + 48 + 24), ops: 1})
	}
	m.fitBudget(0)
	var got []int
	for _, p := range m.plans {
		got = append(got, p.pairs)
	}
	if !slices.Equal(got, []int{11, 23, 11}) || m.run.Facts[0].Value != "51 of 96, to keep to 1h0m0s" {
		t.Errorf("pairs %v, facts %v", got, m.run.Facts)
	}
	m.begun = time.Now().Add(-2 * time.Hour)
	if m.fitBudget(0); m.plans[0].pairs != fewestPairs/2 || !m.isLate() {
		t.Errorf("%d pairs when there is no time left, want %d", m.plans[0].pairs, fewestPairs/2)
	}
	if err := m.stopIfLate(errLate); err != nil || !strings.HasPrefix(m.run.Stopped, "out of time") {
		t.Errorf("stopped %q, %v", m.run.Stopped, err)
	}
	if other := errors.New("other"); m.stopIfLate(other) != other {
		t.Error("an error was taken for running out of time")
	}
}

// Every binary is used before any is used again, and then with the same partner.
func TestBinariesKeepTheirPartners(t *testing.T) {
	for _, n := range []int{1, 2, 5} {
		olds, news := make(binaries, n), make(binaries, n)
		for i := range n {
			olds[i].layout, news[i].layout = uint64(i), uint64(100+i)
		}
		for _, b := range []batch{{a: olds, b: news}, {a: olds, b: olds}} {
			partner, used := map[uint64]uint64{}, map[uint64]bool{}
			for k := range 3 * n {
				first, second := b.binariesOf(k)
				if before, ok := partner[first.layout]; ok && before != second.layout {
					t.Errorf("of %d binaries %d was paired with %d, and in pair %d with %d",
						n, first.layout, before, k, second.layout)
				}
				if n > 1 && first == second || int(first.layout) != k%n {
					t.Errorf("of %d binaries pair %d is %d and %d", n, k, first.layout, second.layout)
				}
				partner[first.layout], used[second.layout] = second.layout, true
			}
			if len(used) != n {
				t.Errorf("of %d binaries of the second side %d were used", n, len(used))
			}
		}
	}
}

func TestTypicalSlice(t *testing.T) {
	times := []float64{9, 1, 2, 3, 4, 5, 6, 7, 8}
	if got := typicalSlice(times); got != 2 {
		t.Errorf("the typical slice is %v, want the octile 2", got)
	}
}

func TestPatternMatchesItsNameOnly(t *testing.T) {
	for _, name := range []string{"BenchmarkA", "BenchmarkA/b.c", "BenchmarkA/(|[", "BenchmarkA//b", "BenchmarkA/ü"} {
		parts, patterns := strings.Split(name, "/"), strings.Split(pattern(name), "/")
		if len(parts) != len(patterns) {
			t.Fatalf("%s: pattern %s", name, pattern(name))
		}
		for i, p := range patterns {
			if re := regexp.MustCompile(p); !re.MatchString(parts[i]) || re.MatchString(parts[i]+"x") {
				t.Errorf("%s: pattern %s", name, p)
			}
		}
	}
}

func TestCountOps(t *testing.T) {
	for _, c := range []struct {
		perOp, bytes float64
		want         int
	}{
		{10, 0, 100_000}, {10_000, 0, 8000}, {50_000, 0, 2000}, {1e6, 0, 100}, {1e9, 0, 1}, {1000, 0, 10_000},
		{10, 1 << 20, 64}, {10, 1 << 30, 1},
	} {
		if got := countOps(c.perOp, c.bytes, 10*time.Millisecond); got != c.want {
			t.Errorf("%v ns and %v bytes for an operation: %d counted, want %d", c.perOp, c.bytes, got, c.want)
		}
	}
}

// A control has at least 16 pairs. With a planted slowdown it has as many as a
// second stage.
func TestControlPairs(t *testing.T) {
	o := Options{}.withDefaults()
	for pairs, want := range map[int][2]int{5: {16, 16}, 10: {16, 20}, 24: {24, 48}} {
		p := &plan{pairs: pairs}
		if got := [2]int{o.pairsOfControl(p, 0), o.pairsOfControl(p, plantedSlowdown)}; got != want {
			t.Errorf("a row of %d pairs has controls of %d, want %d", pairs, got, want)
		}
	}
}
