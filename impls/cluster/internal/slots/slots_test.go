package slots

import (
	"slices"
	"testing"
)

func TestSlots(t *testing.T) {
	for text, want := range map[string][]int64{
		"0": {0}, "0-1": {0, 1}, "0-3,7": {0, 1, 2, 3, 7}, "1,3,5-6": {1, 3, 5, 6}, "99": {99},
	} {
		got, ok := Parse(text, 100)
		if !ok || !slices.Equal(got, want) || Format(got) != text {
			t.Errorf("Parse(%q) = %v, %v, and Format writes %q", text, got, ok, Format(got))
		}
	}
	for _, text := range []string{"", ",", "-1", "1-0", "3,3", "4,3", "100", "0-100", "0-99999999999", "+1", "a", "1-", "1 "} {
		if got, ok := Parse(text, 100); ok {
			t.Errorf("Parse(%q) = %v, want an error", text, got)
		}
	}
}
