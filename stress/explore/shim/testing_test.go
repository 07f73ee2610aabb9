package shim_test

import (
	"fmt"
	"os"
	"strings"
	real "testing"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/testing"
)

// play plays one schedule of a test.
func play(t *real.T, body func(*testing.T)) *schedrt.Exec {
	t.Helper()
	return schedtest.PlayChoices(t, schedrt.Limits{}, nil, nil, func() { testing.Play(t, nil, body, func(string) {}) })
}

// The first message of a failure is the message of the schedule, with its position and the log
// before.
func TestFailures(t *real.T) {
	for want, body := range map[string]func(t *testing.T){
		"one 2":    func(t *testing.T) { t.Error("one", 2); t.Error("later") },
		"n = 3":    func(t *testing.T) { t.Errorf("n = %d", 3) },
		"fatal":    func(t *testing.T) { t.Fatal("fatal"); panic("Fatal returned") },
		"fatal 4":  func(t *testing.T) { t.Fatalf("fatal %d", 4); panic("Fatalf returned") },
		"failed":   func(t *testing.T) { t.Fail() },
		"failed\n": func(t *testing.T) { t.Log("first"); t.FailNow() },
	} {
		x := play(t, body)
		schedtest.MustEnd(t, x, schedrt.Failed)
		first, log, logged := strings.Cut(x.Outcome.Message, "\nlogged before:\n")
		if !strings.HasPrefix(first, "testing_test.go:") || !strings.HasSuffix(first, ": "+strings.TrimSpace(want)) {
			t.Errorf("message %q, want a position and %q", first, want)
		}
		if wantLog := strings.HasSuffix(want, "\n"); logged != wantLog || wantLog && !strings.HasSuffix(log, ": first") {
			t.Errorf("%q logged %q, %v", want, log, logged)
		}
	}
}

// The position of a message is the call of the helper, and its test is named if it is a subtest.
func TestHelper(t *real.T) {
	help := func(t *testing.T) {
		t.Helper()
		t.Error("oh")
	}
	x := play(t, func(t *testing.T) { t.Run("sub", func(t *testing.T) { help(t) }) })
	if want := t.Name() + "/sub: testing_test.go:"; !strings.HasPrefix(x.Outcome.Message, want) {
		t.Errorf("message %q, want it to begin with %q", x.Outcome.Message, want)
	}
}

// After the end of a test two goroutines may ask for its context and its state at the same time.
// The cancellation is a step, so no lock is held over it: the other goroutine would wait for a lock
// that the scheduler does not know.
func TestContextAfterTheEnd(t *real.T) {
	got := schedtest.EverySchedule(t, schedrt.Limits{}, func(seen *strings.Builder) {
		testing.Play(t, nil, func(t *testing.T) {
			var sub *testing.T
			t.Run("sub", func(t *testing.T) { sub = t })
			for range 2 {
				ended := make(chan struct{})
				schedrt.Go(func() {
					if sub.Context().Err() == nil || sub.Failed() {
						seen.WriteString("not cancelled")
					}
					schedrt.Close(ended)
				})
				defer schedrt.Recv(ended)
			}
		}, func(string) {})
	})
	if len(got) != 1 || got["passed"] == 0 {
		t.Errorf("%v", got)
	}
}

// Subtests end before Run returns, parallel ones after the function of their parent, and cleanups
// last and in reverse order.
func TestOrder(t *real.T) {
	var seen []string
	note := func(what string) { seen = append(seen, what) }
	x := play(t, func(t *testing.T) {
		t.Cleanup(func() { note("cleanup 1") })
		t.Cleanup(func() { note("cleanup 2") })
		ctx := t.Context()
		t.Cleanup(func() { note(fmt.Sprint(ctx.Err())) })
		t.Run("a b", func(t *testing.T) { note(t.Name()) })
		t.Run("a b", func(t *testing.T) { note(t.Name()) })
		t.Run("", func(t *testing.T) {
			t.Parallel()
			note("parallel")
		})
		note("returns")
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	want := fmt.Sprint([]string{
		"TestOrder/a_b", "TestOrder/a_b#01", "returns", "parallel", "context canceled", "cleanup 2", "cleanup 1",
	})
	if got := fmt.Sprint(seen); got != want {
		t.Errorf("seen %s\nwant %s", got, want)
	}
}

func TestSkipAndFailed(t *real.T) {
	x := play(t, func(t *testing.T) {
		t.Run("skips", func(t *testing.T) {
			defer func() {
				if !t.Skipped() || t.Failed() {
					panic("a skipped test is not skipped, or has failed")
				}
			}()
			t.Skip("later")
		})
		if t.Failed() {
			panic("a skipped subtest fails its parent")
		}
		if t.Run("fails", func(t *testing.T) { t.FailNow() }) || !t.Failed() {
			panic("a failed subtest does not fail its parent")
		}
	})
	schedtest.MustEnd(t, x, schedrt.Failed)
}

func TestMisuseOfTests(t *real.T) {
	x := play(t, func(t *testing.T) { t.Parallel(); t.Parallel() })
	if want := "panic: testing: t.Parallel called multiple times"; x.Outcome.Message != want {
		t.Errorf("message %q, want %q", x.Outcome.Message, want)
	}
}

// Setenv lasts until the end of the test.
func TestSetenv(t *real.T) {
	const key = "SEMABENCH_TEST_SETENV"
	x := play(t, func(t *testing.T) {
		t.Setenv(key, "1")
		if os.Getenv(key) != "1" {
			t.Error("the variable is not set")
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	if _, ok := os.LookupEnv(key); ok {
		t.Error("the variable is still set")
	}
}

// Functions that would measure the engine are refused.
func TestRefusals(t *real.T) {
	for name, body := range map[string]func(t *testing.T){
		"RunTests": func(t *testing.T) { testing.RunTests(nil, nil) },
		"AllocsPerRun": func(t *testing.T) {
			if testing.AllocsPerRun(1, func() {}) != 1 {
				t.Error("want one allocation, and none is counted")
			}
		},
		"Benchmark": func(t *testing.T) { testing.Benchmark(func(*real.B) {}) },
	} {
		t.Run(name, func(t *real.T) { schedtest.MustEnd(t, play(t, body), schedrt.Refused) })
	}
	if n := testing.AllocsPerRun(1, func() {}); n != 0 {
		t.Errorf("outside of control an empty function allocates %v times", n)
	}
}

// A test by the rules of go test passes with a goroutine left behind, which is counted.
func TestPlayAlone(t *real.T) {
	left, skipped := -1, false
	x := schedtest.PlayChoices(t, schedrt.Limits{}, nil, nil, func() {
		testing.PlayAlone(t, func(t *testing.T) {
			schedrt.Go(func() { schedrt.Recv(make(chan int)) })
			t.SkipNow()
		}, func(l int, s bool) { left, skipped = l, s })
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	if left != 1 || !skipped {
		t.Errorf("%d goroutines are left, skipped %v; want 1, true", left, skipped)
	}
}
