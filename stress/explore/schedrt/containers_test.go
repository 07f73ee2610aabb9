package schedrt_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

func TestMapOperations(t *testing.T) {
	run := func(m *schedrt.Map) string {
		var got []any
		add := func(v any, ok bool) { got = append(got, v, ok) }
		add(m.Load("a"))
		m.Store("a", 1)
		add(m.Load("a"))
		add(m.LoadOrStore("a", 2))
		add(m.LoadOrStore("b", 3))
		add(m.Swap("b", 4))
		add(nil, m.CompareAndSwap("b", 9, 5))
		add(nil, m.CompareAndSwap("b", 4, 5))
		add(nil, m.CompareAndDelete("b", 4))
		add(m.LoadAndDelete("a"))
		add(m.LoadAndDelete("a"))
		got = append(got, m.Keys())
		m.Clear()
		return fmt.Sprint(append(got, m.Keys())...)
	}
	want := "<nil> false 1 true 1 true 3 false 3 true <nil> false <nil> true <nil> false " +
		"1 true <nil> false [b] []"
	x := schedtest.PlayScript(t, nil, func() {
		if got := run(&schedrt.Map{}); got != want {
			t.Errorf("under control %s\nwant %s", got, want)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	if got := run(&schedrt.Map{}); got != want {
		t.Errorf("outside of control %s\nwant %s", got, want)
	}
}

// Keys come by insertion, also after many and after deletions.
func TestMapKeysAreInOrder(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		m := &schedrt.Map{}
		for i := range 40 {
			m.Store(39-i, i)
		}
		for i := range 40 {
			if i%10 != 0 {
				m.LoadAndDelete(i)
			}
		}
		if got := fmt.Sprint(m.Keys()); got != "[30 20 10 0]" {
			t.Errorf("keys %s, want [30 20 10 0]", got)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
}

// Operations on different keys are on different objects, so they commute: a reduction plays one
// order.
func TestMapKeysCommute(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		m := &schedrt.Map{}
		m.Store("a", 1)
		m.Store("b", 1)
		m.Load("a")
	})
	objects := func(step int) map[int32]bool {
		all := map[int32]bool{}
		for _, a := range x.Trace.Accesses(&x.Trace.Steps[step])[:1] { // the key; then the set of keys
			all[a.Object] = true
		}
		return all
	}
	if a, b, again := objects(0), objects(1), objects(2); fmt.Sprint(a) == fmt.Sprint(b) ||
		fmt.Sprint(a) != fmt.Sprint(again) {
		t.Errorf("objects of two keys and the first again: %v, %v, %v", a, b, again)
	}
}

// Get returns the last item or nothing: both are played. Older items stay.
func TestPool(t *testing.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		p := &schedrt.Pool{}
		fmt.Fprint(seen, p.Get(), " ")
		p.Put(1)
		p.Put(2)
		fmt.Fprint(seen, p.Get())
	})
	schedtest.MustResult(t, got, map[string]int{"passed <nil> 2": 1, "passed <nil> <nil>": 1})
}

// A Pool is empty at the beginning of an execution.
func TestPoolBeginsEmpty(t *testing.T) {
	schedtest.SkipUnderRace(t)
	x := schedrt.New(schedrt.Limits{})
	defer x.Close()
	p := &schedrt.Pool{}
	for range 2 {
		x.Play(&schedtest.Script{T: t}, func() {
			if item := p.Get(); item != nil {
				t.Errorf("an item of an earlier execution: %v", item)
			}
			p.Put(1)
		})
	}
}
