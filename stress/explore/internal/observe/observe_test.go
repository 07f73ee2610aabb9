package observe_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/semabench/semabench/stress/explore/internal/failure"
	"github.com/semabench/semabench/stress/explore/internal/observe"
	"github.com/semabench/semabench/stress/explore/internal/schedtest"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/explore/shim/atomic"
	"github.com/semabench/semabench/stress/explore/shim/sync"
)

// search is a script as a strategy for one execution.
type search struct{ schedtest.Script }

func (*search) Begin(*schedrt.Exec)     {}
func (*search) Done(*schedrt.Exec) bool { return false }

// reportOf plays one schedule and returns its report.
func reportOf(t *testing.T, limits schedrt.Limits, order []int, program func()) *failure.Report {
	t.Helper()
	schedtest.SkipUnderRace(t)
	x := schedrt.New(observe.Limits(limits))
	defer x.Close()
	o := observe.New(&search{schedtest.Script{T: t, Order: order}})
	o.Begin(x)
	return o.Report(x.Play(o, program))
}

// steps shows the steps of a report, each with its goroutine.
func steps(r *failure.Report) (all []string) {
	for i := range r.Steps {
		all = append(all, fmt.Sprintf("%d %s", r.Steps[i].G, r.Steps[i].Says()))
	}
	return all
}

func mustEqual(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Two goroutines take two locks in opposite orders. The report has the steps in the words of the
// source, what each waits for, the cycle, and the locks that are held.
func TestLockOrder(t *testing.T) {
	r := reportOf(t, schedrt.Limits{}, []int{1, 2}, func() {
		var first, second sync.Mutex
		schedrt.Go(func() {
			first.Lock()
			second.Lock()
		})
		schedrt.Go(func() {
			second.Lock()
			first.Lock()
		})
	})
	mustEqual(t, "steps", steps(r), []string{"1 first.Lock()", "2 second.Lock()"})
	if len(r.Waits) != 2 || len(r.Holds) != 2 {
		t.Fatalf("%d waits and %d holds, want 2 and 2", len(r.Waits), len(r.Holds))
	}
	w := r.Waits[0]
	if w.G != 1 || w.Op != "second.Lock()" || !strings.HasPrefix(w.For, "second, which goroutine 2 holds since step 2, ") ||
		!strings.HasSuffix(w.For, "; it waits in first.Lock()") {
		t.Errorf("wait %+v", w)
	}
	if h := r.Holds[1]; h.G != 2 || h.Object != "second" || h.How != "holds" || h.Step != 2 {
		t.Errorf("hold %+v", h)
	}
	if got := fmt.Sprint(r.Cycle); got != "[1 2]" {
		t.Errorf("cycle %s, want [1 2]", got)
	}
	if s := r.Steps[1]; s.Switch != failure.Preempted && s.Switch != failure.Forced || len(s.Blocks) == 0 {
		t.Errorf("step 2 %+v, want it to block goroutines", s)
	}
	if at := r.Steps[0].At; at.File != "stress/explore/internal/observe/observe_test.go" || at.Line == 0 {
		t.Errorf("the first step is at %v", at)
	}
	if len(r.Sources) != 1 || len(r.Sources[0].Lines) < 9 {
		t.Errorf("sources %+v, want an excerpt of this file", r.Sources)
	}
}

// The result of a step comes from the values before and after it.
func TestResults(t *testing.T) {
	r := reportOf(t, schedrt.Limits{}, nil, func() {
		var n atomic.Int32
		var flag atomic.Bool
		var p atomic.Pointer[int]
		var wg sync.WaitGroup
		var rw sync.RWMutex
		n.Store(-1)
		n.Add(3)
		n.CompareAndSwap(9, 1)
		n.CompareAndSwap(2, 1)
		n.Load()
		flag.Store(true)
		p.Store(new(int))
		wg.Add(1)
		wg.Done()
		rw.TryLock()
		rw.TryRLock()
	})
	mustEqual(t, "steps", steps(r), []string{
		"0 n.Store(-1): n = -1",
		"0 n.Add(3): -1 → 2",
		"0 n.CompareAndSwap(9, 1): fails, is 2",
		"0 n.CompareAndSwap(2, 1): 2 → 1",
		"0 n.Load() = 1",
		"0 flag.Store(true): flag = true",
		"0 p.Store(new(int)): p = pointer 1",
		"0 wg.Add(1): counter 0 → 1",
		"0 wg.Done(): counter 1 → 0",
		"0 rw.TryLock() = true",
		"0 rw.TryRLock() = false",
	})
}

// The report names the Cond that a goroutine waits on, and reports a signal that no goroutine
// received.
func TestCondResults(t *testing.T) {
	r := reportOf(t, schedrt.Limits{}, nil, func() {
		var mu sync.Mutex
		cond := sync.NewCond(&mu)
		cond.Signal()
		mu.Lock()
		cond.Wait()
	})
	if got := steps(r)[0]; got != "0 cond.Signal(): no goroutine waits" {
		t.Errorf("first step %q", got)
	}
	if len(r.Waits) != 1 || !r.Waits[0].Missed || r.Waits[0].For != "a Signal or Broadcast of cond" {
		t.Errorf("waits %+v", r.Waits)
	}
}

// The report of a livelock has one round of the loop, and how often the loop is repeated.
func TestLoop(t *testing.T) {
	r := reportOf(t, schedrt.Limits{Livelock: 100}, nil, func() {
		var n atomic.Int32
		n.Store(1)
		for n.Load() != 0 {
		}
	})
	if r.Period != 1 || r.Rounds < 50 || len(r.Steps) > 10 {
		t.Errorf("a loop of %d steps, %d times, after %d steps; want one step, many times",
			r.Period, r.Rounds, len(r.Steps))
	}
	if len(r.Waits) != 1 || !strings.Contains(r.Waits[0].For, "no goroutine changes") {
		t.Errorf("waits %+v", r.Waits)
	}
}

// Steps are ordered by the objects that they share, and only by edges that do not follow from
// others.
func TestOrder(t *testing.T) {
	r := reportOf(t, schedrt.Limits{}, []int{1, 2, 1, 2}, func() {
		var a, b atomic.Int32
		schedrt.Go(func() {
			a.Store(1)
			b.Store(1)
		})
		schedrt.Go(func() {
			a.Load()
			b.Load()
		})
	})
	var after []string
	for i := range r.Steps {
		after = append(after, fmt.Sprint(r.Steps[i].After))
	}
	mustEqual(t, "steps that come before", after, []string{"[]", "[0]", "[]", "[2]"})
	if r.Preemptions == 0 || r.Steps[1].Switch != failure.Preempted {
		t.Errorf("%d preemptions, the second step is %q", r.Preemptions, r.Steps[1].Switch)
	}
}

// A panic has its frames in the program, and a failure the position in its message.
func TestEnds(t *testing.T) {
	failed := reportOf(t, schedrt.Limits{}, nil, func() {
		new(atomic.Int32).Load()
		schedrt.Fail("observe_test.go:7: bad")
	})
	if e := failed.End; e == nil || e.Text != "fails" || e.At.Line != 7 ||
		e.At.File != "stress/explore/internal/observe/observe_test.go" {
		t.Errorf("end %+v", failed.End)
	}
	panicked := reportOf(t, schedrt.Limits{}, nil, func() { panic("oh") })
	if e := panicked.End; e == nil || e.Text != "panics" || e.G != 0 {
		t.Errorf("end %+v", panicked.End)
	}
}

func TestPlaceOf(t *testing.T) {
	for text, want := range map[string]failure.Place{
		"/root/go/pkg/mod/example.org/m@v1.2.3/dir/f.go:12 +0x1f": {File: "example.org/m@v1.2.3/dir/f.go", Line: 12},
		"no position":  {File: "no position"},
		"/none/f.go:3": {File: "/none/f.go", Line: 3},
	} {
		if got := observe.PlaceOf(text); got != want {
			t.Errorf("PlaceOf(%q) = %+v, want %+v", text, got, want)
		}
	}
}

func TestFunctionNames(t *testing.T) {
	const engine = "github.com/semabench/semabench/stress/explore"
	for name, want := range map[string]bool{
		engine + "/schedrt.Recv": true, engine + ".Run": true, "runtime.main": true,
		engine + "er.Run": false, "example.org/m.F": false,
	} {
		if got := observe.IsEngine(name); got != want {
			t.Errorf("IsEngine(%s) = %v, want %v", name, got, want)
		}
	}
	if got := observe.ShortName("example.org/m/dep.(*T).F"); got != "dep.(*T).F" {
		t.Errorf("ShortName = %q", got)
	}
}
