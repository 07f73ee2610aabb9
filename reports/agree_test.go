package reports_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/semabench/semabench/reports"
)

func TestAgreeFindsChangedVerdicts(t *testing.T) {
	before := compare(t, "", rowOf("n=1", 100, 200, 200)+rowOf("n=2", 100, 100, 200)+rowOf("gone", 1, 2))
	after := compare(t, "", rowOf("n=1", 100, 100, 200)+rowOf("n=2", 100, 100, 300)+rowOf("new", 1, 2))
	g, err := reports.Agree(before, after)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range g.Changes {
		got = append(got, fmt.Sprintf("%s %s>%s", c.Place, c.Was, c.Is))
	}
	// In the first text a was the only best of n=1. In the second it shares the place with b.
	want := "X/n=1, a better>tie|X/n=1, b worse>tie"
	if strings.Join(got, "|") != want || g.Cells != 6 {
		t.Errorf("%d cells, changes %q; want 6, %q", g.Cells, strings.Join(got, "|"), want)
	}
	if g.Contradictions() != 2 || !g.Changes[0].Contradicts {
		t.Errorf("%d contradictions, want 2: both texts decided", g.Contradictions())
	}
	if len(g.Missing) != 4 {
		t.Errorf("missing %q, want the two cells of gone and the two of new", g.Missing)
	}
	if g, err = reports.Agree(before, before); err != nil || len(g.Changes) > 0 || g.Share() != 0 {
		t.Errorf("a comparison disagrees with itself: %+v, %v", g, err)
	}
	if _, err = reports.Agree(before, compare(t, "", rowOf("other", 1, 2))); err == nil {
		t.Error("no cell in common, and no error")
	}
}

// A difference of 2 % may be significant in one run and not in the next, and changes no decision.
func TestAgreeTakesSmallDifferencesForTies(t *testing.T) {
	before := compare(t, "", rowOf("n=1", 100, 102, 200))
	after := compare(t, "", rowOf("n=1", 100, 100, 200))
	g, err := reports.Agree(before, after)
	if err != nil || len(g.Changes) > 0 {
		t.Errorf("%+v, %v; want no change", g, err)
	}
	if g, _ = reports.Agree(before, compare(t, "", rowOf("n=1", 100, 107, 200))); len(g.Changes) != 2 {
		t.Errorf("%+v; want 7 %% to be worse, and the best then better", g)
	}
}

// The verdict of a cell includes whether its samples were enough.
func TestAgreeCountsUndecided(t *testing.T) {
	many := compare(t, "", samples("a", around(100, 0)...)+samples("b", around(200, 1)...))
	few := compare(t, "", samples("a", 100)+samples("b", 200))
	g, err := reports.Agree(many, few)
	if err != nil || len(g.Changes) != 2 || g.Changes[1].Is != "undecided" {
		t.Errorf("%+v, %v; want both cells to become undecided", g, err)
	}
	if g.Contradictions() != 0 || g.ContradictionShare() != 0 {
		t.Errorf("%+v; want no contradiction: one text decided nothing", g)
	}
	// A cell that is surely the best or tied with it does not contradict a text in which it is surely the best.
	open := compare(t, "", samples("a", around(100, 0)...)+samples("b", 90, 95, 103, 104, 107, 110, 160, 180, 190, 200))
	for _, pair := range [][2]*reports.Comparison{{many, open}, {open, many}} {
		if g, err = reports.Agree(pair[0], pair[1]); err != nil || g.Contradictions() != 0 {
			t.Errorf("%+v, %v; want no contradiction: b is open", g, err)
		}
	}
}
