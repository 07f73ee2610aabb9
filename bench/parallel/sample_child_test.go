package parallel

import "testing"

// insidePeak counts stays that touch, overlap and nest.
func TestInsidePeak(t *testing.T) {
	for want, stays := range map[int][][2]int64{
		1: {{0, 5}, {5, 9}, {9, 12}},
		2: {{0, 5}, {4, 9}, {9, 12}},
		3: {{0, 20}, {1, 3}, {2, 4}, {3, 9}},
	} {
		var all []outcome
		for _, s := range stays {
			all = append(all, outcome{enter: s[0], leave: s[1]})
		}
		if got := insidePeak(all); got != want {
			t.Errorf("insidePeak of %v = %d, want %d", stays, got, want)
		}
	}
}
