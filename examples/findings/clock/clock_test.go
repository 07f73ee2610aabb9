package clock_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/semabench/semabench/stress/explore"

	"example.org/findings"
)

// Two goroutines wait for a mock clock, and the test moves it. Mock.After and Mock.Add choose the
// same timer, unlock, and tick it one after the other. The second tick sends to a full channel and
// holds the lock of the clock, which the receiver needs first.
func TestClockTicksATimerTwice(t *testing.T) {
	findings.MustFail(t, func(*explore.T) {
		mock := clock.NewMock()
		var finished atomic.Int32
		for range 2 {
			go func() {
				<-mock.After(time.Millisecond)
				finished.Add(1)
			}()
		}
		for finished.Load() < 2 {
			mock.Add(time.Second)
		}
	}, "deadlock", "waits in t.c <- now", "clock.go:353")
}
