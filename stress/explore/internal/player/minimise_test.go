package player

import (
	"slices"
	"testing"
)

// Moving a block up appends it to the previous block of its goroutine; moving down does the
// reverse. Steps are neither lost nor made.
func TestMovedBlocks(t *testing.T) {
	blocks := []block{{0, 2}, {1, 3}, {0, 1}, {2, 4}}
	for name, c := range map[string]struct{ got, want []block }{
		"up":             {movedUp(blocks, 2), []block{{0, 3}, {1, 3}, {2, 4}}},
		"down":           {movedDown(blocks, 2), []block{{1, 3}, {0, 3}, {2, 4}}},
		"up, no block":   {movedUp(blocks, 3), nil},
		"down, no block": {movedDown(blocks, 1), nil},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	if !slices.Equal(blocks, []block{{0, 2}, {1, 3}, {0, 1}, {2, 4}}) {
		t.Errorf("the original blocks were changed: %v", blocks)
	}
}

// Addresses do not make two failures different.
func TestStable(t *testing.T) {
	if a, b := stable("panic: at 0xc00012"), stable("panic: at 0xc000ff"); a != b {
		t.Errorf("%q and %q differ", a, b)
	}
}
