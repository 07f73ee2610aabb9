// Package trial has the tests that every engine of package cluster must pass: scenarios with
// faults, the contract of package impls, and requests that make no sense. The tests of an engine
// give it the engine and, for the scenarios, hooks that disturb the requests of that engine.
//
// The tests are a package and no test file, because each engine has packages of its own. An engine
// that is added later then has to pass the same tests, and not tests that its author chose.
package trial

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/semabench/semabench/impls/cluster"
)

// Faults are what a scenario does to the requests of an engine. The tests of each engine implement
// them, with hooks in the functions by which the engine sends its requests: there, a test decides
// exactly which answer is lost. A disturbed network would lose one now and then.
type Faults interface {
	// LoseTake loses the answer to the next take. The server has done it.
	LoseTake()

	// DelayTake loses the answer to the next take too, and lets the server see it only in Resume.
	DelayTake()

	// Freeze stops the session with the given number, in the order of Open, as if its process were stopped
	// or dead: until Resume nothing of it reaches the server.
	Freeze(session int)

	// Resume ends Freeze and DelayTake, and returns when the delayed take has run.
	Resume()

	// DeleteHeld removes the record of all grants at the server, as a person may do.
	DeleteHeld() error
}

// A World is an engine with faults, perhaps with a planted bug, and one name.
//
// The guard is a function, so that a planted bug can be a resource without a guard, too.
type World struct {
	T      *testing.T
	Engine cluster.Engine
	Name   string
	Guard  func(g *cluster.Guard, fences []cluster.Fence) error // of the resource
	Faults
}

// NewWorld returns a world with a correct resource.
func NewWorld(t *testing.T, e cluster.Engine, f Faults) *World {
	return &World{T: t, Engine: e, Name: NewName(t), Faults: f,
		Guard: func(g *cluster.Guard, fences []cluster.Fence) error { return g.Check(fences...) }}
}

// Open opens a session of the world's semaphore.
func (w *World) Open(size int64, ttl time.Duration) *cluster.Session {
	s := Open(w.T, w.Engine, w.Name, size, ttl)
	w.T.Cleanup(w.Resume) // before the session is closed: a stopped process could not close it
	return s
}

// Scenarios has every scenario, by its name.
var Scenarios = map[string]func(*World) error{
	"pausedHolder": PausedHolder, "lateRelease": LateRelease, "lostAnswer": LostAnswer, "lateTake": LateTake,
	"deadHolder": DeadHolder, "cancelledInTheMiddle": CancelledInTheMiddle, "newcomer": Newcomer,
	"staleViews": StaleViews, "resized": Resized, "shrunk": Shrunk, "oneLeaves": OneLeaves,
	"expiredWaiter": ExpiredWaiter,
}

var names atomic.Int64

// NewName returns a name that no other test uses.
func NewName(t testing.TB) string { return fmt.Sprintf("%s-%d", t.Name(), names.Add(1)) }

// Open opens a session that ends with the test.
func Open(t testing.TB, e cluster.Engine, name string, size int64, ttl time.Duration) *cluster.Session {
	t.Helper()
	s, err := cluster.Open(t.Context(), e, name, size, cluster.Options{TTL: ttl})
	Must(t, err)
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
}

// Acquire takes n permits, and fails if they do not come within twenty seconds, which is long
// enough for an election of the engine on a busy machine.
func Acquire(t testing.TB, s *cluster.Session, n int64) *cluster.Lease {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	l, err := s.Acquire(ctx, n)
	Must(t, err)
	return l
}

// WaitersAre returns when n requests are in the queue. It polls: no event tells a test that a request
// of another goroutine has reached the server.
func WaitersAre(t testing.TB, s *cluster.Session, n int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	for {
		st, err := s.Stats(ctx)
		Must(t, err)
		if st.Waiters == n {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// WantError fails unless err wraps the cause and its message has all the words.
func WantError(t *testing.T, err, cause error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	t.Log(err)
	if cause != nil && !errors.Is(err, cause) {
		t.Errorf("it does not wrap %q", cause)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("it does not say %q", w)
		}
	}
}

// Must ends the test if err is not nil.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
