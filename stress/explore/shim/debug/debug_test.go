package debug_test

import (
	"runtime"
	rundebug "runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/debug"
)

// deep calls Stack below n calls of itself.
func deep(n int) []byte {
	if n == 0 {
		return debug.Stack()
	}
	return deep(n - 1)
}

// The stack is whole, however deep it is, and has the program alone.
func TestStack(t *testing.T) {
	x := schedtest.PlayScript(t, nil, func() {
		s := string(deep(20))
		if strings.Count(s, "debug_test.deep(...)\n") != 21 || strings.Contains(s, "schedrt.") {
			t.Error(s)
		}
		lines := strings.SplitN(s, "\n", 4)
		if !strings.HasPrefix(lines[0], "goroutine ") || lines[1] != "runtime/debug.Stack()" ||
			!strings.Contains(lines[2], "/runtime/debug/stack.go:") {
			t.Error("the first frame is not the frame of debug.Stack:", s)
		}
	})
	schedtest.MustEnd(t, x, schedrt.Passed)
	if s := string(deep(1)); strings.Count(s, "debug_test.deep(") != 2 {
		t.Error("outside of control:", s)
	}
}

// The numbers are zero under control, and a program that fails after reading them is refused.
func TestReadGCStats(t *testing.T) {
	for _, fails := range []bool{false, true} {
		x := schedtest.PlayScript(t, nil, func() {
			stats := rundebug.GCStats{NumGC: 7, PauseQuantiles: make([]time.Duration, 5)}
			debug.ReadGCStats(&stats)
			if stats.NumGC != 0 || len(stats.PauseQuantiles) != 5 {
				t.Errorf("%+v", stats)
			}
			if fails {
				schedrt.Fail("no collection")
			}
		})
		want := schedrt.Passed
		if fails {
			want = schedrt.Refused
		}
		schedtest.MustEnd(t, x, want)
	}
	runtime.GC()
	var stats rundebug.GCStats
	if debug.ReadGCStats(&stats); stats.NumGC == 0 {
		t.Error("outside of control nothing is counted")
	}
}
