package explore_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore"
)

// poll looks at done at each tick until a deadline, as require.Eventually does.
func poll(done *atomic.Bool) bool {
	deadline, tick := time.NewTimer(100*time.Millisecond), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for !done.Load() {
		select {
		case <-deadline.C:
			return false
		case <-tick.C:
		}
	}
	return true
}

// A failure in which a timer fires early names the flag that lets time pass only when nothing else
// can move. Another failure does not.
func TestHintAtTheLazyClock(t *testing.T) {
	for name, c := range map[string]struct {
		body func(t *explore.T)
		lazy bool
		want explore.Verdict
		hint bool
	}{
		"timer fires early": {body: slowStore, want: explore.Fail, hint: true},
		"lazy clock":        {body: slowStore, lazy: true, want: explore.Pass},
		"nothing to wait for": {body: func(t *explore.T) {
			if !poll(new(atomic.Bool)) {
				t.Error("not done")
			}
		}, want: explore.Fail},
	} {
		t.Run(name, func(t *testing.T) {
			r := explore.Check(t, explore.Options{LazyClock: c.lazy, Schedules: 500}, c.body)
			if r.Verdict != c.want || strings.Contains(r.Text, "use -explore.lazyclock") != c.hint {
				t.Errorf("%s, hint wanted %v: %s", r.Verdict, c.hint, r.Text)
			}
		})
	}
}

func slowStore(t *explore.T) {
	var done atomic.Bool
	go func() {
		time.Sleep(5 * time.Millisecond)
		done.Store(true)
	}()
	if !poll(&done) {
		t.Error("not done")
	}
}
