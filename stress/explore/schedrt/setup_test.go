package schedrt

import (
	"reflect"
	"testing"
)

// A content is equal to its variable until the variable changes, and restores it.
func TestContent(t *testing.T) {
	type part struct {
		n    int
		list []int
	}
	var (
		number  = 1
		table   = map[string]int{"a": 1}
		none    map[string]int
		pointer = &part{n: 1}
		null    *part
		value   part
		empty   struct{}
	)
	for name, c := range map[string]struct {
		variable any
		change   func()
	}{
		"number":      {&number, func() { number = 2 }},
		"map":         {&table, func() { table["b"] = 2 }},
		"nil map":     {&none, func() { none = map[string]int{} }},
		"pointee":     {&pointer, func() { pointer.n = 2 }},
		"pointer":     {&pointer, func() { pointer = &part{n: 1} }},
		"nil pointer": {&null, func() { null = new(part) }},
		"struct":      {&value, func() { value.list = make([]int, 1) }},
	} {
		at := reflect.ValueOf(c.variable).Elem()
		before := contentOf(at)
		if !before.equals(at) {
			t.Errorf("%s differs at once", name)
		}
		if c.change(); before.equals(at) {
			t.Errorf("%s does not differ after a change", name)
		}
		if before.restore(at); !before.equals(at) {
			t.Errorf("%s differs after it was restored", name)
		}
	}
	if at := reflect.ValueOf(&empty).Elem(); !contentOf(at).equals(at) {
		t.Error("an empty struct differs")
	}
}
