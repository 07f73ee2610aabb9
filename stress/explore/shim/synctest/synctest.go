// Package synctest stands for testing/synctest in the rewritten tests of a suite.
//
//	synctest.Test(t, func(t *testing.T) { // a bubble, within the schedule
//		time.Sleep(time.Hour)
//		synctest.Wait()
//	})
//
// The standard package has a scheduler of its own. Here a bubble is a group of controlled
// goroutines: see schedrt.Bubble.
package synctest

import (
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/testing"
)

// Test is synctest.Test. A deadlock in the bubble fails the schedule as any deadlock does, where the
// real one panics.
func Test(t *testing.T, f func(*testing.T)) { t.RunInBubble(f) }

// Wait is synctest.Wait. It panics outside of a bubble.
func Wait() { schedrt.AwaitBubble() }
