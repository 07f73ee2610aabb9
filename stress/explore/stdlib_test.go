package explore_test

import (
	"expvar"
	"os"
	"sync"
	"testing"

	"github.com/semabench/semabench/stress/explore"
)

// two runs both functions at once.
func two(f, g func()) {
	var wg sync.WaitGroup
	wg.Go(f)
	wg.Go(g)
	wg.Wait()
}

// standardState are programs with state inside the standard library, and whether they are right.
var standardState = map[string]struct {
	right   bool
	program func(t *explore.T)
}{
	"expvar.Int, lost update": {false, func(t *explore.T) {
		n := new(expvar.Int)
		add := func() { n.Set(n.Value() + 1) }
		if two(add, add); n.Value() != 2 {
			t.Error(n.Value())
		}
	}},
	"expvar.Int": {true, func(t *explore.T) {
		var n expvar.Int
		add := func() { n.Add(1) }
		if two(add, add); n.String() != "2" {
			t.Error(n.String())
		}
	}},
	"expvar.Float, lost update": {false, func(t *explore.T) {
		var n expvar.Float
		add := func() { n.Set(n.Value() + 1) }
		if two(add, add); n.Value() != 2 {
			t.Error(n.Value())
		}
	}},
	"expvar.Float": {true, func(t *explore.T) {
		var n expvar.Float
		if two(func() { n.Add(0.5) }, func() { n.Add(0.25) }); n.Value() != 0.75 || n.String() != "0.75" {
			t.Error(n.String())
		}
	}},
	"expvar.String, order": {false, func(t *explore.T) {
		var s expvar.String
		if two(func() { s.Set("a") }, func() { s.Set("b") }); s.Value() != "b" {
			t.Error(s.String())
		}
	}},
	"environment, order": {false, func(t *explore.T) {
		two(func() { os.Setenv("EXPLORED", "a") }, func() { os.Setenv("EXPLORED", "b") })
		if os.Getenv("EXPLORED") == "a" {
			t.Error("a came last")
		}
	}},
	"environment, absent in between": {false, func(t *explore.T) {
		os.Setenv("EXPLORED", "a")
		two(func() { os.Unsetenv("EXPLORED"); os.Setenv("EXPLORED", "b") }, func() {
			if _, ok := os.LookupEnv("EXPLORED"); !ok {
				t.Error("it is absent")
			}
		})
	}},
	"environment, new in each schedule": {true, func(t *explore.T) {
		if v := os.ExpandEnv("$EXPLORED"); v != "" {
			t.Errorf("left by the last schedule: %s", v)
		}
		two(func() { os.Setenv("EXPLORED", "a") }, func() { os.Setenv("EXPLORED", "b") })
	}},
}

// State inside the standard library is seen: wrong uses are found, right ones are complete.
func TestStandardLibraryState(t *testing.T) {
	for name, c := range standardState {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{Schedules: 1000}, c.program)
			want := explore.Fail
			if c.right {
				want = explore.Pass
			}
			if r.Verdict != want {
				t.Errorf("%s, want %s: %s", r.Verdict, want, r.Text)
			}
		})
	}
}
