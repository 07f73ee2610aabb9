package observe

import (
	"slices"
	"testing"
)

// A cycle is found whatever the numbers of its goroutines are. Goroutines that ended before it have
// the lower numbers.
func TestCycle(t *testing.T) {
	for _, test := range []struct {
		blocked map[int]int
		want    []int
	}{
		{nil, nil},
		{map[int]int{1: 2}, nil},
		{map[int]int{0: 0}, []int{0}},
		{map[int]int{1: 2, 2: 1}, []int{1, 2}},
		{map[int]int{7: 8, 8: 7}, []int{7, 8}},
		{map[int]int{3: 9, 9: 12, 12: 9}, []int{9, 12}}, // 3 waits for the cycle and is not in it
		{map[int]int{5: 1, 6: 5}, nil},
	} {
		if got := cycle(test.blocked); !slices.Equal(got, test.want) {
			t.Errorf("cycle(%v) = %v, want %v", test.blocked, got, test.want)
		}
	}
}
