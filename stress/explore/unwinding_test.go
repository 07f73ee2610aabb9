package explore_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/schedrt"
)

// waitUnlocked waits in wait without the lock, and has a deferred call that needs the lock. A goroutine that never
// comes back from wait runs this call only when the explorer unwinds it, without the lock.
func waitUnlocked(mu *sync.Mutex, n *int, wait func()) {
	mu.Lock()
	defer mu.Unlock()
	defer func() { *n++ }()
	mu.Unlock()
	wait()
	mu.Lock()
}

// With -race, what the deferred calls of goroutines that are left behind do is no data race. It would hide the
// failure of the schedule, and fail a program that is right. A race of the program itself still fails.
func TestUnwindingIsNoDataRace(t *testing.T) {
	stuck := func(*explore.T) {
		var mu sync.Mutex
		n := 0
		for range 3 {
			go waitUnlocked(&mu, &n, func() { select {} })
		}
		mu.Lock()
		n++
		mu.Unlock()
		select {}
	}
	daemons := func(*explore.T) {
		var mu sync.Mutex
		n := 0
		for range 2 {
			go waitUnlocked(&mu, &n, func() {
				for range time.Tick(time.Minute) {
				}
			})
		}
		mu.Lock()
		n++
		mu.Unlock()
	}
	racing := func(*explore.T) {
		var mu sync.Mutex
		n := 0
		go waitUnlocked(&mu, &n, func() {})
		n++
	}
	for name, c := range map[string]struct {
		body    func(*explore.T)
		verdict explore.Verdict
		what    string
	}{
		"stuck":   {stuck, explore.Fail, "deadlock"},
		"daemons": {daemons, explore.Pass, ""},
		"racing":  {racing, explore.Fail, "data race"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "racing" && !schedrt.RaceEnabled {
				t.Skip("needs the race detector; make test-race runs it so")
			}
			r := explore.Check(t, explore.Options{Schedules: 300}, c.body)
			if r.Verdict != c.verdict && !(c.verdict == explore.Pass && r.Verdict == explore.Unknown) ||
				!strings.Contains(r.What, c.what) {
				t.Errorf("%s %s, want %s %s\n%s", r.Verdict, r.What, c.verdict, c.what, r.Text)
			}
		})
	}
}
