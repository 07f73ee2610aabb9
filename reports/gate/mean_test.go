package gate

import (
	"encoding/json"
	"strings"
	"testing"
)

// slowPath returns pairs with equal typical slices and different means.
func slowPath(n int, ratio, spread float64) []Pair {
	pairs, means := pairsOf(n, 1, 0.01), pairsOf(n, ratio, spread)
	for i := range pairs {
		pairs[i].OldMean, pairs[i].NewMean = means[i].Old, means[i].New
	}
	return pairs
}

// The row is a lock that is as fast as before without contention, and twice as
// slow with it.
func TestMeanFindsWhatTypicalSlicesDoNot(t *testing.T) {
	waits := row("BenchmarkWaits", 1, 0.01)
	waits.Contended = true
	for _, test := range []struct {
		name          string
		first, second []Pair
		suspect       bool
		want          Verdict
		why           string
	}{
		{"found twice", slowPath(48, 2, 0.3), slowPath(96, 2, 0.3), true, Regressed, "the mean of all slices: "},
		{"found once", slowPath(48, 2, 0.3), slowPath(96, 1, 0.3), true, Unchanged, "all within"},
		{"a mood", slowPath(48, 1.17, 0.1), slowPath(96, 1.17, 0.1), true, Unchanged, "all within"},
		{"too noisy", slowPath(48, 1, 1), nil, false, Unchanged, "all within"},
		{"no slower", slowPath(48, 0.5, 0.3), nil, false, Unchanged, "all within"},
		{"without means", pairsOf(48, 1, 0.01), nil, false, Unchanged, "all within"},
		{"with some means", append(pairsOf(1, 1, 0.01), slowPath(47, 2, 0.3)...), nil, false, Unchanged, "all within"},
	} {
		waits.Pairs, waits.Second = test.first, nil
		run := runOf(waits, row("BenchmarkOther", 1, 0.01))
		if got := len(Suspects(run, Options{})) == 1; got != test.suspect {
			t.Errorf("%s: a suspect: %v, want %v", test.name, got, test.suspect)
		}
		run.Rows[0].Second = test.second
		j := rowNamed(t, Judge(run, Options{}), "BenchmarkWaits")
		if j.Verdict != test.want || !strings.Contains(j.Why, test.why) || j.OfMean != (test.want == Regressed) {
			t.Errorf("%s: %s because %q, of the mean: %v; want %s because %q",
				test.name, j.Verdict, j.Why, j.OfMean, test.want, test.why)
		}
	}
}

// Each mean is one more test of the family, which makes the correction of all
// rows stricter.
func TestMeansCountInTheFamily(t *testing.T) {
	waits := row("BenchmarkWaits", 1, 0.01)
	waits.Pairs = slowPath(24, 1, 0.1)
	if got := Judge(runOf(waits, row("BenchmarkOther", 1, 0.01)), Options{}).Family; got != 3 {
		t.Errorf("%d tests of a row with means and one without, want 3", got)
	}
}

func TestOutputsShowTheMean(t *testing.T) {
	waits := row("BenchmarkWaits", 1, 0.01)
	waits.Pairs, waits.Second = slowPath(24, 2, 0.1), slowPath(48, 2, 0.1)
	r := Judge(runOf(waits), Options{})
	var text, page strings.Builder
	if err := WriteJSON(&text, r); err != nil {
		t.Fatal(err)
	}
	var e Export
	if err := json.Unmarshal([]byte(text.String()), &e); err != nil {
		t.Fatal(err)
	}
	if x := e.Rows[0]; !x.OfMean || x.Ratio < 1.9 {
		t.Errorf("exported as of the mean: %v, ratio %v; want 2", x.OfMean, x.Ratio)
	}
	if err := WriteHTML(&page, r); err != nil || !strings.Contains(page.String(), "to ×2.") {
		t.Errorf("%v: the page does not show the ratios of means", err)
	}
}
