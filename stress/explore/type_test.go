package explore_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/semabench/semabench/internal/longtest"
	"github.com/semabench/semabench/stress/explore"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/testdata/types"
)

// checkOf returns a function that explores a type of testdata/types, right or wrong.
func checkOf[T any](f func(wrong bool) T) func(*testing.T, explore.Options, bool, ...explore.TypeOption) *explore.Result {
	return func(t *testing.T, o explore.Options, wrong bool, options ...explore.TypeOption) *explore.Result {
		t.Helper()
		return explore.CheckType(t, o, func() T { return f(wrong) }, options...)
	}
}

var ofType = map[string]func(*testing.T, explore.Options, bool, ...explore.TypeOption) *explore.Result{
	"map":     checkOf(func(w bool) *types.Map[string, int] { return &types.Map[string, int]{Wrong: w} }),
	"lru":     checkOf(func(w bool) *types.LRU[string, int] { return &types.LRU[string, int]{Wrong: w} }),
	"queue":   checkOf(types.NewQueue[int]),
	"counter": checkOf(func(w bool) *types.Counter { return &types.Counter{Wrong: w} }),
	"stack":   checkOf(func(w bool) *types.Stack[string] { return &types.Stack[string]{Wrong: w} }),
	"set":     checkOf(func(w bool) *types.Set[int] { return &types.Set[int]{Wrong: w} }),
	"cell":    checkOf(func(w bool) *types.Cell[string] { return &types.Cell[string]{Wrong: w} }),
	"ring":    checkOf(func(w bool) *types.Ring { return &types.Ring{Wrong: w} }),
	"hub":     checkOf(func(w bool) *types.Hub { return &types.Hub{Wrong: w} }),
	"buffer":  checkOf(types.NewBuffer[int]),
	"limiter": checkOf(func(w bool) *types.Limiter { return &types.Limiter{Wrong: w} }),
}

// shortTypes are the types of a short run. Each exploration starts about five processes.
var shortTypes = []string{"map", "queue", "limiter", "buffer"}

func typesToCheck(t *testing.T) []string {
	t.Helper()
	if longtest.Or(t, "types", len(ofType), len(shortTypes)) == len(ofType) {
		return slices.Sorted(maps.Keys(ofType))
	}
	return shortTypes
}

// Each wrong type is found, and its replay fails in the same way. The bound is far above the time that the
// search takes, 10 s at most on a quiet machine: under the race detector and beside other tests it
// takes several times as long.
func TestTypeFindsWrongTypes(t *testing.T) {
	for _, name := range typesToCheck(t) {
		t.Run(name, func(t *testing.T) {
			r := ofType[name](t, explore.Options{Time: 2 * time.Minute}, true)
			if isPlayer() {
				return
			}
			if r.Verdict != explore.Fail {
				t.Fatalf("%s: %s", r.Verdict, r.Text)
			}
			for _, part := range []string{
				"v := newValue()", "sequential order", "replay: go test", "-explore.scenario='" + r.Scenario + "'",
			} {
				if !strings.Contains(r.Text, part) {
					t.Errorf("the report has no %q:\n%s", part, r.Text)
				}
			}
		})
	}
}

// A replay is a call of its own, with the options that the failure has printed.
func TestTypeReplays(t *testing.T) {
	const program, schedule = `LoadOrStore("a", 1) | LoadOrStore("a", 2)`, "x3.2"
	o := explore.Options{Scenario: program, Schedule: schedule}
	r := ofType["map"](t, o, true)
	if !isPlayer() && (r.Verdict != explore.Fail || r.Schedule != schedule || r.Scenario != "") {
		t.Errorf("%s, schedule %q, scenario %q: %s", r.Verdict, r.Schedule, r.Scenario, r.Text)
	}
}

// The right neighbour of each wrong type passes.
func TestTypePassesRightTypes(t *testing.T) {
	o := explore.Options{Time: 3 * time.Minute, Calls: longOr(t, "calls of a program", 4, 3)}
	options := []explore.TypeOption{explore.Programs(longOr(t, "programs of a shape", 5000, 4))}
	for _, name := range typesToCheck(t) {
		t.Run(name, func(t *testing.T) {
			r := ofType[name](t, o, false, options...)
			if isPlayer() {
				return
			}
			if r.Verdict == explore.Fail || r.Verdict == explore.Refused || r.Schedules == 0 {
				t.Errorf("%s: %s", r.Verdict, r.Text)
			}
			t.Log(r.Text)
		})
	}
}

// A method without results has a data race, which shows only if nothing orders the two calls:
// package reflect would, with its pool of frames.
func TestTypeFindsARaceWithoutResults(t *testing.T) {
	if !schedrt.RaceEnabled {
		t.Skip("needs go test -race")
	}
	longtest.Need(t, "the calls of reflect have no pool: TestCallable")
	check := checkOf(func(w bool) *types.Gauge { return &types.Gauge{Wrong: w} })
	if r := check(t, explore.Options{}, true); !isPlayer() && r.What != "data race" {
		t.Errorf("%s: %s", r.Verdict, r.Text)
	}
	if r := check(t, explore.Options{Calls: 2}, false); !isPlayer() && r.Verdict != explore.Pass {
		t.Errorf("%s: %s", r.Verdict, r.Text)
	}
}

// A gate waits by design.
type gate struct {
	sync.Mutex
	once   sync.Once
	opened chan struct{}
}

func newGate() *gate { return &gate{opened: make(chan struct{})} }

func (g *gate) Wait(ctx context.Context) error {
	select {
	case <-g.opened:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gate) Open() { g.once.Do(func() { close(g.opened) }) }

// Do takes a function, which cannot be drawn.
func (g *gate) Do(f func()) { f() }

// What a method does by design is named, and is no failure.
func TestTypeNamesMethods(t *testing.T) {
	r := explore.CheckType(t, explore.Options{Calls: 2}, newGate)
	if isPlayer() {
		return
	}
	if r.Verdict != explore.Pass {
		t.Errorf("%s: %s", r.Verdict, r.Text)
	}
	for _, part := range []string{
		"all 6 programs of 2 goroutines x 1 call, over the methods Open, Wait of *explore_test.gate",
		"Wait(context.Background()) alone on a fresh value waits for ever",
		"Lock is left out: it is the method of an embedded lock",
		"Do is left out: func() has no values of its own. Declare explore.Values[func()](…)",
	} {
		if !strings.Contains(r.Text, part) {
			t.Errorf("no %q in %s", part, r.Text)
		}
	}
}

// A session forgets its keys in a goroutine with a ticker.
type session struct {
	mu   sync.Mutex
	keys map[string]bool
	end  chan struct{}
}

func newSession() *session {
	s := &session{keys: map[string]bool{}, end: make(chan struct{})}
	go func() {
		tick := time.NewTicker(time.Minute)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.mu.Lock()
				clear(s.keys)
				s.mu.Unlock()
			case <-s.end:
				return
			}
		}
	}()
	return s
}

func (s *session) Add(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	had := s.keys[key]
	s.keys[key] = true
	return had
}

// A timer of the type makes a sequential order have more schedules than can be played. Then nothing is
// wrong, because an order that was not played may fit; with a lazy clock the type passes.
func TestTypeWithATimer(t *testing.T) {
	longtest.Need(t, "TestSequencesAreCut")
	cleanup := explore.Cleanup(func(s *session) { close(s.end) })
	r := explore.CheckType(t, explore.Options{Calls: 2}, newSession, cleanup)
	if !isPlayer() && (r.Verdict == explore.Fail || r.Verdict == explore.Pass && !r.Complete) {
		t.Errorf("%s: %s", r.Verdict, r.Text)
	}
	r = explore.CheckType(t, explore.Options{Calls: 2, LazyClock: true}, newSession, cleanup)
	if !isPlayer() && r.Verdict != explore.Pass {
		t.Errorf("%s: %s", r.Verdict, r.Text)
	}
}
