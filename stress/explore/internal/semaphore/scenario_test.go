package semaphore

import (
	"math"
	"strings"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/internal/model"
)

// Every scenario has a call with a ctx that is or may be done, is written as Format writes it, and
// is short enough to be judged.
func TestScenarios(t *testing.T) {
	for _, s := range scenarios() {
		cancels := false
		for _, o := range s.All() {
			cancels = cancels || o.Kind == model.AcquireCancelled || o.Kind == model.Cancel ||
				o.Kind == model.AcquireDone || o.Kind == model.AcquireDeadline
		}
		if !cancels {
			t.Errorf("%s: has no ctx that may be done", s.text)
		}
		if text := model.ScenarioNotation.Format(s.Program); text != s.text {
			t.Errorf("%q is written as %q", s.text, text)
		}
		if n := s.mostSpans(); n > model.MaxSearch {
			t.Errorf("%s: up to %d events, at most %d are searched", s.text, n, model.MaxSearch)
		}
	}
}

// A scenario that breaks what an implementation declares is not played on it.
func TestSuits(t *testing.T) {
	corrupts := impls.Impl{Name: "corrupts", OverRelease: impls.OverReleaseCorrupts}
	panics := impls.Impl{Name: "panics", ZeroWeight: impls.ZeroPanics}
	for _, c := range []struct {
		impl impls.Impl
		text string
		want bool
	}{
		{corrupts, "2: d1 p", true}, // no operation follows
		{corrupts, "2: p c1 r x0 d1", false},
		{corrupts, "2: p | d1", false},
		{impls.Impl{}, "2: p c1 r x0 d1", true},
		{panics, "1: d0", false},
		{panics, "1: d1 t0", false},
		{panics, "1: d1 x0", true}, // the zero is the index of a worker
		{impls.Impl{}, "1: d0", true},
		{impls.Impl{MaxSize: 2}, "3: d1", false},
		{impls.Impl{MaxSize: 3}, "3: d1", true},
	} {
		s, err := parseScenario(c.text)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.suits(c.impl); got != c.want {
			t.Errorf("%q on %q: %v, want %v", c.text, c.impl.Name, got, c.want)
		}
	}
	if _, err := Programs(corrupts, "2: p | d1"); err == nil || !strings.Contains(err.Error(), "nothing to explore") {
		t.Errorf("Programs = %v, want an error", err)
	}
}

// The largest size that is played is the size that an implementation declares.
func TestLargestSize(t *testing.T) {
	for _, most := range []int64{0, 1, 2, 1 << 16, math.MaxInt64} {
		programs, err := Programs(impls.Impl{Name: "any", MaxSize: most}, "")
		if err != nil {
			t.Fatal(err)
		}
		largest := int64(0)
		for _, p := range programs {
			largest = max(largest, p.scenario.Size)
		}
		want := most
		if most == 0 {
			want = math.MaxInt64
		}
		if largest != want {
			t.Errorf("MaxSize %d: the largest size played is %d, want %d", most, largest, want)
		}
	}
}

// A scenario whose history could not be searched is refused. Such a history used to pass unjudged.
func TestTooLongScenarioIsRefused(t *testing.T) {
	_, err := Programs(impls.Impl{Name: "any"}, "1: d1"+strings.Repeat(" t1", 80))
	if err == nil || !strings.Contains(err.Error(), "too long to be judged") {
		t.Errorf("Programs = %v, want an error", err)
	}
}
