package semaphore

import (
	"slices"
	"testing"

	"github.com/semabench/semabench/impls"
)

// The crowds of three calls on one permit are counted by hand: three waiting calls, or two of which one
// is cancelled meanwhile.
func TestCrowdsOfThree(t *testing.T) {
	defer func(all []Level) { crowds = all }(crowds)
	crowds = []Level{{1, 3, 3}}
	got := Crowds(impls.Impl{})
	want := []string{
		"1: a1 w1 | a1 w2 | a1 w3", "1: a1 w1 | a1 w2 | a1 r", "1: a1 w1 | a1 r | a1 r", "1: a1 r | a1 r | a1 r",
		"1: a1 w1 | c1 w2 | x1", "1: a1 r | c1 w1 | x1",
		"1: e1 w1 | a1 w2 | a1 w3", "1: e1 w1 | a1 w2 | a1 r", "1: e1 w1 | a1 r | a1 r",
		"1: e1 w1 | a1 w2 | x0", "1: e1 w1 | a1 r | x0", "1: e1 w1 | c1 w2 | x1",
	}
	for _, text := range want {
		if !slices.Contains(got, text) {
			t.Errorf("%q is no crowd", text)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d crowds, want %d: %q", len(got), len(want), got)
	}
}

// No crowd is played twice, and none breaks what an implementation declares.
func TestCrowdsAreLegal(t *testing.T) {
	for _, impl := range []impls.Impl{{}, {UnitWeights: true}, {MaxSize: 1}} {
		texts := Crowds(impl)
		if len(texts) < 50 {
			t.Errorf("%d crowds for %+v", len(texts), impl)
		}
		if sorted := slices.Compact(slices.Sorted(slices.Values(texts))); len(sorted) != len(texts) {
			t.Errorf("%d of %d crowds come twice", len(texts)-len(sorted), len(texts))
		}
		for _, text := range texts {
			s, err := parseScenario(text)
			if err != nil || !s.suits(impl) || impl.MaxSize > 0 && s.Size > impl.MaxSize {
				t.Errorf("%q is not legal for %+v: %v", text, impl, err)
			}
		}
	}
}
