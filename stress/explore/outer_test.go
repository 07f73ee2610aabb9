package explore_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/semabench/semabench/stress/explore"
)

// lost counts twice in two goroutines, and returns what the counter has in the end. Some schedules lose
// one.
func lost() int64 {
	var n atomic.Int64
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { n.Store(n.Load() + 1) })
	}
	wg.Wait()
	return n.Load()
}

// mustBeTwo is a helper as of an assertion library.
func mustBeTwo(t testing.TB, n int64) {
	if n != 2 {
		t.Logf("n is %d", n)
		t.FailNow()
	}
}

// A body may use the testing.T around it in the place of its own. A failure or a log there counts for one
// schedule.
func TestOuterT(t *testing.T) {
	for name, c := range map[string]struct {
		body func(t *testing.T)
		want string // of the failure; "" if the body is right
	}{
		"Errorf": {func(t *testing.T) {
			if n := lost(); n != 2 {
				t.Errorf("n = %d, want 2", n)
			}
		}, "outer_test.go:41: n = 1, want 2\n"},
		"helper":  {func(t *testing.T) { mustBeTwo(t, lost()) }, "outer_test.go:27: n is 1\n"},
		"subtest": {func(t *testing.T) { t.Run("sub", func(t *testing.T) { mustBeTwo(t, lost()) }) }, "outer_test.go:27: n is 1\n"},
		"cleanup": {func(t *testing.T) {
			n := int64(2)
			t.Cleanup(func() { mustBeTwo(t, n) })
			n = lost()
		}, "n is 1\n"},
		"after the body": {func(t *testing.T) {
			go func() {
				if n := lost(); n != 2 {
					t.Error("too late")
				}
			}()
		}, "too late"},
		"right": {func(t *testing.T) {
			cleaned := 0
			t.Cleanup(func() { mustBeTwo(t, int64(cleaned)) })
			t.Cleanup(func() { cleaned++ })
			t.Cleanup(func() { cleaned++ })
			lost()
			t.Log("not a failure")
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{}, func(*explore.T) { c.body(t) })
			switch {
			case c.want == "" && (r.Verdict != explore.Pass || !r.Complete):
				t.Errorf("%s, want a proof: %s", r.Verdict, r.Text)
			case c.want != "" && (r.Verdict != explore.Fail || !strings.Contains(r.Text, c.want) || r.Schedule == "x"):
				t.Errorf("%s, want %q in another schedule than the default one:\n%s", r.Verdict, c.want, r.Text)
			}
		})
	}
	r := explore.Check(t, explore.Options{}, func(*explore.T) { t.Skip("why") })
	if !r.Skipped {
		t.Errorf("%s, want it skipped: %s", r.Verdict, r.Text)
	}
}
