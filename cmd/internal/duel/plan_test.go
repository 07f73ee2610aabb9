package duel

import (
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/cmd/internal/shards"
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

// planned returns a measurer whose rows have these numbers of pairs, of a second each. Rows in settled are
// settled by counts.
func planned(maxTime time.Duration, pairs []int, settled ...int) *measurer {
	m := &measurer{Options: Options{MaxTime: maxTime, Layouts: 1, OneStage: true}.withDefaults(),
		run: &gate.Run{}, begun: time.Now()}
	for i, n := range pairs {
		p := &plan{pairs: n, full: n, cost: time.Second, ops: 1}
		p.Package, p.Mode, p.Contended = "p", gate.Untimed, true // no controls
		if slices.Contains(settled, i) {
			p.Instructions = &gate.Instructions{Old: []float64{100, 100, 100}, New: []float64{100, 100, 100}}
		}
		m.plans = append(m.plans, p)
	}
	return m
}

func (m *measurer) plannedPairs() (pairs []int) {
	for _, p := range m.plans {
		pairs = append(pairs, p.pairs)
	}
	return pairs
}

// Pairs are dropped from rows that counts settle first, down to none, and from the others evenly.
func TestPairsAreDropped(t *testing.T) {
	for _, c := range []struct {
		seconds int
		want    []int
	}{
		{200, []int{24, 48, 24}}, {90, []int{24, 48, 12}}, {80, []int{22, 43, 10}}, {40, []int{12, 15, 10}},
		{21, []int{10, 10, 0}}, {5, []int{6, 0, 0}},
	} {
		m := planned(time.Duration(c.seconds)*time.Second, []int{24, 48, 24}, 2)
		m.fitBudget()
		got := m.plannedPairs()
		for i := range got {
			if d := got[i] - c.want[i]; d < -1 || d > 1 {
				t.Errorf("%d seconds: pairs %v, want about %v", c.seconds, got, c.want)
				break
			}
		}
	}
	m := planned(30*time.Second, []int{24, 48, 24})
	if m.fitBudget(); len(m.run.Facts) != 1 || !strings.HasSuffix(m.run.Facts[0].Value, "of 96, to keep to 30s") {
		t.Errorf("facts %v", m.run.Facts)
	}
	m = planned(0, []int{24, 48})
	if m.fitBudget(); !slices.Equal(m.plannedPairs(), []int{24, 48}) || m.isLate() {
		t.Errorf("pairs %v without a limit", m.plannedPairs())
	}
}

// If the least pairs of all rows take too long, some rows keep them, and these are spread over all rows.
func TestRowsAreDropped(t *testing.T) {
	for _, c := range []struct{ seconds, least, most int }{
		{2000, 40, 40}, {300, 40, 40}, {200, 25, 35}, {100, 12, 18}, {45, 4, 10}, {1, 1, 1},
	} {
		m := planned(time.Duration(c.seconds)*time.Second, slices.Repeat([]int{24}, 40))
		m.fitBudget()
		pairs, kept := m.plannedPairs(), 0
		for i, n := range pairs {
			if n == 0 {
				continue
			}
			if kept++; n < leastForInterval || c.most < 40 && n != leastForInterval || c.most <= 20 && i%2 > 0 {
				t.Errorf("%d seconds: row %d keeps %d pairs: %v", c.seconds, i, n, pairs)
			}
		}
		if kept < c.least || kept > c.most {
			t.Errorf("%d seconds: %d rows keep pairs, want %d to %d: %v", c.seconds, kept, c.least, c.most, pairs)
		}
	}
	// Rows that were not tried take no place of others, whichever rows they are.
	untried := planned(time.Second, append(make([]int, 20), slices.Repeat([]int{24}, 20)...))
	untried.fitBudget()
	if pairs := untried.plannedPairs(); slices.Max(pairs) < leastForInterval || slices.Max(pairs[:20]) > 0 {
		t.Errorf("of 20 rows that were tried behind 20 others none is timed: %v", pairs)
	}
	all := make([]int, 40)
	for i := range all {
		all[i] = i
	}
	m := planned(200*time.Second, slices.Repeat([]int{24}, 40), all...)
	m.fitBudget()
	if kept := slices.DeleteFunc(m.plannedPairs(), func(n int) bool { return n == 0 }); len(kept) < 12 || len(kept) > 20 {
		t.Errorf("of rows that counts settle %d are timed, want those that there is time for: %v", len(kept), m.plannedPairs())
	}
}

// A second stage gets as many pairs as fit, and none where the first stage had more.
func TestSecondStageFits(t *testing.T) {
	for _, c := range []struct {
		left time.Duration
		want []int
	}{
		{200 * time.Second, []int{24, 48, 96}}, {60 * time.Second, []int{12, 24, 49}}, {26 * time.Second, []int{12, 25}},
		{20 * time.Second, nil},
	} {
		m := planned(time.Hour, []int{24})
		p := m.plans[0]
		p.Pairs = make([]gate.Pair, 24)
		ok := m.planAgain(m.plans, c.left)
		if ok != (c.want != nil) || !slices.Equal(p.SecondLooks, c.want) {
			t.Errorf("%v left: looks %v, want %v", c.left, p.SecondLooks, c.want)
		}
	}
}

// Time that is over makes a run no error, and rows without a time are in it.
func TestUnreachedRows(t *testing.T) {
	m := planned(time.Minute, []int{24, 24}, 1)
	m.plans[0].Mode, m.plans[1].Mode = gate.Sliced, gate.Sliced
	m.run.Planned = 2
	m.begun = time.Now().Add(-time.Hour)
	var err error
	if m.out, err = gate.NewWriter(io.Discard, m.run); err != nil || !m.isLate() {
		t.Fatal(err, m.isLate())
	}
	other := errors.New("other")
	if err := m.endStage(t.Context(), other); err != other || m.run.Stopped != "other" {
		t.Errorf("an error was taken for running out of time: %v, %q", err, m.run.Stopped)
	}
	m.run.Stopped = ""
	if err := m.endStage(t.Context(), errLate); err != nil || m.run.Stopped != "" || len(m.run.Rows) != 2 {
		t.Fatalf("%v, stopped %q, %d rows", err, m.run.Stopped, len(m.run.Rows))
	}
	r := gate.Judge(m.run, gate.Options{})
	if r.Count(gate.SameWork) != 1 || r.Count(gate.Inconclusive) != 1 || r.Exit() != gate.ExitInconclusive {
		t.Errorf("%d counted, %d inconclusive, exit %d", r.Count(gate.SameWork), r.Count(gate.Inconclusive), r.Exit())
	}
	if why := r.Rows[0].Why; !strings.Contains(why, "-max-time") {
		t.Errorf("the row says %q", why)
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

// The typical slice is the mean of the fastest quarter, or the fastest slice of a few. Disturbed slices do
// not change it.
func TestTypicalSlice(t *testing.T) {
	for _, c := range []struct {
		times []float64
		want  float64
	}{
		{[]float64{9, 2, 8, 3, 4, 5, 6, 7}, math.Sqrt(2 * 3)},
		{[]float64{900, 2, 8000, 3, 4, 50, 60, 7e9}, math.Sqrt(2 * 3)},
		{[]float64{4, 2, 3, 5, 9, 9, 9, 9, 9, 9, 9, 9}, math.Cbrt(2 * 3 * 4)},
		{[]float64{4, 2, 3, 5}, 2},
		{[]float64{3, 2}, 2},
		{[]float64{3}, 3},
	} {
		if got := typicalSlice(c.times); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("the typical slice of %v is %v, want %v", c.times, got, c.want)
		}
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
		{10, 0, 64_000}, {10_000, 0, 8000}, {50_000, 0, 2000}, {1e6, 0, 62}, {1e9, 0, 1}, {1000, 0, 8000}, {600, 0, 16_000},
		{700, 0, 8000}, {10, 1 << 20, 62}, {10, 1 << 30, 1},
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
		if got := [2]int{o.pairsOfControl(p, false), o.pairsOfControl(p, true)}; got != want {
			t.Errorf("a row of %d pairs has controls of %d, want %d", pairs, got, want)
		}
	}
}

// A shard has its own rows, and the rows that failed in the listing. It counts the other rows, and corrects for them.
func TestDealtRows(t *testing.T) {
	measured, planned := map[string]int{}, 0
	for k := range 3 {
		m := &measurer{Options: Options{Shard: shards.Shard{Index: k + 1, Of: 3}, Command: "gate", Bench: "."}, run: &gate.Run{}}
		var plans []*plan
		for i := range 30 {
			p := &plan{Row: gate.Row{Package: "p", Name: fmt.Sprintf("Benchmark%d", i), Mode: gate.Sliced}}
			if i == 7 {
				p.fail(errors.New("panic"))
			}
			plans = append(plans, p)
		}
		m.addPlans(m.deal(plans)...)
		for _, p := range m.plans {
			measured[p.Name]++
		}
		if planned = m.run.Planned; planned != 30 || m.run.Elsewhere != 30-len(m.plans) || len(m.plans) < 2 {
			t.Errorf("shard %d has %d rows, %d planned, %d elsewhere", k+1, len(m.plans), planned, m.run.Elsewhere)
		}
		if command := m.reproduceAll(); command != fmt.Sprintf("gate -shard=%d/3", k+1) {
			t.Error(command)
		}
	}
	for name, times := range measured {
		if want := map[bool]int{true: 3, false: 1}[name == "Benchmark7"]; times != want {
			t.Errorf("%s is in %d shards, want %d", name, times, want)
		}
	}
	if len(measured) != 30 {
		t.Errorf("%d of 30 rows are in a shard", len(measured))
	}
}

// Rows that are not tried in time are rows of the run all the same, without a verdict. Any part of the rows that are
// tried is spread over all of them. A package gets a share of the time by its benchmark functions.
func TestRowsThatAreNotTried(t *testing.T) {
	m := &measurer{Options: Options{MaxTime: time.Hour}.withDefaults(), begun: time.Now(), run: &gate.Run{}}
	for i := range 3 {
		m.addPlans(&plan{Row: gate.Row{Package: "p", Name: fmt.Sprint("Benchmark", i)}})
	}
	var err error
	if m.out, err = gate.NewWriter(io.Discard, m.run); err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-time.Minute)
	if err := errors.Join(m.probe(t.Context(), binary{}, binary{}, m.plans, past), m.recordUnreached()); err != nil {
		t.Fatal(err)
	}
	report := gate.Judge(m.run, gate.Options{})
	if report.Count(gate.Inconclusive) != 3 || report.Exit() != gate.ExitInconclusive || !strings.Contains(m.run.Late, "0 of the 3 rows of p") {
		t.Errorf("%d INCONCLUSIVE, exit %d, late %q", report.Count(gate.Inconclusive), report.Exit(), m.run.Late)
	}
	for _, n := range []int{0, 1, 7, 8, 150} {
		order := tryOrder(n)
		for _, tried := range order[:n/4] {
			if tried%4 != 0 {
				t.Errorf("%d rows: row %d is among the first quarter", n, tried)
			}
		}
		if slices.Sort(order); len(order) != n || n > 0 && (order[0] != 0 || order[n-1] != n-1 || len(slices.Compact(order)) != n) {
			t.Errorf("%d rows: %v", n, order)
		}
	}
	m.new = &side{packages: map[string]pkg{"a": {}, "b": {}}}
	one, both := time.Until(m.probeDeadline([]string{"b"})), time.Until(m.probeDeadline([]string{"a", "b"}))
	if most := 30 * time.Minute; one > most || one < most-time.Minute || both > most/2 || both < most/2-time.Minute {
		t.Errorf("one package has %v for its probes, the first of two %v", one, both)
	}
	if m.MaxTime = 0; !m.probeDeadline([]string{"b"}).IsZero() {
		t.Error("a deadline without a limit")
	}
}
