package semaphore

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
)

// The programs of one call on a semaphore of size 1 are counted by hand. A cancelled Acquire that
// would be granted is not among them, because nothing cancels it.
func TestOneCall(t *testing.T) {
	want := []string{
		"a1 w1", "a1 r", "t1 w1", "d1", "e1 w1", // with the one weight that fits
		"c2 | w1 x0", "d2", "t2 w1", // above the size
		"a0 w1", "d0", "t0 w1", "r0", "p2", "n",
	}
	got := scenariosOf(Level{1, 1, 1})
	for i, text := range got {
		got[i] = strings.TrimPrefix(text, "1: ")
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Every program is a scenario that Parse reads back, and that is short enough to be judged.
func TestEnumeratedProgramsAreScenarios(t *testing.T) {
	for _, level := range Levels(impls.Impl{}, 4) {
		for _, text := range scenariosOf(level) {
			if s, err := parseScenario(text); err != nil || model.ScenarioNotation.Format(s.Program) != text {
				t.Fatalf("%v: %q: %v", level, text, err)
			}
		}
	}
}

// Of alike programs exactly one is played. The walk is compared with all lists of calls, which are
// made without any thought of likeness.
func TestEachClassOnce(t *testing.T) {
	for _, level := range []Level{{1, 1, 1}, {1, 2, 2}, {1, 3, 2}, {1, 3, 3}, {2, 2, 2}, {2, 3, 2}, {0, 2, 2}} {
		played := map[string]bool{}
		for p := range level.programs(impls.Impl{}) {
			class := classOf(p)
			if played[class] {
				t.Errorf("%v: %s is alike to a program before it", level, p.scenario().text)
			}
			played[class] = true
		}
		missing := 0
		allPrograms(level, func(p program) {
			if class := classOf(p); !played[class] {
				if missing++; missing <= 5 {
					t.Errorf("%v: %s is missing", level, class)
				}
				played[class] = true
			}
		})
		t.Logf("%v: %d programs", level, len(played))
	}
}

// allPrograms calls f with every list of calls of a level. It shares with the walk only the rules
// about calls that can show nothing.
func allPrograms(l Level, f func(program)) {
	a := alphabetOf(l.Size, impls.Impl{})
	var extend func(e enumeration, rare int)
	extend = func(e enumeration, rare int) {
		if len(e.calls) == l.Calls {
			if rare <= 1 && e.worthwhile(rare == 1) {
				f(e.clone())
			}
			return
		}
		for _, starts := range []bool{true, false} {
			if !starts && (len(e.calls) == 0 || e.inStep() == l.Racing) {
				continue
			}
			add := func(c call, rare int) {
				longer := e
				longer.calls = append(slices.Clip(e.calls), c)
				longer.starts = append(slices.Clip(e.starts), starts)
				extend(longer, rare)
			}
			for _, c := range a.core {
				add(c, rare)
			}
			for _, c := range a.rare {
				add(c, rare+1)
			}
			for i, c := range e.calls {
				if e.mayRelease(i, starts) {
					add(call{kind: model.Release, of: i}, rare)
				}
				if c.kind.Cancellable() && !e.meant(model.Cancel, i) {
					add(call{kind: model.Cancel, of: i}, rare)
				}
			}
		}
	}
	extend(enumeration{program: program{size: l.Size}, racing: l.Racing}, 0)
}

// classOf returns the least text of a program over all orders of the calls within its steps. A call
// is named by its place, so that a Release and a Cancel follow the call that they mean.
func classOf(p program) string {
	least := ""
	permute(p, func(order []int) {
		place := make([]int, len(order))
		for at, i := range order {
			place[i] = at
		}
		var b strings.Builder
		for at, i := range order {
			c := p.calls[i]
			of := -1
			if c.of >= 0 {
				of = place[c.of]
			}
			fmt.Fprintf(&b, "%v/%d/%d/%d/%v ", p.starts[at], c.kind, c.n, of, c.pass)
		}
		if text := b.String(); least == "" || text < least {
			least = text
		}
	})
	return least
}

// permute calls f with every order of the calls in which no call leaves its step.
func permute(p program, f func(order []int)) {
	var extend func(order []int)
	extend = func(order []int) {
		if len(order) == len(p.calls) {
			f(order)
			return
		}
		at := p.stepOf(len(order))
		for i := at; i < len(p.calls) && p.stepOf(i) == at; i++ {
			if !slices.Contains(order, i) {
				extend(append(slices.Clip(order), i))
			}
		}
	}
	extend(nil)
}

// Programs keep to what an implementation declares.
func TestEnumeratedProgramsKeepDeclarations(t *testing.T) {
	for name, c := range map[string]struct {
		impl   impls.Impl
		refuse func(model.Op) bool
	}{
		"unit weights": {impls.Impl{UnitWeights: true}, func(o model.Op) bool {
			takes := o.Kind.IsAcquire() || o.Kind == model.Try || o.Kind == model.OverRelease
			return takes && o.N != 1
		}},
		"zero panics": {impls.Impl{ZeroWeight: impls.ZeroPanics}, func(o model.Op) bool {
			return (o.Kind.IsAcquire() || o.Kind == model.Try || o.Kind == model.Release) && o.N == 0
		}},
		"corrupts": {impls.Impl{OverRelease: impls.OverReleaseCorrupts}, func(o model.Op) bool {
			return o.Kind == model.OverRelease
		}},
	} {
		for _, level := range Levels(c.impl, 4) {
			for p := range level.programs(c.impl) {
				for _, o := range p.scenario().All() {
					if c.refuse(o) {
						t.Fatalf("%s: %s", name, p.scenario().text)
					}
				}
			}
		}
	}
	for most, want := range map[int64][]int64{
		0: {0, 1, 2, 3, math.MaxInt64}, 1: {0, 1}, 3: {0, 1, 2, 3}, 100: {0, 1, 2, 3, 100},
	} {
		if got := sizesOf(impls.Impl{MaxSize: most}); !slices.Equal(got, want) {
			t.Errorf("MaxSize %d: sizes %v, want %v", most, got, want)
		}
	}
}

// A set of programs is named as complete only if all of its levels were.
func TestCompleted(t *testing.T) {
	for want, levels := range map[string][]Level{
		"no set of programs is complete": nil,
		"complete: all programs of size 1, up to 2 calls one at a time, up to 2 calls with 2 at once; " +
			"size 2, up to 1 call one at a time": {{1, 1, 1}, {1, 2, 1}, {2, 1, 1}, {1, 2, 2}},
	} {
		if got := Completed(levels); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The batches of a level have the same scenarios, however large a batch is, and no more are made than taken.
func TestBatches(t *testing.T) {
	level := Level{2, 3, 1}
	want := scenariosOf(level)
	var got []string
	for batch := range level.Batches(impls.Impl{}, 100) {
		if len(batch) != 100 && len(got)+len(batch) != len(want) {
			t.Errorf("a batch of %d", len(batch))
		}
		got = append(got, batch...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d scenarios in batches, want the same %d", len(got), len(want))
	}
	huge := Level{3, 40, 1} // its programs cannot be listed
	for batch := range huge.Batches(impls.Impl{}, 10) {
		if len(batch) != 10 {
			t.Errorf("a batch of %d", len(batch))
		}
		break
	}
}

// scenariosOf returns all scenarios of a level.
func scenariosOf(l Level) []string {
	return slices.Concat(slices.Collect(l.Batches(impls.Impl{}, 7))...)
}
