package explore_test

import (
	cryptorand "crypto/rand"
	"encoding/hex"
	"fmt"
	"hash/maphash"
	mathrand "math/rand"
	"math/rand/v2"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/testdata/home"
)

var seed = maphash.MakeSeed()

// random is home.Random, in the explored package.
func random() []any {
	var h maphash.Hash
	key := make([]byte, 8)
	cryptorand.Read(key)
	return []any{
		hex.EncodeToString(key), h.Sum64(), maphash.String(seed, "key"),
		maphash.Comparable(seed, new(int)), mathrand.Int(), rand.Uint64(), cryptorand.Text(),
	}
}

// The numbers of all random sources are the same in every schedule, and in every process. Only then
// the schedule that fails comes again in a fresh process, and the branch on a random number is no
// difference between two runs.
func TestRandomNumbersAreOfTheSchedule(t *testing.T) {
	for name, source := range map[string]func() []any{"direct": random, "dependency": home.Random} {
		t.Run(name, func(t *testing.T) {
			var first string
			agree := func(t *explore.T) {
				all := fmt.Sprint(source())
				if first == "" {
					first = all
				}
				if all != first {
					t.Errorf("%s, in the first schedule %s", all, first)
				}
				two(func() { source() }, func() { source() })
			}
			if r := explore.Check(t, explore.Options{Schedules: 100, Workers: 2}, agree); r.Verdict != explore.Pass {
				t.Errorf("%s: %s", r.Verdict, r.Text)
			}
			r := explore.Check(t, explore.Options{Schedules: 1000}, func(t *explore.T) {
				var n atomic.Int64
				add := func() { n.Store(n.Load() + int64(len(source()))) }
				two(add, add)
				if want := int64(2 * len(source())); n.Load() != want {
					t.Errorf("%v: %d, want %d", source(), n.Load(), want)
				}
			})
			if r.Verdict != explore.Fail {
				t.Errorf("%s, want the lost addition: %s", r.Verdict, r.Text)
			}
		})
	}
}

// wrongBubbles are the tests of testdata/home/bubbles that fail, with the text of the failure. The
// others pass.
var wrongBubbles = map[string]string{
	"TestWrongWithoutWait":      "bubbles_test.go:53: not yet counted",
	"TestWrongDependency":       "bubble.go:24: n = 1, want 2",
	"TestWrongGoroutineRemains": "for all goroutines of the bubble to end",
	"TestWrongSleeperRemains":   "for all goroutines of the bubble to end",
	"TestWrongWaitBesideLock":   "for the other goroutines of the bubble to wait",
	"TestWrongRun":              "panic: testing: t.Run called inside synctest bubble",
	"TestWrongNested":           "panic: synctest.Run called from within a synctest bubble",
	"TestWrongWaitOutside":      "panic: goroutine is not in a bubble",
}

func TestBubbles(t *testing.T) {
	longtest.NeedCI(t, "TestBubbleOfARealT")
	s := explore.Suite{
		Package: "./testdata/home/bubbles", Race: schedrt.RaceEnabled,
		Options: explore.Options{Schedules: 200},
	}
	tests, err := s.Explore(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, test := range tests {
		want := explore.Pass
		if strings.HasPrefix(test.Name, "TestWrong") {
			want = explore.Fail
			found++
		}
		if test.Verdict != want || !strings.Contains(test.Text, wrongBubbles[test.Name]) {
			t.Errorf("%s: %s, want %s with %q\n%s", test.Name, test.Verdict, want,
				wrongBubbles[test.Name], test.Text)
		}
	}
	if found != len(wrongBubbles) {
		t.Errorf("%d wrong tests, want %d", found, len(wrongBubbles))
	}
	// The tests that the explorer passes also pass under plain go test.
	out, err := exec.Command("go", "test", "-run", "^TestRight", "./testdata/home/bubbles").CombinedOutput()
	if err != nil {
		t.Errorf("go test: %v\n%s", err, out)
	}
}

// In a body, a bubble has the testing.T of go test, with its cleanups and a context of its own.
func TestBubbleInABody(t *testing.T) {
	for _, want := range []string{"", "home_test.go:132: n = 0, want 1"} {
		wait := synctest.Wait
		if want != "" {
			wait = func() {}
		}
		r := explore.Check(t, explore.Options{}, func(*explore.T) {
			synctest.Test(t, func(t *testing.T) {
				var n atomic.Int64
				stop := make(chan bool)
				t.Cleanup(func() { close(stop) })
				began := time.Now()
				go func() { n.Add(1); <-stop }()
				go func() { <-t.Context().Done() }()
				if wait(); n.Load() != 1 {
					t.Errorf("n = %d, want 1", n.Load())
				}
				if time.Sleep(time.Hour); time.Since(began) != time.Hour {
					t.Error("an hour takes", time.Since(began))
				}
			})
		})
		if want == "" && (r.Verdict != explore.Pass || !r.Complete) || want != "" && r.Verdict != explore.Fail || !strings.Contains(r.Text, want) {
			t.Errorf("%s, want %q: %s", r.Verdict, want, r.Text)
		}
	}
}
