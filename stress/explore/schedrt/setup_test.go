package schedrt

import (
	"reflect"
	"strings"
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

// firstOf picks the first goroutine.
type firstOf struct{}

func (firstOf) Pick(*Point) int { return 0 }
func (firstOf) Choose(int) int  { return 0 }

// An initialization that ran at the start of the process and fails before a schedule is refused, and is
// no failure of the program. The same failures in the program are.
func TestInitializationThatCannotRunAgain(t *testing.T) {
	before := initializers
	defer func() { initializers = before }()
	if RaceEnabled {
		t.Skip("the engine is only used in builds that keep the race detector out of it")
	}
	x := New(Limits{})
	defer x.Close()
	for name, f := range map[string]func(){
		"panics": func() { panic("/path is already registered") },
		"waits":  func() { Recv(make(chan int)) },
	} {
		initializers.all, initializers.state = nil, false
		OnReset(true, func() {})
		if got := x.Play(firstOf{}, f).Kind; got != Panicked && got != Deadlock {
			t.Errorf("a program that %s: %v", name, got)
		}
		OnReset(true, f)
		if got := x.Play(firstOf{}, func() {}); got.Kind != Refused || !strings.Contains(got.Message, "initialization") {
			t.Errorf("an initialization that %s: %v %s", name, got.Kind, got.Message)
		}
	}
}
