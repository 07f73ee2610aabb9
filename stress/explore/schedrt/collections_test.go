package schedrt

import (
	"fmt"
	"testing"
	"unsafe"
)

func TestPushAndShift(t *testing.T) {
	var s []int
	for i := range 20 {
		s = push(s, i)
	}
	first := -1
	for want := range 10 {
		if s, first = shift(s); first != want {
			t.Errorf("shifted %d, want %d", first, want)
		}
	}
	if got := fmt.Sprint(s); got != "[10 11 12 13 14 15 16 17 18 19]" {
		t.Errorf("left %s", got)
	}
}

// A table keeps the models of an address while it grows, and another execution finds a free slot.
func TestTable(t *testing.T) {
	var words [200]int64
	var table table
	for i := range words {
		table.find(1, unsafe.Pointer(&words[i])).word = &Object{id: int32(i)}
	}
	for i := range words {
		if o := table.find(1, unsafe.Pointer(&words[i])).word; o == nil || o.id != int32(i) {
			t.Fatalf("word %d has the object %v", i, o)
		}
	}
	if table.used != len(words) || len(table.slots) < 2*len(words) {
		t.Errorf("%d of %d slots are used, want 200 of at least 400", table.used, len(table.slots))
	}
	table.find(2, unsafe.Pointer(&words[0]))
	if table.used != 1 {
		t.Errorf("%d slots are used in the second execution, want 1", table.used)
	}
}
