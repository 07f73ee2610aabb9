package stress

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/semabench/semabench/impls"
)

// How one knows that a goroutine is blocked, without sleeping: where waiters are parked, the clause
// runs in a synctest bubble, and synctest.Wait returns when no goroutine in it can move. That
// is exact. Where they spin or wait elsewhere no such moment exists: the clause yields a
// counted number of times to let them run. Then a waiter that returns too early may be
// missed, but one that must return is always waited for, so nothing is refuted wrongly.

// yields is how often settle gives way to waiters that it cannot see.
const yields = 200

func (t *trial) settle() {
	if t.impl.Waits == impls.Parked {
		synctest.Wait()
		return
	}
	stepAside(yields)
}

// stepAside lets others run so many times, if they can.
func stepAside(times int) {
	for range times {
		runtime.Gosched()
	}
}

// settledOn reports whether one of the channels is closed once nothing can move any more.
func (t *trial) settledOn(done ...<-chan struct{}) bool {
	if t.impl.Waits == impls.Parked {
		synctest.Wait()
		return anyClosed(done...)
	}
	// Less than the patience of play, so as to fail with the clause's own words. A long while between
	// two looks counts as a short one: the process was stopped, and the waiters with it.
	const short = 10 * time.Millisecond
	moved, still, last := t.progress.Load(), time.Duration(0), time.Now()
	for still < t.patience/3 {
		if anyClosed(done...) {
			return true
		}
		now := time.Now()
		still += min(now.Sub(last), short)
		last = now
		if n := t.progress.Load(); n != moved {
			moved, still = n, 0
		}
		runtime.Gosched()
	}
	return false
}

// initTesting does nothing in a test binary; elsewhere the zero T needs the flags to exist.
var initTesting = sync.OnceFunc(testing.Init)

func anyClosed(all ...<-chan struct{}) bool {
	for _, c := range all {
		select {
		case <-c:
			return true
		default:
		}
	}
	return false
}

// inBubble runs f in a synctest bubble. It returns an error if goroutines of the bubble were left
// blocked for good.
//
// The bubble gets a zero testing.T because Check has none to give. It is never used but for
// the race detector, which marks it failed; synctest.Test then leaves through Goexit.
func inBubble(f func()) (deadlock error) {
	initTesting()
	defer func() {
		if r := recover(); r != nil {
			left := stacks()
			hint := ""
			if strings.Contains(left, "created by ") { // by whom is cut off where it is this suite
				hint = "\nA goroutine that the implementation started is left. One that New starts needs a method " +
					"Close to end it, which is called if there is one, or Impl.Waits declared as Elsewhere; " +
					"one that Acquire starts has to end with it."
			}
			deadlock = fmt.Errorf("%v%s\n%s", r, hint, left)
		}
	}()
	synctest.Test(new(testing.T), func(*testing.T) { f() })
	return nil
}
