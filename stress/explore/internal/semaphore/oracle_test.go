package semaphore

import (
	"strings"
	"testing"

	"github.com/semabench/semabench/impls"
	"github.com/semabench/semabench/stress/explore/schedrt"
	"github.com/semabench/semabench/stress/internal/model"
)

// acquire, try and release are entries as the workers log them.
func acquire(n, begin, end int64, r model.Result) entry {
	return entry{Call: model.Call{Method: model.MethodAcquire, N: n, Result: r, Begin: begin, End: end}}
}

func try(n, begin, end int64, r model.Result) entry {
	return entry{Call: model.Call{Method: model.MethodTryAcquire, N: n, Result: r, Begin: begin, End: end}}
}

func release(n, begin, end int64) entry {
	return entry{Call: model.Call{Method: model.MethodRelease, N: n, Result: model.Succeeded, Begin: begin, End: end}}
}

func rest(stamp int64) entry { return entry{kind: restEntry, Call: model.Call{Begin: stamp}} }

func cancel(worker, begin, end int64) entry {
	return entry{kind: cancelEntry, Call: model.Call{N: worker, Begin: begin, End: end}}
}

func own(e entry) entry { e.ctx = ownCancel; return e }

// Verdicts on logs of two workers on a semaphore of size 1, decided by hand.
func TestJudge(t *testing.T) {
	granted, never := model.Succeeded, int64(model.Never)
	done := acquire(1, 1, 2, granted)
	done.doneBefore = true
	left := rest(3)
	left.goroutines = 1
	for _, c := range []struct {
		name   string
		ending schedrt.Ending
		logs   [2][]entry
		want   string
	}{
		{"one after the other", schedrt.Passed,
			[2][]entry{{acquire(1, 1, 2, granted), release(1, 3, 4)}, {acquire(1, 5, 6, granted), release(1, 7, 8)}}, ""},
		{"two hold one permit", schedrt.Passed,
			[2][]entry{{acquire(1, 1, 2, granted), release(1, 5, 6)}, {try(1, 3, 4, granted)}}, "C34"},
		{"waits though the permit is free", schedrt.Deadlock,
			[2][]entry{{try(1, 1, 2, granted), release(1, 4, 5)}, {acquire(1, 3, never, model.Pending)}}, "C17"},
		{"waits for a permit that is held", schedrt.Deadlock,
			[2][]entry{{try(1, 1, 2, granted)}, {acquire(1, 3, never, model.Pending)}}, "deadlock"},
		{"waits though its ctx is done", schedrt.Passed,
			[2][]entry{{try(1, 1, 2, granted), cancel(1, 4, 5), rest(6), release(1, 7, 8)},
				{own(acquire(1, 3, 10, model.Failed))}}, "C22"},
		{"waits at rest, and another ctx is done", schedrt.Passed,
			[2][]entry{{try(1, 1, 2, granted), cancel(0, 4, 5), rest(6), release(1, 7, 8)},
				{own(acquire(1, 3, 10, granted))}}, ""},
		{"granted with a done ctx", schedrt.Passed, [2][]entry{{done}, nil}, "C8"},
		{"a goroutine is left", schedrt.Passed,
			[2][]entry{{acquire(1, 1, 2, granted), left, release(1, 4, 5)}, nil}, "C31"},
		{"cut before its end", schedrt.Endless,
			[2][]entry{{acquire(1, 1, 2, granted)}, {try(1, 3, 4, granted)}}, ""},
	} {
		s, err := parseScenario("1: d1 | d1")
		if err != nil {
			t.Fatal(err)
		}
		impl := impls.Impl{Name: "recorded", Order: impls.Barging}
		x := newExecution(&s, impl)
		for i := range c.logs {
			x.workers[i].log = c.logs[i]
		}
		got := newOracle(impl).judge(x, &schedrt.Outcome{Kind: c.ending})
		if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// An Acquire that called a method of its ctx under a lock is told so. The same ending with a ctx that
// does not use the semaphore, or with another holder, is a lost wake-up.
func TestReentered(t *testing.T) {
	s, err := parseScenario("1: d1 | d1")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		ctx    ctxKind
		holder int
		want   string
	}{{ownUsing, 1, "C25"}, {ownUsing, 2, "C17"}, {ownUsing, -1, "C17"}, {ownCancel, 1, "C17"}} {
		impl := impls.Impl{Name: "recorded", Order: impls.Barging}
		x := newExecution(&s, impl)
		asks := acquire(1, 1, int64(model.Never), model.Pending)
		asks.ctx = c.ctx
		x.workers[0].log = []entry{asks}
		out := &schedrt.Outcome{Kind: schedrt.Deadlock, Waiting: []schedrt.Waiting{{G: 1, Holder: c.holder}}}
		if got := newOracle(impl).judge(x, out); !strings.HasPrefix(got, c.want) {
			t.Errorf("%+v: %q, want %s", c, got, c.want)
		}
	}
}

// Two schedules with the same order of calls are one history, and the oracle judges it once.
func TestVerdictsAreRemembered(t *testing.T) {
	impl := impls.Impl{Name: "recorded"}
	s, err := parseScenario("1: d1 | d1")
	if err != nil {
		t.Fatal(err)
	}
	o := newOracle(impl)
	for _, shift := range []int64{0, 10} {
		x := newExecution(&s, impl)
		x.workers[0].log = []entry{acquire(1, 1+shift, 2+2*shift, model.Succeeded)}
		if wrong := o.judge(x, &schedrt.Outcome{Kind: schedrt.Passed}); wrong != "" {
			t.Error(wrong)
		}
	}
	if len(o.verdicts) != 1 {
		t.Errorf("%d verdicts, want 1", len(o.verdicts))
	}
}

// A goroutine that New started may be left if the implementation declares that its waiters wait
// elsewhere. A goroutine beyond those may not.
func TestGoroutinesOfNew(t *testing.T) {
	s, err := parseScenario("1: d1 | d1")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		waits impls.Waits
		left  int
		want  string
	}{
		{impls.Elsewhere, 1, ""},
		{impls.Elsewhere, 2, "C31"},
		{impls.Parked, 1, "C31"},
	} {
		impl := impls.Impl{Name: "recorded", Waits: c.waits}
		x := newExecution(&s, impl)
		x.ownedByNew = 1
		got := newOracle(impl).judge(x, &schedrt.Outcome{
			Kind: schedrt.Leak, Waiting: make([]schedrt.Waiting, c.left),
		})
		if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
			t.Errorf("%v with %d left: %q, want %q", c.waits, c.left, got, c.want)
		}
	}
}

// A New that does not return is named, and not the function in which it happens to be.
func TestSlowNew(t *testing.T) {
	s, err := parseScenario("1: d1")
	if err != nil {
		t.Fatal(err)
	}
	impl := impls.Impl{Name: "slow"}
	x := newExecution(&s, impl)
	x.constructing = true
	got := newOracle(impl).judge(x, &schedrt.Outcome{Kind: schedrt.Livelock})
	if !strings.HasPrefix(got, "New(1) is slow") {
		t.Errorf("%q, want New to be named", got)
	}
}
