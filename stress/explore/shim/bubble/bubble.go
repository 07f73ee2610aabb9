// Package bubble stands for testing/synctest in bodies of package explore.
//
//	explore.Run(t, func(*explore.T) {
//		synctest.Test(t, func(t *testing.T) { … }) // a bubble, with the testing.T of go test
//	})
//
// In the rewritten tests of a suite package synctest, beside this one, stands for it: there the T is a
// look-alike as well.
package bubble

import (
	real "testing"

	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/testing"
)

// Test is synctest.Test. A deadlock in the bubble fails the schedule.
func Test(t *real.T, f func(*real.T)) { testing.RunOuterInBubble(t, f) }

// Wait is synctest.Wait. It panics outside of a bubble.
func Wait() { schedrt.AwaitBubble() }
