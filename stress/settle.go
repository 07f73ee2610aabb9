package stress

import (
	"fmt"
	"regexp"
	"runtime"
	"strings"
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
	for range yields {
		runtime.Gosched()
	}
}

// settledOn reports whether one of the channels is closed once nothing can move any more.
func (t *trial) settledOn(done ...<-chan struct{}) bool {
	if t.impl.Waits == impls.Parked {
		synctest.Wait()
		return anyClosed(done)
	}
	// Less than patience, so as to fail with the clause's own words.
	for began := time.Now(); time.Since(began) < patience/3; runtime.Gosched() {
		if anyClosed(done) {
			return true
		}
	}
	return false
}

func anyClosed(all []<-chan struct{}) bool {
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
	testing.Init() // no-op in a test binary; elsewhere the zero T needs the flags to exist
	defer func() {
		if r := recover(); r != nil {
			deadlock = fmt.Errorf("%v\n%s", r, stacks())
		}
	}()
	synctest.Test(new(testing.T), func(*testing.T) { f() })
	return nil
}

var bubbleOf = regexp.MustCompile(`^goroutine \d+ .*synctest bubble (\d+)`)

// newestBubble keeps of a dump of all goroutines those of the last bubble made,
// or all of them if there is none.
func newestBubble(dump string) string {
	all := strings.Split(dump, "\n\n")
	var kept []string
	newest := 0
	for _, g := range all {
		m := bubbleOf.FindStringSubmatch(g)
		if m == nil {
			continue
		}
		var n int
		fmt.Sscan(m[1], &n)
		if n > newest {
			newest, kept = n, nil
		}
		if n == newest {
			kept = append(kept, g)
		}
	}
	if kept == nil {
		kept = all
	}
	const enough = 12
	if more := len(kept) - enough; more > 0 {
		kept = append(kept[:enough], fmt.Sprintf("… and %d more goroutines", more))
	}
	return strings.Join(kept, "\n\n")
}
